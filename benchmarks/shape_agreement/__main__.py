"""The table: `python -m benchmarks.shape_agreement [--rows FILE] [--classes] [--show CLASS]`."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.shape_agreement.compare import differences
from benchmarks.shape_agreement.running import ran

ROWS = Path(os.environ.get("RYLA_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "shapes.dev.jsonl.gz"


def main() -> None:
    """Run all rows and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shape_agreement", description=__doc__)
    parser.add_argument("--rows", type=Path, default=ROWS, help="recorded prompts, gzipped JSON lines")
    parser.add_argument("--classes", action="store_true", help="also each class that does not always agree")
    parser.add_argument("--show", metavar="CLASS", help="what differs in the rows of a class or a kind")
    options = parser.parse_args()
    report(list(rows_of(options.rows)), classes=options.classes, show=options.show)


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The recorded rows of a file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def report(rows: list[dict[str, Any]], *, classes: bool = False, show: str | None = None) -> None:
    """Print the share of rows that agree, by kind."""
    by_kind: dict[str, list[bool]] = defaultdict(list)
    by_class: dict[tuple[str, str], list[bool]] = defaultdict(list)
    started = time.perf_counter()
    for row in rows:
        if show is not None and show not in (row["class"], row["kind"]):
            continue
        found = differences(row, ran(row))
        by_kind[row["kind"]].append(not found)
        by_class[row["kind"], row["class"]].append(not found)
        if show is not None and found:
            print(row["id"], *found, sep="\n    ")
    seconds = time.perf_counter() - started
    _print_table("kind", {kind: by_kind[kind] for kind in sorted(by_kind)})
    if classes:
        print()
        wrong = {f"{name} ({kind})": found for (kind, name), found in sorted(by_class.items()) if not all(found)}
        _print_table("class", wrong)
    print(f"\n{sum(map(len, by_kind.values())):,} prompts in {seconds:.1f} s")


def _print_table(head: str, found: dict[str, list[bool]]) -> None:
    print(f"| {head} | rows | agree | share |\n|---|---|---|---|")
    total = [agrees for rows in found.values() for agrees in rows]
    for name, rows in {**found, "all": total}.items():
        print(f"| {name} | {len(rows):,} | {sum(rows):,} | {sum(rows) / max(1, len(rows)):.1%} |")


if __name__ == "__main__":
    main()
