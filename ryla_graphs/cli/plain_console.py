"""A console that prints what a name says, and does nothing that it commands."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from ryla_graphs.problems.text import printable


class PlainConsole(Console):
    """Escapes what does not print: names come from graphs and servers, and may command a terminal or forge lines."""

    def render_str(self, text: str, **options: Any) -> Text:
        """The text of a line or a table's cell; its line breaks at either end are ours."""
        inner = text.strip("\n")
        before, after = len(text) - len(text.lstrip("\n")), len(text) - len(text.rstrip("\n"))
        plain = printable(inner) if inner else ""
        return super().render_str(f"{before * chr(10)}{plain}{(after if inner else 0) * chr(10)}", **options)
