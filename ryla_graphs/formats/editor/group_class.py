"""The class of a group node, which the editor builds from the nodes inside and their links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ryla_graphs.catalog.facts import Json
from ryla_graphs.formats.editor.opening import Template

PREFIXES = ("workflow>", "workflow/")


def name_of(node_type: str) -> str | None:
    """The name of the group that a node of this type is an instance of; None for other types."""
    return next((node_type.removeprefix(prefix) for prefix in PREFIXES if node_type.startswith(prefix)), None)


@dataclass(frozen=True, slots=True)
class InnerLink:
    """A link inside a group, by the indices of its nodes."""

    origin: int
    origin_slot: int
    target: int
    target_slot: int
    type: Json


@dataclass(slots=True)
class Group:
    """The class that the editor builds from a group."""

    name: str
    nodes: list[Mapping[str, Json]]
    links: list[InnerLink]
    template: Template
    widgets: list[dict[str, str]]
    """For each node inside: its widgets and what the group calls them."""
    slots: list[dict[str, int]]
    """For each node inside: its inputs and where they are among the group's inputs."""
    outputs: list[tuple[int, int]]
    """For each output of the group: the node inside and its output."""


def inner_links(data: Json, count: int) -> Iterator[InnerLink]:
    """The links between the nodes of a group, as far as they are well-formed."""
    for entry in data if isinstance(data, list) else ():
        if isinstance(entry, list) and len(entry) > 3 and all(type(part) is int for part in entry[:4]):
            origin, origin_slot, target, target_slot = entry[:4]
            if 0 <= origin < count and 0 <= target < count:
                yield InnerLink(origin, origin_slot, target, target_slot, entry[5] if len(entry) > 5 else None)
