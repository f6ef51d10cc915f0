"""The table in docs/engines.md."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "engines.md"
BEGIN = "<!-- agreement, written by `python -m benchmarks.shape_agreement --write` -->\n"
END = "<!-- end -->"


def written(table: str) -> None:
    """Put the table in its place on the page."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(placed(text, table), encoding="utf-8")


def placed(text: str, table: str) -> str:
    """A text with the table between its marks."""
    made = f"{BEGIN}\n{table}\n{END}"
    return re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), made.replace("\\", r"\\"), text, flags=re.DOTALL)


def shown(text: str) -> dict[str, tuple[int, int]]:
    """Rows and agreeing rows by kind, as the page says."""
    found = re.search(re.escape(BEGIN) + "(.*?)" + re.escape(END), text, flags=re.DOTALL)
    lines = re.findall(r"^\| (\w+) \| ([\d,]+) \| ([\d,]+) \|", found[1] if found else "", flags=re.MULTILINE)
    return {kind: (int(rows.replace(",", "")), int(agree.replace(",", ""))) for kind, rows, agree in lines}
