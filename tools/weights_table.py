"""Write the table of docs/weights.md from the manifest.

python -m tools.weights_table
"""

from __future__ import annotations

from pathlib import Path

from ryla_graphs.families import family
from ryla_graphs.weights import MANIFEST, HubFile, Weight

PAGE = Path(__file__).parent.parent / "docs" / "weights.md"
BEGIN = "<!-- written by `python -m tools.weights_table` -->\n"
END = "<!-- end -->"


def table() -> str:
    """The manifest as Markdown; licences that forbid commercial use are bold."""
    head = "| file | of | precision | bytes | licence | from |\n|---|---|---|---:|---|---|\n"
    return head + "".join(f"| {' | '.join(_cells(row))} |\n" for row in MANIFEST)


def _cells(row: Weight) -> tuple[str, ...]:
    of = " ".join(filter(None, [row.family and family(row.family).label, row.variant]))
    licence = row.licence.name if row.licence.commercial else f"**{row.licence.name}**"
    sources = ", ".join(
        f"[{source.repository if isinstance(source, HubFile) else source.url.split('/')[2]}]({source.page})"
        + (" (gated)" if source.gated else "")
        for source in row.sources
    )
    name = f"`{row.folder}/{row.name}`{' (pickle)' if row.pickled else ''}"
    return name, of, row.precision or "", f"{row.size:,}" if row.size else "", licence, sources


def written(page: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{len(MANIFEST)} files in {PAGE}")
