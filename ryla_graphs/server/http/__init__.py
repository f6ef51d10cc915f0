"""The HTTP layer: our own routes, those of Comfy API v2, and the one place that turns errors into answers."""
