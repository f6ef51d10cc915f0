"""What reaches each node through links of some types: the one walk for weights and for reference pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from ryla_graphs.plan.canvas import wired
from ryla_graphs.prompt import PromptNode
from ryla_graphs.validation.view import View

MOST = 64
"""More things that reach one node count as one: real graphs have a dozen, and one can ask for thousands, in
thousands of combinations."""

T = TypeVar("T")


def carried(
    view: View, types: tuple[str, ...], adds: Callable[[PromptNode], Iterable[T]]
) -> Mapping[str, frozenset[T] | None]:
    """What nodes that run add, by each node that it reaches, themselves included; None for more than `MOST` things.

    Most nodes pass on what they get; they share one set. A node that nothing reaches is left out.
    """
    found: dict[str, frozenset[T] | None] = {}
    for node in view.run_order():
        behind = (found.get(link.node, frozenset()) for _, link in wired(node, *types))
        joined = together([*behind, frozenset(adds(node))])
        if joined != frozenset():
            found[node.id] = joined
    return found


def together(sets: Iterable[frozenset[T] | None]) -> frozenset[T] | None:
    """Everything in some sets; None for more than `MOST` things. One of the sets itself if it has them all."""
    found: frozenset[T] = frozenset()
    for each in sets:
        if each is None:
            return None
        if each is not found and not each <= found:
            found = each if found <= each else found | each
    return found if len(found) <= MOST else None
