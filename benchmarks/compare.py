"""What got slower since another commit: `python -m benchmarks.compare [COMMIT]`, by default the one before.

Both are measured in turns, each in a process of its own, against `json.dumps` of the same prompt in the same process,
so that a noisy machine disturbs both alike. Prints Markdown; says which figures grew by more than a tenth. With
``--write`` the table is also put into docs/speed.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path

from benchmarks.clock import best_of_process

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "speed.md"
BEGIN, END = "<!-- compare: written by `python -m benchmarks.compare COMMIT --write` -->\n", "<!-- end of compare -->\n"
SIZES = (10_000, 100_000)
ROUNDS = 3
SLOWER = 1.1

MEASURE = """
import gc, json, sys, time
from benchmarks.shapes import deep, wide
from ryla_graphs import Workflow, catalogs, presets
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
    for size in map(int, sys.argv[1:]):
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
try:
    flux = presets.get("flux-dev")
    plain, warned = (flux.build({"prompt": "a red bicycle", "seed": 1, "cfg": cfg}) for cfg in (1.0, 9.0))
    assert not plain.compile().problems and [problem.level for problem in warned.compile().problems] == ["warning"]
    often = lambda workflow: best(lambda: [workflow.compile() for _ in range(20)])
    found["times without: compile flux-dev with a warning"] = often(warned) / often(plain)
except AssertionError:
    pass  # an older commit, which has other rules
print(json.dumps(found))
"""

STARTS = {"pydantic": "import pydantic; pydantic.BaseModel", "Workflow": "from ryla_graphs import Workflow"}
STARTED = "ms of CPU beyond `import pydantic`: from ryla_graphs import Workflow"


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


def measured(tree: Path, sizes: Iterable[int]) -> dict[str, float]:
    """The figures of one tree, as multiples of `json.dumps`."""
    command = [sys.executable, "-c", MEASURE, *map(str, sizes)]
    found: dict[str, float] = json.loads(subprocess.run(command, cwd=tree, check=True, capture_output=True).stdout)
    with chdir(tree):
        pydantic, workflow = (best_of_process(["-c", code]) * 1000 for code in STARTS.values())
    return {**found, STARTED: workflow - pydantic}


def named(commit: str) -> str:
    """The short hash of a commit."""
    command = ["git", "rev-parse", "--short", commit]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    """Measure both in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", nargs="?", default="HEAD~1")
    parser.add_argument("--write", action="store_true", help="put the table into docs/speed.md")
    parser.add_argument("--quick", action="store_true", help="leave out the graphs of 100,000 nodes")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often both take turns; {ROUNDS} by default")
    given = parser.parse_args()
    sizes = SIZES[:1] if given.quick else SIZES
    commit = given.commit
    old: dict[str, float] = {}
    new: dict[str, float] = {}
    with checkout(commit) as tree:
        for _ in range(given.rounds):
            for figures, place in ((old, tree), (new, ROOT)):
                for name, figure in measured(place, sizes).items():
                    figures[name] = min(figure, figures.get(name, figure))
    made = table(old, new, named(commit), named("HEAD"))
    print(made, end="")
    if given.write:
        text = PAGE.read_text(encoding="utf-8")
        begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
        PAGE.write_text(f"{text[:begin]}\n{made}\n{text[end:]}", encoding="utf-8")


def _with_growth(figures: Mapping[str, float]) -> dict[str, float]:
    """The figures, plus the cost of a node at 100,000 nodes relative to 10,000."""
    whole = "build and compile"
    grown = {
        f"times 10k nodes: {shape}, 100k nodes: {whole}": large / figures[f"{shape}, 10k nodes: {whole}"]
        for shape in ("wide", "deep")
        if (large := figures.get(f"{shape}, 100k nodes: {whole}")) is not None
    }
    return {**figures, **grown}


def table(old: Mapping[str, float], new: Mapping[str, float], before: str, now: str) -> str:
    """The figures of both commits as Markdown."""
    lines = [f"| times `json.dumps`, or as it says | {before} | {now} |", "|---|---|---|"]
    for name, figure in _with_growth(new).items():
        was = _with_growth(old).get(name)
        shown = "" if was is None else f"{was:.1f}"
        slower = " (slower)" if was is not None and figure > was * SLOWER else ""
        lines.append(f"| {name} | {shown} | {figure:.1f}{slower} |")
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    main()
