"""How many shared graphs get a plan that knows whether they fit: `python -m benchmarks.plans [FOLDER]`.

FOLDER has the recorded graphs (`../shared/data`). It counts graphs with work for a GPU in which every node has a
class: if a pack was missing, the recording has nodes without one. A plan knows if nothing that memory depends on is
unknown, and every GPU has a fit. `--why` lists what is unknown most often.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ryla_graphs.catalogs import bundled
from ryla_graphs.plan import Plan, plan_of
from ryla_graphs.validation import View

LINES = ("roundtrip.dev.jsonl.gz", "pairs.dev.jsonl.gz", "pairs.new.dev.jsonl.gz")
MADE_UP = ("mutation", "fe-test")
"""Kinds of recorded pairs that are not real work: broken on purpose, or made to test an editor."""


def graphs(folder: Path) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The source, name and API JSON of each graph; duplicates appear once."""
    seen: set[str] = set()
    for source, name, prompt in _graphs(folder):
        text = json.dumps(prompt, sort_keys=True)
        if prompt and text not in seen and _whole(prompt):
            seen.add(text)
            yield source, name, prompt


def _graphs(folder: Path) -> Iterator[tuple[str, str, Any]]:
    for name in ("repro", "graphs"):
        for path in sorted((folder / name).glob("*.json")):
            content = json.loads(path.read_text())
            if all(isinstance(body, dict) and "class_type" in body for body in content.values()):
                yield name, path.stem, content
    for name in LINES:
        with gzip.open(folder / name, "rt") as lines:
            for line in lines:
                row = json.loads(line)
                if row.get("kind") not in MADE_UP:
                    yield name.partition(".dev")[0], row["name"], row["api"]


def _whole(prompt: Mapping[str, Any]) -> bool:
    return all(isinstance(body.get("class_type"), str) for body in prompt.values())


def known(plan: Plan) -> bool | None:
    """Whether the plan says for every GPU if the graph fits; None if nothing runs on a GPU."""
    if not any(stage.kind != "other" for stage in plan.stages):
        return None
    return plan.knows("memory") and all(row.fit is not None for row in plan.gpus)


def main() -> None:
    """Count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--why", action="store_true", help="list what is unknown most often")
    given = parser.parse_args()
    counts: Counter[tuple[str, bool | None]] = Counter()
    why: Counter[str] = Counter()
    for source, _, prompt in graphs(given.folder):
        plan = plan_of(View(prompt, bundled()))
        counts[source, known(plan)] += 1
        if known(plan) is False:
            why.update({each.what for each in plan.unknowns if "memory" in each.affects})
    print("| graphs | with work for a GPU | whether they fit is known | |\n|---|---:|---:|---:|")
    sources = [*dict.fromkeys(source for source, _ in counts)]
    for name, among in (*((source, [source]) for source in sources), ("all", sources)):
        yes, no = (sum(counts[source, answer] for source in among) for answer in (True, False))
        print(f"| {name} | {yes + no} | {yes} | {100 * yes / max(1, yes + no):.0f} % |")
    if given.why:
        print("\n" + "\n".join(f"{number:5} {what}" for what, number in why.most_common(60)))


if __name__ == "__main__":
    main()
