"""What a node costs, from Python to the bytes sent to a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from benchmarks.clock import best
from benchmarks.shapes import deep, wide
from ryla_graphs import Workflow, presets

SHAPES: dict[str, Callable[[int], Workflow]] = {"wide": wide, "deep": deep}
SIZES = (10_000, 100_000)
OFTEN = 200
"""How many times a preset is built per measurement; one build is too quick for the clock."""


def report() -> None:
    """Print both tables."""
    wide(1000).compile()  # loads catalog and classes
    print("| µs a node | nodes | collector | build | validate | compile | build + compile | json.dumps |")
    print("|---|---|---|---|---|---|---|---|")
    for shape, make in SHAPES.items():
        for size in SIZES:
            for collector in (True, False):
                print(_row(shape, make, size, collector=collector))
    print("\n`compile` validates, merges twins and serialises; `validate` is shown for itself.\n")
    print(_presets())


def _row(shape: str, make: Callable[[int], Workflow], size: int, *, collector: bool) -> str:
    workflow = make(size)
    prompt = workflow.compile().prompt
    built = best(lambda: make(size), collector=collector)
    validated = best(workflow.validate, collector=collector)
    compiled = best(workflow.compile, collector=collector)
    both = best(lambda: make(size).compile(), collector=collector)
    dumped = best(lambda: json.dumps(prompt), collector=collector)
    cells = [f"{seconds / len(prompt) * 1e6:.1f}" for seconds in (built, validated, compiled, both, dumped)]
    return f"| {shape} | {len(prompt):,} | {'on' if collector else 'off'} | {' | '.join(cells)} |"


def _presets() -> str:
    given = {"flux-dev": {}, "flux-lora": {"loraId": "me"}, "flux-instantid": {"referenceImage": "me.png"}}
    lines = ["| ms | nodes | build | validate | compile | json.dumps |", "|---|---|---|---|---|---|"]
    for name, parameters in given.items():
        preset, asked = presets.get(name), {"prompt": "a red bicycle", "seed": 1} | parameters
        workflow = preset.build(asked)
        prompt = workflow.compile().prompt
        works: list[Callable[[], object]] = [
            partial(preset.build, asked),
            workflow.validate,
            workflow.compile,
            partial(json.dumps, prompt),
        ]
        cells = [f"{best(partial(_often, work)) * 1000 / OFTEN:.2f}" for work in works]
        lines.append(f"| {name} | {len(prompt)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _often(work: Callable[[], object]) -> None:
    for _ in range(OFTEN):
        work()
