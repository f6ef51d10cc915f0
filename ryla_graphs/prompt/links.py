"""Links and values of API JSON. The only place that knows ``[node id, slot]`` and ``{"__value__": …}``.

ComfyUI reads every list as a link. A list that is meant as a value is wrapped: ``{"__value__": [1, 2]}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

VALUE = "__value__"


class Link(NamedTuple):
    """A wire as an input holds it: the id of the node it comes from, and the output slot there.

    A negative slot counts from the last, as Python's indices do, because the server looks it up that way.
    """

    node: str
    slot: int


def is_link(value: object) -> bool:
    """Whether the server takes a value for a link: it takes any list for one, however malformed."""
    return isinstance(value, list)


def read_link(value: object) -> Link | None:
    """The link that a value is; None if it is no link, or none that can lead anywhere.

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
    """A link as JSON has it."""
    return [node, slot]


def wires_of(inputs: Mapping[str, Any]) -> dict[str, Link]:
    """The inputs that hold a well-formed link, by name."""
    # `read_link` written out: a call for every input of every node takes as long as all the rest of reading.
    new = tuple.__new__
    return {
        name: new(Link, value)
        for name, value in inputs.items()
        if isinstance(value, list) and len(value) == 2 and type(value[0]) is str and type(value[1]) is int
    }


def wrap(value: Any) -> Any:
    """A value as JSON has it: lists, and objects that look like a wrapped value, are wrapped."""
    if isinstance(value, (list, tuple)):
        return {VALUE: list(value)}
    if isinstance(value, Mapping):
        return {VALUE: dict(value)} if VALUE in value else dict(value)
    return value


def unwrap(value: Any) -> Any:
    """A value as the node gets it; the inverse of `wrap`."""
    return value[VALUE] if isinstance(value, dict) and VALUE in value else value
