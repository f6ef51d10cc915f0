"""Lists every deprecation in the package, from its source.

`python -m tools.deprecations` writes the table of docs/stability.md. The release script refuses a release that still
has an overdue name, and so does a test.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ryla_graphs.deprecation import Notice

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "stability.md"
BEGIN, END = "<!-- deprecations, written by `python -m tools.deprecations` -->\n", "<!-- end -->"
MARKS = "deprecated", "renamed_parameter", "moved_names"


class Mark(NamedTuple):
    """A deprecation, and where it stands."""

    file: str
    line: int
    notice: Notice


def marks(root: Path) -> list[Mark]:
    """Every deprecation of the package below `root`. Raises `ValueError` if a sentence has another form."""
    return [mark for path in sorted((root / "ryla_graphs").rglob("*.py")) for mark in _of(path, root)]


def overdue(root: Path, version: str, on: date) -> list[str]:
    """The deprecated names that a release of this version on this day must no longer have."""
    return [
        f"{mark.file}:{mark.line}: `{mark.notice.name}` goes in {mark.notice.goes_in}: remove it"
        for mark in marks(root)
        if mark.notice.is_due(version, on)
    ]


def releases(changelog: str) -> dict[str, date]:
    """The day of each release that the changelog dates."""
    found = re.findall(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    return {version: date.fromisoformat(day) for version, day in found}


def written(text: str, root: Path = ROOT) -> str:
    """The page with its table made again."""
    before, _, rest = text.partition(BEGIN)
    notices = sorted((mark.notice for mark in marks(root)), key=lambda notice: (notice.not_before, notice.name))
    rows = [f"| `{each.name}` | {each.since} | {each.goes_in}, {each.not_before} | {each.use} |" for each in notices]
    table = "\n".join(("| name | since | stays until | use |", "|---|---|---|---|", *rows))
    return f"{before}{BEGIN}\n{table}\n\n{END}{rest.partition(END)[2]}"


def _of(path: Path, root: Path) -> Iterator[Mark]:
    source = path.read_text(encoding="utf-8")
    if not any(mark in source for mark in MARKS):
        return
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) in MARKS:
            for text in (part for part in ast.walk(call) if isinstance(part, ast.Constant)):
                if isinstance(text.value, str) and " deprecated " in text.value:
                    name = path.relative_to(root).as_posix()
                    yield Mark(name, text.lineno, Notice.parse(text.value))


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
