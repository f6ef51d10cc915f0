"""Mermaid: a graph as a picture, which GitHub and many editors draw. Written only, never read."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs import sockets
from ryla_graphs.graph.graph import Graph, Wire


def dump(graph: Graph) -> str:
    """The graph as a Mermaid flowchart: a box for each node, an arrow for each link, labelled with what it carries.

    Raises `InvalidWorkflow` if two nodes have one name.
    """
    return "\n".join(["flowchart LR", *_lines(graph)]) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    boxes = {node: f"n{place}" for place, node in enumerate(graph.ids)}
    for node, number in graph.ids.items():
        left, right = ("([", "])") if node.schema_.output_node else ("[", "]")
        name = "" if node.name_ is None else f"<br/><i>{_escaped(number)}</i>"
        yield f'    {boxes[node]}{left}"{_escaped(node.class_type)}{name}"{right}'
    for wire in graph.wires():
        yield f'    {boxes[wire.source]} -- "{_escaped(_carried(wire))}" --> {boxes[wire.target]}'


def _carried(wire: Wire) -> str:
    """What a link carries, and into which input if the input's name says something else."""
    outputs = wire.source.schema_.outputs
    carried = sockets.describe(outputs[wire.slot].type) if wire.slot < len(outputs) else "?"
    return carried if carried.lower() == wire.name.lower() else f"{carried} → {wire.name}"


def _escaped(text: str) -> str:
    """Text with everything escaped that Mermaid takes for markup."""
    return "".join(
        character if character.isalnum() or character in " _-.,→*+/" else f"#{ord(character)};" for character in text
    )
