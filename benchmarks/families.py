"""What model families cost per node: inferring them for every link, and checking where they meet."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.clock import best
from benchmarks.shapes import deep, wide
from ryla_graphs import Workflow, catalogs
from ryla_graphs.families import BUILTIN, FamilyRules
from ryla_graphs.formats.api import ApiDocument
from ryla_graphs.validation import View
from ryla_graphs.validation.families import FAMILY_RULES

SHAPES: dict[str, Callable[[int], Workflow]] = {"wide": wide, "deep": deep}
SIZES = (10_000, 100_000)


def report() -> None:
    """Print the table."""
    print("| µs a node | nodes | infer | infer and check | the same, names not seen before |")
    print("|---|---|---|---|---|")
    for shape, make in SHAPES.items():
        for size in SIZES:
            print(_row(shape, make(size).compile().prompt))
    print("\n`infer` tells the families of every link; `check` is all rules about families.\n")


def _row(shape: str, prompt: ApiDocument) -> str:
    before = best(lambda: _view(prompt), collector=False)
    inferred = best(lambda: _view(prompt).families, collector=False)
    checked = best(lambda: _checked(_view(prompt)), collector=False)
    fresh = best(lambda: _checked(_view(prompt, BUILTIN | FamilyRules())), collector=False)
    cells = [f"{(seconds - before) / len(prompt) * 1e6:.1f}" for seconds in (inferred, checked, fresh)]
    return f"| {shape} | {len(prompt):,} | {' | '.join(cells)} |"


def _view(prompt: ApiDocument, rules: FamilyRules | None = None) -> View:
    """A prompt in the state in which the rules about families get it."""
    catalog = catalogs.bundled()
    view = View(prompt, catalog if rules is None else catalog.replace(families=rules))
    assert view.reached
    return view


def _checked(view: View) -> int:
    return sum(1 for rule in FAMILY_RULES for _ in rule(view))


if __name__ == "__main__":
    report()
