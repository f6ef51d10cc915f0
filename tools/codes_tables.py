"""Write the tables of codes in docs/validation.md from the register.

python -m tools.codes_tables
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ryla_graphs.problems import CODES

PAGE = Path(__file__).parent.parent / "docs" / "validation.md"
TITLES: Mapping[str, str] = {
    "server": "what ComfyUI's server refuses",
    "graph": "what it accepts and then drops, or fails on",
    "families": "model families that do not belong together",
    "reading": "what reading a file of the editor finds",
    "python": "what only Python code can get wrong",
    "preset": "parameters of presets",
    "plan": "limits, plans and locks",
    "request": "what comes with a request",
    "weights": "weight files",
    "deployment": "deployments",
}
"""The groups in the order in which the page has them."""


def begin(group: str) -> str:
    """The line before a table."""
    return f"<!-- codes: {group}, written by `python -m tools.codes_tables` -->\n"


END = "<!-- end -->"


def table(group: str) -> str:
    """The codes of a group as Markdown."""
    rows = [
        f"| `{code}` | {row.tier} | {row.level} | {row.meaning} |" for code, row in CODES.items() if row.group == group
    ]
    return "\n".join((f"| {TITLES[group]} | tier | level | |", "|---|---|---|---|", *rows)) + "\n"


def written(text: str) -> str:
    """The page with its tables made again."""
    for group in TITLES:
        start = begin(group)
        made = start + "\n" + table(group) + "\n" + END
        text = re.sub(re.escape(start) + ".*?" + re.escape(END), made.replace("\\", r"\\"), text, flags=re.DOTALL)
    return text


def main() -> None:
    """Write the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
