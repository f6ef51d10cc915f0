"""The tables of docs/plan.md are what the code says."""

from __future__ import annotations

import re

from benchmarks.estimates import MEMORY, SECONDS, memory_table, seconds_table
from ryla_graphs.plan import GPUS
from ryla_graphs.plan.gpus import PRICES_AS_OF
from tests.conftest import ROOT

DOCS = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")


def test_estimates_stand_beside_published_figures() -> None:
    for table in (memory_table(), seconds_table()):
        text = "\n".join(table)
        assert text in DOCS, (
            f"docs/plan.md has another table; this is the one of `python -m benchmarks.estimates`:\n{text}"
        )


def test_estimates_are_as_good_as_the_docs_say() -> None:
    """Most of them within a quarter, none off by a factor of two."""
    rows = [*memory_table(), *seconds_table()][2:]
    errors = [abs(int(found[1])) for row in rows if (found := re.search(r"\| ([+-]\d+)%", row))]
    assert len(rows) >= len(MEMORY) + len(SECONDS) and errors
    assert max(errors) < 100
    assert sum(error > 25 for error in errors) <= 2


def test_gpus_and_prices_are_those_of_the_data() -> None:
    for row in GPUS.values():
        cells = f"| {row.name} | {row.memory_gib:g} GiB | {row.capability[0]}.{row.capability[1]} | {row.tflops:g} |"
        assert cells in DOCS and f"${row.usd_per_second:.6f}" in DOCS and row.basis in DOCS
        size = f"| {row.size.cores:g}, {row.size.ram_gib:g} GiB | ${row.container_usd_per_second:.6f} |"
        assert size in DOCS, f"docs/plan.md: {row.name} has {size}"
    assert PRICES_AS_OF in DOCS
