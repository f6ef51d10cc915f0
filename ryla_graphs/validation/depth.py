"""Rule: no chain is too long for the server's recursion."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.errors import Problem
from ryla_graphs.validation.view import View

MAX_DEPTH = 984
"""The longest chain of nodes, output included, that ComfyUI 0.33 on CPython 3.11 validates."""


def depth(view: View) -> Iterator[Problem]:
    """The server validates by recursion; a chain longer than `MAX_DEPTH` ends in a RecursionError."""
    if len(view.nodes) <= MAX_DEPTH:
        return
    deepest, longest = _deepest(view)
    if longest > MAX_DEPTH:
        yield Problem(
            code="too_deep",
            message=f"a chain of {longest} nodes ends here, and the server's recursion survives {MAX_DEPTH}",
            node=deepest,
            class_type=view.nodes[deepest].schema.class_type,
            given=longest,
            expected=f"at most {MAX_DEPTH} nodes one behind the other",
            hint="save in between and continue in another workflow",
        )


def _deepest(view: View) -> tuple[str, int]:
    """The end of the longest chain and its length; a cycle counts once."""
    depths: dict[str, int] = {}
    for start in view.reached:
        stack = [] if start in depths else [start]
        while stack:
            number = stack[-1]
            if number not in depths:
                depths[number] = 0
                stack += [source for source in view.sources(number) if source not in depths]
                continue
            stack.pop()
            if depths[number] == 0:
                depths[number] = 1 + max((depths[source] for source in view.sources(number)), default=0)
    deepest = max(depths, key=lambda number: depths[number])
    return deepest, depths[deepest]
