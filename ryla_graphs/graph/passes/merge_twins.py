"""Merge equal nodes into one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ryla_graphs.graph.any_node import AnyNode
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.node import Node, Output
from ryla_graphs.graph.option import Option
from ryla_graphs.graph.origin import UNNAMED, Origin
from ryla_graphs.graph.wires import AbstractNode

Name = tuple[tuple[str, ...], str]
"""The parts of a graph that contain a node, and its name there."""


def merge_twins(graph: Graph) -> Graph:
    """The graph with equal nodes merged: same class, same values, same sources. What it saves does not change.

    Nodes with different names, output nodes, and classes whose result may differ each time stay separate, except that
    the copies that `prefix` makes of one node are merged. A node that several parts share, `day/vae` and `night/vae`,
    keeps what its names have in common: `vae`.
    """
    twins: dict[Node, Node] = {}
    names: dict[Node, set[Name]] = {}
    scopes: dict[Node, set[tuple[str, ...]]] = {}
    kept: dict[Any, Node | dict[str | None, Node]] = {}
    """By key, the first of some equal nodes, or all of them that are kept, by name."""
    pure: dict[type[Node], bool] = {}
    copied = {node._origin[5] for node in graph.nodes if len(node._origin) > UNNAMED}
    for node in graph.nodes:
        cls = type(node)
        is_pure = pure.get(cls)
        if is_pure is None:
            schema = node.schema_
            is_pure = pure[cls] = schema.is_pure and not schema.output_node and not issubclass(cls, AnyNode)
        _, _, name, title, scope, original, _ = node._origin if len(node._origin) > UNNAMED else _NO_NAME
        twin = node
        if is_pure or original or node in copied:
            key: list[Any] = [cls if is_pure else original or node, title]
            _extend(key, node.__dict__.values(), twins)
            values = tuple(key)
            equal = kept.setdefault(values, node)
            if equal is not node:
                if not isinstance(equal, dict):
                    equal = kept[values] = {equal.origin_.name: equal}
                twin = _twin(node, name, equal)
        if name is not None:
            names.setdefault(twin, set()).add((scope, name))
        elif scope:
            scopes.setdefault(twin, set()).add(scope)
        if twin is not node:
            twins[node] = twin
    # A name takes precedence over the parts that contain its unnamed twins.
    unnamed = {node: own for node, own in scopes.items() if node not in names}
    return graph.rewire(twins, origins=dict(_moved(unnamed)) | dict(_renamed(names)), check=False) if twins else graph


_NO_NAME = Origin()


def _twin(node: Node, name: str | None, kept: dict[str | None, Node]) -> Node:
    """The node to merge `node` into, out of equal ones by name; an unnamed one merges with the first named one."""
    if name in kept:
        return kept[name]
    if name is None and kept:
        return next(iter(kept.values()))
    return kept.setdefault(name, kept.pop(None, node))


def _renamed(names: Mapping[Node, set[Name]]) -> Iterator[tuple[Node, Origin]]:
    """The nodes that merging renames, with their new names: what their names have in common.

    If another node has or would get that name, the new name is the shortest of their own names instead.
    """
    wishes = {node: _common(own) for node, own in names.items()}
    taken = Counter(name for node, own in names.items() for name in {wishes[node], *own})
    for node, own in names.items():
        wish = wishes[node]
        scope, name = wish if taken[wish] == 1 else min(own, key=_by_length)
        if (scope, name) != (node.origin_.scope, node.origin_.name):
            yield node, node.origin_._replace(name=name, scope=scope)


def _moved(scopes: Mapping[Node, set[tuple[str, ...]]]) -> Iterator[tuple[Node, Origin]]:
    """The unnamed nodes that several parts share, each moved to the part around these."""
    for node, own in scopes.items():
        if len(own) > 1:
            yield node, node.origin_._replace(scope=_shared(own))


def _common(names: set[Name]) -> Name:
    _, name = min(names, key=_by_length)
    return _shared({scope for scope, _ in names}), name


def _shared(scopes: set[tuple[str, ...]]) -> tuple[str, ...]:
    """The parts that all of these scopes have in common."""
    shortest = min(scopes, key=lambda scope: (len(scope), scope))
    return tuple(part for part in shortest if all(part in other for other in scopes))


def _by_length(name: Name) -> tuple[int, Name]:
    return len(name[0]), name


def _extend(key: list[Any], values: Iterable[Any], twins: Mapping[Any, Node]) -> None:
    """Add what distinguishes these values; all kinds but text and whole numbers add a mark of their kind."""
    for value in values:
        kind = type(value)
        if kind is str or value is None or (kind is int and value):
            key.append(value)
        elif kind is float:
            key += (kind, value or repr(value))
        elif kind is Output or isinstance(value, Output):
            key.append(twins.get(value.node, value.node))
            key.append(value.slot)
        elif isinstance(value, AbstractNode):  # a quicker check than for `Node`
            key.append(twins.get(value, value))
            key.append(0)
        elif isinstance(value, Option):
            key.append(kind)
            _extend(key, value.__dict__.values(), twins)
        elif isinstance(value, (list, tuple)):
            key += (list, len(value))
            _extend(key, value, twins)
        elif isinstance(value, dict):
            key += (dict, *value)
            _extend(key, value.values(), twins)
        else:
            # 1, 1.0 and True are equal in Python but not as JSON, nor are 0.0 and -0.0.
            key.append(kind)
            key.append(value or repr(value))
