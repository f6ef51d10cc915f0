"""The table: `python -m benchmarks.shape_agreement [--rows FILE] [--classes] [--show CLASS] [--write]`."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.shape_agreement.compare import differences
from benchmarks.shape_agreement.page import written
from benchmarks.shape_agreement.running import ran

ROWS = Path(os.environ.get("RYLA_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "shapes.dev.jsonl.gz"
Agreeing = Mapping[str, list[bool]]
"""By kind or class, whether each row agrees."""


def main() -> None:
    """Run all rows and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shape_agreement", description=__doc__)
    parser.add_argument("--rows", type=Path, default=ROWS, help="recorded prompts, gzipped JSON lines")
    parser.add_argument("--classes", action="store_true", help="also each class that does not always agree")
    parser.add_argument("--show", metavar="CLASS", help="what differs in the rows of a class or a kind")
    parser.add_argument("--write", action="store_true", help="write the table into docs/engines.md")
    options = parser.parse_args()
    rows = list(rows_of(options.rows))
    if options.show is not None:
        rows = [row for row in rows if options.show in (row["class"], row["kind"])]
    started = time.perf_counter()
    kinds, classes = agreement(rows, show=options.show is not None)
    seconds = time.perf_counter() - started
    print(table("kind", kinds))
    if options.classes:
        print(table("class", {name: found for name, found in classes.items() if not all(found)}))
    print(f"{len(rows):,} prompts in {seconds:.1f} s")
    if options.write:
        written(table("kind", kinds))


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The recorded rows of a file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def agreement(rows: list[dict[str, Any]], *, show: bool = False) -> tuple[Agreeing, Agreeing]:
    """Which rows agree, by kind and by class; with `show`, what differs is printed."""
    kinds: dict[str, list[bool]] = defaultdict(list)
    classes: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        found = differences(row, ran(row))
        kinds[row["kind"]].append(not found)
        classes[f"{row['class']} ({row['kind']})"].append(not found)
        if show and found:
            print(row["id"], *found, sep="\n    ")
    return dict(sorted(kinds.items())), dict(sorted(classes.items()))


def table(head: str, found: Agreeing) -> str:
    """The share of rows that agree, as Markdown."""
    total = [agrees for rows in found.values() for agrees in rows]
    lines = [f"| {head} | rows | agree | share |", "|---|---|---|---|"]
    for name, rows in {**found, "all": total}.items():
        lines.append(f"| {name} | {len(rows):,} | {sum(rows):,} | {sum(rows) / max(1, len(rows)):.1%} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
