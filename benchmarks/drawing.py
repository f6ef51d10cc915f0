"""What it costs to draw a graph for the editor: its file, and the layout in it."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.clock import best
from benchmarks.shapes import deep, wide
from ryla_graphs import Workflow, catalogs
from ryla_graphs.formats.editor.arranging import arrange
from ryla_graphs.formats.editor.boxes import Box, Link
from ryla_graphs.formats.editor.writing import dump
from ryla_graphs.prompt import Prompt

SHAPES: dict[str, Callable[[int], Workflow]] = {"wide": wide, "deep": deep}
SIZES = (1_000, 10_000)


def report() -> None:
    """Print the table."""
    dump(Prompt(wide(100).compile().prompt, catalogs.bundled()))  # loads catalog and classes
    print("| seconds | nodes | layout | the editor's file |")
    print("|---|---|---|---|")
    for shape, make in SHAPES.items():
        for size in SIZES:
            prompt = Prompt(make(size).compile().prompt, catalogs.bundled())
            boxes = [Box(300.0, 160.0)] * len(prompt.nodes)
            place = {number: index for index, number in enumerate(prompt.nodes)}
            links = [
                Link(place[source], 44.0, place[number], 64.0)
                for number, sources in prompt.links.items()
                for source in sources
            ]
            laid_out = best(lambda: arrange(boxes, links, [()] * len(boxes), [0]))  # noqa: B023 - called at once
            written = best(lambda: dump(prompt))  # noqa: B023
            print(f"| {shape} | {len(boxes):,} | {laid_out:.2f} | {written:.2f} |")
    print()


if __name__ == "__main__":
    report()
