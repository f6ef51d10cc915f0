"""The server's protections, one small module for each threat; docs/safety.md lists them."""
