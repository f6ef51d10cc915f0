"""What got slower since another commit: `python -m benchmarks.compare [COMMIT]`, by default the one before.

Both are measured in turns, each in a process of its own, against `json.dumps` of the same prompt in the same process,
so that a noisy machine disturbs both alike. Prints Markdown; says which figures grew by more than a tenth.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROUNDS = 3
SLOWER = 1.1

MEASURE = """
import gc, json, sys, time
from benchmarks.shapes import deep, wide
from ryla_graphs import Workflow, catalogs
from ryla_graphs.validation import validate

def best(work):
    times = []
    for _ in range(3):
        gc.collect()
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)

found = {}
for name, make in (("wide", wide), ("deep", deep)):
    for size in (10_000, 100_000):
        workflow = make(size)
        prompt = json.loads(workflow.compile().json())
        unit = best(lambda: json.dumps(prompt)) if size == 10_000 else unit * len(prompt) / before
        before = len(prompt)
        label = f"{name}, {size // 1000}k nodes"
        found[f"{label}: build and compile"] = best(lambda: make(size).compile()) / unit
        if size == 10_000:
            found[f"{label}: validate JSON"] = best(lambda: validate(prompt, catalogs.bundled())) / unit
            found[f"{label}: read and compile JSON"] = best(lambda: Workflow.load(prompt).compile()) / unit
            try:
                found[f"{label}: compile unchecked"] = best(lambda: workflow.compile(check=False)) / unit
            except TypeError:
                pass  # an older commit
print(json.dumps(found))
"""


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """A work tree of a commit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", path, commit], cwd=ROOT, check=True)
        try:
            yield path
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", path], cwd=ROOT, check=True)


def measured(tree: Path) -> dict[str, float]:
    """The figures of one tree, as multiples of `json.dumps`."""
    command = [sys.executable, "-c", MEASURE]
    found: dict[str, float] = json.loads(subprocess.run(command, cwd=tree, check=True, capture_output=True).stdout)
    return found


def named(commit: str) -> str:
    """The short hash of a commit."""
    command = ["git", "rev-parse", "--short", commit]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    """Measure both in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", nargs="?", default="HEAD~1")
    commit = parser.parse_args().commit
    old: dict[str, float] = {}
    new: dict[str, float] = {}
    with checkout(commit) as tree:
        for _ in range(ROUNDS):
            for figures, place in ((old, tree), (new, ROOT)):
                for name, figure in measured(place).items():
                    figures[name] = min(figure, figures.get(name, figure))
    print(f"| times `json.dumps` | {named(commit)} | {named('HEAD')} |\n|---|---|---|")
    for name, figure in new.items():
        before = old.get(name)
        shown = "" if before is None else f"{before:.1f}"
        slower = " (slower)" if before is not None and figure > before * SLOWER else ""
        print(f"| {name} | {shown} | {figure:.1f}{slower} |")


if __name__ == "__main__":
    main()
