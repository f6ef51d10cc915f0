"""Walks over what is upstream of nodes. None recurses through links, so a chain of 100,000 nodes works too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from ryla_graphs.graph.option import Option
from ryla_graphs.graph.wires import AbstractNode, AbstractOutput

N = TypeVar("N", bound=AbstractNode)

_LEAVES = frozenset({int, float, str, bool, type(None)})


def upstream(node: N) -> list[N]:
    """The nodes linked into this one, in the order of its inputs."""
    found: list[Any] = []
    for value in node.input_values():
        if type(value) in _LEAVES:
            continue
        if isinstance(value, AbstractNode):
            found.append(value)
        elif isinstance(value, AbstractOutput):
            found.append(value.node)  # type: ignore[attr-defined]  # a property would cost each of them a call
        else:
            _collect((value,), found)
    return found


def _collect(values: Iterable[Any], found: list[Any]) -> None:
    for value in values:
        if type(value) in _LEAVES:
            continue
        if isinstance(value, AbstractOutput):
            found.append(value.node)  # type: ignore[attr-defined]  # a property would cost each of them a call
        elif isinstance(value, AbstractNode):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            _collect(value, found)
        elif isinstance(value, dict):
            _collect(value.values(), found)
        elif isinstance(value, Option):
            _collect(value.__dict__.values(), found)


def inputs_first(sinks: Iterable[N], sources: Callable[[N], Iterable[N]] = upstream) -> Iterator[N]:
    """All nodes that the sinks need, each after those linked into it; equal graphs give the same order."""
    # One flat stack: a list and an iterator for each node on the path would keep Python's cycle collector busy.
    done: set[N] = set()
    stack: list[N | None] = [*sinks]
    stack.reverse()
    open_: list[N] = []
    """The nodes whose inputs are on the stack, each above a None that closes it."""
    while stack:
        node = stack.pop()
        if node is None:
            yield open_.pop()
        elif node not in done:
            done.add(node)
            if further := [source for source in sources(node) if source not in done]:
                open_.append(node)
                stack.append(None)
                stack += further[::-1]
            else:
                yield node


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """A value with each link in it passed through `change`; the same object if no link changed."""
    if type(value) in _LEAVES:
        return value
    if isinstance(value, (AbstractOutput, AbstractNode)):
        return change(value)
    if isinstance(value, (list, tuple)):
        inner = [mapped(item, change) for item in value]
        return type(value)(inner) if any(a is not b for a, b in zip(inner, value, strict=True)) else value
    if isinstance(value, dict):
        changed = {key: mapped(item, change) for key, item in value.items()}
        return changed if any(changed[key] is not item for key, item in value.items()) else value
    if isinstance(value, Option):
        fields = {field: mapped(item, change) for field, item in value.__dict__.items()}
        return value._copy(fields) if any(fields[f] is not v for f, v in value.__dict__.items()) else value
    return value
