"""Text: changed, joined, compared, read and written as JSON."""

from __future__ import annotations

from ryla_graphs.shapes.rules.text import formatting, jsons, strings

__all__ = ["formatting", "jsons", "strings"]
