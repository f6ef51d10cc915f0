"""Subgraphs: a part of a graph that is drawn once, as a definition, and appears in the graph as one node.

A prompt that the editor made from subgraphs says so in its ids: ``75:63`` is node 63 of the instance 75. A graph
written in Python has parts; two parts of one shape are two instances of one definition, and if their values differ,
the instances show those widgets.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ryla_graphs import sockets
from ryla_graphs.formats.editor.drawn import Drawn
from ryla_graphs.formats.editor.widgets import Widget
from ryla_graphs.formats.editor.writing_definitions import Definition, Group, Placed, define, inside_of, instance
from ryla_graphs.prompt import Link


def fold(placed: Sequence[Placed]) -> tuple[list[Drawn], list[Definition]]:
    """The nodes of the outermost graph, and the definitions of the instances among them, nested ones included."""
    definitions: list[Definition] = []
    folded: set[tuple[str, ...]] = set()
    current = list(placed)
    for depth in range(max((len(node.path) for node in placed), default=1), 1, -1):
        current = _fold_innermost(current, depth, definitions, folded)
    for each in current:
        _leave(each, folded)
    if all(each.path == (each.node.id,) for each in current):
        return [each.node for each in current], definitions
    local = {placed.node.id: placed.path[0] for placed in current}
    return [inside_of(placed, {}, local) for placed in current], definitions


def _leave(placed: Placed, folded: Collection[tuple[str, ...]]) -> None:
    """Put a node next to the instance that its part has become, under its full name."""
    parts = placed.node.parts
    for depth in range(1, len(parts) + 1):
        if parts[:depth] in folded:
            placed.node.parts = parts[: depth - 1]
            if placed.flat.endswith(placed.node.title or "\0"):
                placed.node.title = placed.flat
            return


def _fold_innermost(
    current: list[Placed], depth: int, definitions: list[Definition], folded: set[tuple[str, ...]]
) -> list[Placed]:
    """The graph with the groups at this depth turned into instances, or dissolved into the group around them."""
    groups = _groups(current, depth)
    twins: dict[str, list[Group]] = defaultdict(list)
    for group in groups.values():
        twins[group.shape].append(group)
    taken = {placed.path for placed in current if len(placed.path) < depth}
    numbers = _Numbers(placed.path[-1] for placed in current if len(placed.path) == 1)
    replaced: dict[Link, Link] = {}
    instances: dict[tuple[str, ...], Placed] = {}
    for shape, alike in twins.items():
        wanted = len(alike) > 1 or not alike[0].members[0].optional
        if wanted and not any(group.prefix in taken for group in alike) and numbers.free(shape, alike[0]):
            definition, promoted = define(alike)
            definitions.append(definition)
            for group in alike:
                instances[group.prefix] = instance(group, definition, promoted)
                key = instances[group.prefix].node.id
                replaced |= {link: Link(key, slot) for slot, link in enumerate(group.exports)}
    folded.update(instances)
    return list(_with_instances(current, depth, instances, replaced))


def _groups(current: Sequence[Placed], depth: int) -> dict[tuple[str, ...], Group]:
    inside: dict[str, tuple[str, ...]] = {p.node.id: p.path[:-1] for p in current if len(p.path) == depth}
    local = {p.node.id: p.path[-1] for p in current}
    groups: dict[tuple[str, ...], Group] = {}
    for placed in sorted((p for p in current if len(p.path) == depth), key=lambda p: p.order):
        groups.setdefault(placed.path[:-1], Group(placed.path[:-1], [])).members.append(placed)
    rank = {member.node.id: number for group in groups.values() for number, member in enumerate(group.members)}
    for placed in current:
        for source in _sources(placed.node):
            home = inside.get(source.node)
            if home is not None and home != inside.get(placed.node.id):
                groups[home].exports.append(source)
    for group in groups.values():
        group.exports = sorted(set(group.exports), key=lambda link: (rank[link.node], link.slot))
        for member in group.members:
            for slot in member.node.inputs:
                if slot.source is not None and inside.get(slot.source.node) != group.prefix:
                    group.imports.setdefault(slot.source, (slot, member.path[-1]))
        group.shape = _shape(group, local)
    return groups


def _sources(node: Drawn) -> Iterator[Link]:
    return (slot.source for slot in node.inputs if slot.source is not None)


def _shape(group: Group, local: Mapping[str, str]) -> str:
    """A key that is equal for groups that can share a definition: everything except values that can be promoted."""
    number = {link: place for place, link in enumerate(group.imports)}
    nodes = [
        [
            member.path[-1],
            member.node.type,
            [[slot.name, _source(slot.source, number, local)] for slot in member.node.inputs],
            [[held[0].name, None if _can_be_promoted(*held) else held[1]] for held in member.node.values],
            member.optional,
        ]
        for member in group.members
    ]
    return json.dumps([nodes, [[local[link.node], link.slot] for link in group.exports]], sort_keys=True)


def _source(link: Link | None, number: Mapping[Link, int], local: Mapping[str, str]) -> Any:
    """A link in a form that is the same in every group of a shape: an input of the group, or an output of its node."""
    if link is None:
        return None
    return number[link] if link in number else [local[link.node], link.slot]


def _can_be_promoted(widget: Widget, _: Any) -> bool:
    return widget.spec is not None and widget.type != sockets.DYNAMIC_COMBO and not widget.spec.socketless


class _Numbers:
    """The node numbers in use: the editor renumbers a definition's nodes whose numbers are already used."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._taken = {name: "" for name in ids if name.isdecimal()}

    def free(self, shape: str, group: Group) -> bool:
        """Whether a definition with this group's nodes can keep their numbers; if so, they are reserved for it."""
        names = [member.path[-1] for member in group.members if member.path[-1].isdecimal()]
        if any(self._taken.get(name, shape) != shape for name in names):
            return False
        self._taken |= dict.fromkeys(names, shape)
        return True


def _with_instances(
    current: Sequence[Placed],
    depth: int,
    instances: Mapping[tuple[str, ...], Placed],
    replaced: Mapping[Link, Link],
) -> Iterator[Placed]:
    """The graph one level up: an instance replaces the first of its nodes, other groups are dissolved."""
    done: set[tuple[str, ...]] = set()
    for placed in current:
        if len(placed.path) == depth:
            home = placed.path[:-1]
            if home in done:
                continue
            if home in instances:
                done.add(home)
                placed = instances[home]  # noqa: PLW2901 - what stands here now
            else:
                _dissolve(placed)
        for slot in placed.node.inputs:
            slot.source = replaced.get(slot.source, slot.source) if slot.source is not None else None
        yield placed


def _dissolve(placed: Placed) -> None:
    """Take a node out of the innermost group, which becomes just a part around it."""
    *outer, part, name = placed.path
    placed.node.parts = (part, *placed.node.parts)
    separator = "/" if placed.optional else ":"
    placed.path = (*outer, f"{part}{separator}{name}") if outer else (placed.flat,)
