"""Finding where model families meet that do not belong together. What that means, the rules of `families` say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ryla_graphs.families.carried import Carried, Origin, meet
from ryla_graphs.families.family import FAMILIES
from ryla_graphs.families.plans import End, Plan
from ryla_graphs.families.rules import Restriction

if TYPE_CHECKING:
    from ryla_graphs.validation.view import NodeView, View


class Mismatch(NamedTuple):
    """Two ends of a node that do not belong together, or one that the node does not take."""

    node: NodeView
    input: str
    socket: str
    """The type of the wire, or ``lora`` where the input names a LoRA."""
    carried: Carried
    against: End | None = None
    """The other end; None where the class itself says what it takes."""
    other: Carried | None = None
    """What the other end carries."""
    restriction: Restriction | None = None
    """What the class takes."""
    also: tuple[str, ...] = ()
    """The ids of more nodes where the same two meet."""


def mismatches(view: View) -> Sequence[Mismatch]:
    """All of them at nodes that run, each pair of origins once: where they first meet."""
    found: list[Mismatch] = []
    nodes, reached = view.nodes, view.reached
    for number, plan in view.families.asking:
        if (plan.restrictions or plan.ends) and number in reached:
            node = nodes[number]
            if plan.restrictions:
                found += _refused(view, node, plan)
            if plan.ends:
                found += _disagreeing(view, node, plan)
    return _each_once(found, view) if found else ()


def _refused(view: View, node: NodeView, plan: Plan) -> Iterator[Mismatch]:
    """Inputs that carry what their class does not take; of those that share a family, the first."""
    told: set[str] = set()
    for name, restriction in plan.restrictions.items():
        carried = view.families.into(node, name)
        if carried is None or not carried.families.isdisjoint(restriction.families | told):
            continue
        if restriction.strength is not None and view.families.literal(node, restriction.strength) == 0:
            continue
        if restriction.when is not None:
            other = view.families.into(node, restriction.when[0])
            if other is None or restriction.when[1] not in other.families:
                continue
        told |= carried.families
        yield Mismatch(
            node, name, node.known[name].type if name in node.known else "", carried, restriction=restriction
        )


def _disagreeing(view: View, node: NodeView, plan: Plan) -> Iterator[Mismatch]:
    """Ends that share no family with those before them."""
    agreed: list[tuple[End, Carried]] = []
    shared: Carried | None = None
    for end in plan.ends:
        carried = _at(view, node, end)
        if carried is None or carried.empty:
            continue
        if plan.samples and not any(FAMILIES[name].samples for name in carried.families if name in FAMILIES):
            yield Mismatch(node, end.input, end.socket, carried)
        elif shared is None or _agree(shared, carried, end):
            shared = meet(shared, carried)
            agreed.append((end, carried))
        else:
            other = next((pair for pair in agreed if not _agree(pair[1], carried, end)), (agreed[0][0], shared))
            yield Mismatch(node, end.input, end.socket, carried, *other)


def _at(view: View, node: NodeView, end: End) -> Carried | None:
    if end.strength is not None and view.families.literal(node, end.strength) == 0:
        return None
    if end.socket != "lora":
        return view.families.into(node, end.input)
    name = view.families.literal(node, end.input)
    found = view.families.evidence("loras", name) if isinstance(name, str) else None
    if found is None or not found.families:
        return None
    return Carried(found.families, Origin(node.id, node.schema.class_type, ((end.input, name),), found.basis))


def _agree(first: Carried, second: Carried, end: End) -> bool:
    if first.families.isdisjoint(second.families):
        return False
    # Each Flux.2 has a text encoder of its own.
    texts = end.socket in ("CONDITIONING", "CLIP") and first.families == second.families == {"flux2"}
    return not texts or None in (first.variant, second.variant) or first.variant == second.variant


_KINDS = {"CLIP": "text", "CONDITIONING": "text"}
"""Sockets of one kind: what is wrong with the one is wrong with the other."""


def _each_once(found: list[Mismatch], view: View) -> Sequence[Mismatch]:
    """One mismatch for each pair of origins: the one furthest upstream, which names the others."""
    rank = view.depths
    found.sort(key=lambda mismatch: (rank[mismatch.node.id], len(mismatch.node.id), mismatch.node.id))
    groups: dict[tuple[object, ...], list[Mismatch]] = {}
    refused: set[str] = set()
    for mismatch in found:
        other = mismatch.other
        if mismatch.restriction is not None and mismatch.restriction.through != "setting":
            refused.add(mismatch.carried.origin.node)
        elif mismatch.carried.origin.node in refused:
            continue  # said where a class refused it
        key = (
            _KINDS.get(mismatch.socket, mismatch.socket),
            mismatch.carried.origin.node,
            other.origin.node if other is not None else mismatch.node.schema.class_type,
        )
        groups.setdefault(key, []).append(mismatch)
    return [
        group[0]._replace(also=tuple(dict.fromkeys(m.node.id for m in group[1:] if m.node.id != group[0].node.id)))
        for group in groups.values()
    ]
