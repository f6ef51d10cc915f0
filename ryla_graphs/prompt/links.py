"""Links and values of API JSON. The only place that knows ``[node id, slot]`` and ``{"__value__": …}``.

ComfyUI reads every list as a link. A list meant as a value is wrapped: ``{"__value__": [1, 2]}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

VALUE = "__value__"


class Link(NamedTuple):
    """A link in an input: the id of the node it comes from, and the output slot there.

    A negative slot counts from the last one, like Python's indices, because the server uses it as an index.
    """

    node: str
    slot: int


def is_link(value: object) -> bool:
    """Whether the server reads a value as a link, as it does with any list, however malformed."""
    return isinstance(value, list)


def read_link(value: object) -> Link | None:
    """The value read as a link; None if it is not a link, or is too malformed to lead anywhere.

    >>> read_link(["4", 1])
    Link(node='4', slot=1)
    >>> read_link("a red bicycle") is None
    True
    """
    if not isinstance(value, list) or len(value) != 2:
        return None
    node, slot = value
    return Link(node, slot) if type(node) is str and type(slot) is int else None


def write_link(node: str, slot: int) -> list[Any]:
    """The JSON form of a link."""
    return [node, slot]


def wires_of(inputs: Mapping[str, Any]) -> dict[str, Link]:
    """The inputs that hold a well-formed link, by name."""
    # `read_link` inlined: calling it for every input of every node takes as long as the rest of reading.
    new = tuple.__new__
    return {
        name: new(Link, value)
        for name, value in inputs.items()
        if isinstance(value, list) and len(value) == 2 and type(value[0]) is str and type(value[1]) is int
    }


def wrap(value: Any) -> Any:
    """The JSON form of a value: lists, and objects that look like a wrapped value, are wrapped."""
    if isinstance(value, (list, tuple)):
        return {VALUE: list(value)}
    if isinstance(value, Mapping):
        return {VALUE: dict(value)} if VALUE in value else dict(value)
    return value


def unwrap(value: Any) -> Any:
    """The value that the node receives; the inverse of `wrap`."""
    return value[VALUE] if isinstance(value, dict) and VALUE in value else value
