"""Write the table of product events in docs/serving.md: `python -m tools.events_table`."""

from __future__ import annotations

from pathlib import Path

from ryla_graphs.server.sinks.product_events import EVENTS, PREFIX

PAGE = Path(__file__).parent.parent / "docs" / "serving.md"
BEGIN, END = "<!-- events, written by `python -m tools.events_table` -->\n", "<!-- end -->"


def table() -> str:
    """The events as Markdown."""
    rows = [
        f"| `{PREFIX}{name}` | {event.when} | {', '.join(f'`{each}`' for each in event.properties)} |"
        for name, event in EVENTS.items()
    ]
    return "\n".join(("| event | when | properties |", "|---|---|---|", *rows)) + "\n"


def written(text: str) -> str:
    """The page with its table made again."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
