"""The HTTP runtime."""
