"""Finds where incompatible model families meet. The rules in `families` say what that means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ryla_graphs.families.carried import Carried, Origin, meet
from ryla_graphs.families.family import FAMILIES
from ryla_graphs.families.inference import Inference
from ryla_graphs.families.plans import End, Plan
from ryla_graphs.families.rules import Restriction
from ryla_graphs.prompt import Prompt, PromptNode
from ryla_graphs.prompt.values import Values


class Refused(NamedTuple):
    """An input carries something that its class does not take there."""

    node: PromptNode
    input: str
    socket: str
    """The type of the link, or ``lora`` if the input names a LoRA."""
    carried: Carried
    restriction: Restriction
    """What the class takes."""
    also: tuple[str, ...] = ()
    """The ids of further nodes where the same two meet."""


class Disagreement(NamedTuple):
    """Two inputs of a node do not belong together."""

    node: PromptNode
    input: str
    socket: str
    carried: Carried
    against: End
    """The other input."""
    other: Carried
    """What the other input carries."""
    also: tuple[str, ...] = ()


class NoModel(NamedTuple):
    """A sampler is linked to something that is not a diffusion model, such as a detector."""

    node: PromptNode
    input: str
    socket: str
    carried: Carried
    also: tuple[str, ...] = ()


Mismatch = Refused | Disagreement | NoModel


def mismatches(prompt: Prompt, families: Inference) -> Sequence[Mismatch]:
    """All mismatches at nodes that run. Each pair of origins appears once, where they first meet."""
    found: list[Mismatch] = []
    reached, values = prompt.reached, prompt.values
    agreeing: set[tuple[object, ...]] = set()
    """Combinations already found to agree. Branches of a graph share their models, so most combinations recur."""
    for node, plan in families.asking:
        if node.id not in reached:
            continue
        if plan.restrictions:
            found += _refused(families, node, plan)
        if plan.ends and (met := _met(values, families, node, plan)):
            together = (id(plan), *[one and (one.families, one.variant, one.empty) for one in met])
            if together not in agreeing:
                apart = list(_disagreeing(node, plan, met))
                found += apart
                if not apart:
                    agreeing.add(together)
    return _each_once(found, prompt.depths) if found else ()


def _refused(families: Inference, node: PromptNode, plan: Plan) -> Iterator[Refused]:
    """Inputs that carry something their class does not take; the first of those that share a family."""
    reported: set[str] = set()
    for name, restriction in plan.restrictions.items():
        carried = families.into(node, name)
        if carried is None or not carried.families.isdisjoint(restriction.families | reported):
            continue
        if restriction.strength is not None and families.literal(node, restriction.strength) == 0:
            continue
        if restriction.when is not None:
            other = families.into(node, restriction.when[0])
            if other is None or restriction.when[1] not in other.families:
                continue
        reported |= carried.families
        yield Refused(node, name, node.known[name].type if name in node.known else "", carried, restriction)


def _disagreeing(node: PromptNode, plan: Plan, met: Sequence[Carried | None]) -> Iterator[Disagreement | NoModel]:
    """Ends that share no family with those before them; `met` is what each carries. A latent of zeros fits any."""
    agreed: list[tuple[End, Carried]] = []
    shared: Carried | None = None
    for end, carried in zip(plan.ends, met, strict=True):
        if carried is None or carried.empty:
            continue
        if plan.samples and not any(FAMILIES[name].samples for name in carried.families if name in FAMILIES):
            yield NoModel(node, end.input, end.socket, carried)
        elif shared is None or _agree(shared, carried, end):
            shared = meet(shared, carried)
            agreed.append((end, carried))
        else:
            other = next((pair for pair in agreed if not _agree(pair[1], carried, end)), (agreed[0][0], shared))
            yield Disagreement(node, end.input, end.socket, carried, *other)


def _met(values: Values, families: Inference, node: PromptNode, plan: Plan) -> Sequence[Carried | None]:
    """What the ends of a node carry; None for an end that is unknown or switched off by a strength of zero.

    Empty if too little is known to find a mismatch: a single end has nothing to disagree with.
    """
    met: list[Carried | None] = []
    known = 0
    for name, socket, strength in plan.ends:
        carried = families.into(node, name) if socket != "lora" else _of_lora(values, families, node, name)
        if carried is not None:
            if strength is not None and values.literal(node, strength) == 0:
                carried = None
            else:
                known += 1
        met.append(carried)
    return met if known > 1 or (known and plan.samples) else ()


def _of_lora(values: Values, families: Inference, node: PromptNode, name: str) -> Carried | None:
    """What is known about the LoRA that an input names."""
    file = node.inputs.get(name)
    if not isinstance(file, str):
        file = values.literal(node, name)
    found = families.evidence("loras", file) if isinstance(file, str) else None
    if found is None or not found.families:
        return None
    return Carried(found.families, Origin(node.id, node.class_type, ((name, file),), found.basis))


def _agree(first: Carried, second: Carried, end: End) -> bool:
    if first.families.isdisjoint(second.families):
        return False
    # Each variant of Flux.2 has its own text encoder.
    texts = end.socket in ("CONDITIONING", "CLIP") and first.families == second.families == {"flux2"}
    return not texts or None in (first.variant, second.variant) or first.variant == second.variant


_KINDS = {"CLIP": "text", "CONDITIONING": "text"}
"""Sockets of one kind: a mismatch at one is the same mismatch at the other."""


def _each_once(found: list[Mismatch], rank: Mapping[str, int]) -> Sequence[Mismatch]:
    """One mismatch for each pair of origins: the one furthest upstream, which lists the others."""
    found.sort(key=lambda mismatch: (rank[mismatch.node.id], len(mismatch.node.id), mismatch.node.id))
    groups: dict[tuple[object, ...], list[Mismatch]] = {}
    refused: set[str] = set()
    for mismatch in found:
        if isinstance(mismatch, Refused) and mismatch.restriction.through != "setting":
            refused.add(mismatch.carried.origin.node)
        elif mismatch.carried.origin.node in refused:
            continue  # already reported as refused by a class
        key = (
            _KINDS.get(mismatch.socket, mismatch.socket),
            mismatch.carried.origin.node,
            mismatch.other.origin.node if isinstance(mismatch, Disagreement) else mismatch.node.class_type,
        )
        groups.setdefault(key, []).append(mismatch)
    return [_with_others(group) for group in groups.values()]


def _with_others(group: list[Mismatch]) -> Mismatch:
    first, *others = group
    return first._replace(also=tuple(dict.fromkeys(m.node.id for m in others if m.node.id != first.node.id)))
