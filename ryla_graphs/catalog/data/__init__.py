"""Recorded classes, one module a source."""
