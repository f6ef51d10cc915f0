"""Rule: no chain is too long for the server's recursion."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.validation.view import View

MAX_DEPTH = 984
"""The longest chain of nodes, output included, that ComfyUI 0.33 on CPython 3.11 validates."""


def depth(view: View) -> Iterator[Problem]:
    """The server validates by recursion; a chain longer than `MAX_DEPTH` ends in a RecursionError there.

    Only a warning, because a server on another Python or with a higher limit may cope.
    """
    if len(view.nodes) <= MAX_DEPTH:
        return
    depths = view.depths
    deepest = max(depths, key=depths.__getitem__, default="")
    if (longest := depths.get(deepest, 0)) > MAX_DEPTH:
        yield Problem(
            code="too_deep",
            message=f"a chain of {longest} nodes ends here; the server's recursion limit allows {MAX_DEPTH}",
            subject=AtNode(node=deepest, class_type=view.class_of(deepest)),
            given=longest,
            expected=f"a chain of at most {MAX_DEPTH} nodes",
            hint="save an intermediate result, and continue in another workflow",
        )
