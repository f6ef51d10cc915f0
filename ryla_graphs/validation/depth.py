"""Rule: no chain is too long for the server's recursion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.validation.view import View

MAX_DEPTH = 900
"""The longest chain of nodes, output included, that ComfyUI 0.33 on CPython 3.11 runs; it accepts 984."""


class Chain(NamedTuple):
    """The longest chain of a graph."""

    nodes: int
    end: str | None
    class_type: str | None


def longest_chain(view: View) -> Chain:
    """The longest chain, whether an output needs it or not; nodes on a cycle and behind one count as one chain."""
    depths = view.depths
    end = max(depths, key=depths.__getitem__, default=None)
    cyclic = 0 if view.is_acyclic else len(view.nodes) + len(view.foreign) - len(depths)
    return Chain(cyclic + (0 if end is None else depths[end]), end, None if end is None else view.class_of(end))


def depth(view: View) -> Iterator[Problem]:
    """The server walks up each chain by recursion, when it validates a graph and, deeper, when it runs it.

    A chain longer than `MAX_DEPTH` ends the thread that runs prompts; from 985 nodes on, the server refuses the graph
    if an output needs the chain. Only a warning, because a server with a higher limit may cope.
    """
    if len(view.nodes) <= MAX_DEPTH or (chain := longest_chain(view)).nodes <= MAX_DEPTH:
        return
    yield Problem(
        code="too_deep",
        message=f"a chain of {chain.nodes} nodes ends here; on more than {MAX_DEPTH}, ComfyUI with the usual recursion "
        "limit runs nothing until it is restarted",
        subject=AtNode(node=chain.end, class_type=chain.class_type),
        given=chain.nodes,
        expected=f"a chain of at most {MAX_DEPTH} nodes",
        hint="save an intermediate result, and continue in another workflow",
    )
