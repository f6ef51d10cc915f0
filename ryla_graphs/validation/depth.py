"""Rule: no chain is too long for the server's recursion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ryla_graphs.errors import Problem
from ryla_graphs.validation.view import View

MAX_DEPTH = 984
"""The longest chain of nodes, output included, that ComfyUI 0.33 on CPython 3.11 validates."""


def depth(view: View) -> Iterator[Problem]:
    """The server validates by recursion; a chain longer than `MAX_DEPTH` ends in a RecursionError there.

    A warning, because a server on another Python or with a higher limit may manage.
    """
    if len(view.nodes) <= MAX_DEPTH:
        return
    deepest, longest = _deepest(view.links)
    if longest > MAX_DEPTH:
        yield Problem(
            code="too_deep",
            message=f"a chain of {longest} nodes ends here; the server's recursion survives {MAX_DEPTH}",
            level="warning",
            node=deepest,
            class_type=view.nodes[deepest].schema.class_type,
            given=longest,
            expected=f"at most {MAX_DEPTH} nodes one behind the other",
            hint="save in between and continue in another workflow",
        )


def _deepest(links: Mapping[str, list[str]]) -> tuple[str, int]:
    """The end of the longest chain and its length; a link that closes a circle does not count."""
    depths: dict[str, int] = {}
    for start in links:
        stack = [start]
        while stack:
            number = stack[-1]
            missing = [source for source in links[number] if source not in depths]
            if missing and number not in depths:
                depths[number] = 0
                stack += missing
                continue
            stack.pop()
            if not depths.get(number):
                depths[number] = 1 + max((depths[source] for source in links[number]), default=0)
    deepest = max(depths, key=depths.__getitem__)
    return deepest, depths[deepest]
