"""Write the tables of codes in docs/validation.md from the register.

python -m tools.codes_tables
"""

from __future__ import annotations

import re
from pathlib import Path

from ryla_graphs.problems import CODES

PAGE = Path(__file__).parent.parent / "docs" / "validation.md"
GROUPS = ("server", "graph", "families", "reading", "python", "preset", "plan", "request", "weights", "deployment")
"""The groups of codes; the page has a table of each."""


def begin(group: str) -> str:
    """The line before a table."""
    return f"<!-- codes: {group}, written by `python -m tools.codes_tables` -->\n"


END = "<!-- end -->"


def table(group: str) -> str:
    """The codes of a group as Markdown."""
    rows = [
        f"| `{code}` | {row.tier} | {row.level} | {row.meaning} |" for code, row in CODES.items() if row.group == group
    ]
    return "\n".join(("| code | tier | level | meaning |", "|---|---|---|---|", *rows)) + "\n"


def written(text: str) -> str:
    """The page with its tables made again."""
    for group in GROUPS:
        start = begin(group)
        made = start + "\n" + table(group) + "\n" + END
        text = re.sub(re.escape(start) + ".*?" + re.escape(END), made.replace("\\", r"\\"), text, flags=re.DOTALL)
    return text


def main() -> None:
    """Write the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
