"""The editor's workflow file as small typed values: both schemas, subgraphs, group nodes, app mode, blueprints.

    document = parse(json.loads(text))
    document.nodes[0].type, document.links["7"].origin

`reading.parse` makes them. Nothing here knows what a node class is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from ryla_graphs.catalog.facts import Json
from ryla_graphs.problems import Problem

INPUTS_ID: Final = "-10"
"""The origin of a link from a subgraph's own inputs."""
OUTPUTS_ID: Final = "-20"
"""The target of a link to a subgraph's own outputs."""

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
"""An object without keys."""

MOST: Final = 1_000
"""The most slots of a node, subgraph or group, and of other things that number a few dozen in a real file."""

MOST_NODES: Final = 250_000
"""How many nodes a workflow may have once its subgraphs and groups are expanded: nesting multiplies."""
MOST_DEEP: Final = 100
"""How deep subgraphs may be nested."""

MUTED: Final = 2
BYPASSED: Final = 4


class EditorInput(NamedTuple):
    """An input slot of a node in the file."""

    name: str
    type: str
    link: str | None = None
    widget: str | None = None
    """The widget that the slot belongs to."""
    label: str | None = None


class EditorOutput(NamedTuple):
    """An output slot of a node in the file."""

    name: str
    type: str
    links: tuple[str, ...] = ()


class EditorNode(NamedTuple):
    """A node in the file."""

    id: str
    type: str
    place: str
    """Where the node is in the file: ``nodes[3]``."""
    title: str | None = None
    mode: int = 0
    """0 runs, 2 is muted, 4 is bypassed."""
    inputs: tuple[EditorInput, ...] | None = None
    outputs: Sequence[Mapping[str, Json]] | None = None
    """The outputs as in the file; `fields.output` reads one."""
    values: Json = None
    """``widgets_values``: a list by position, in some packs an object."""
    named_values: Mapping[str, Json] | None = None
    """``widgets_values_named``, which editors since 1.49 write in addition to the list."""
    properties: Mapping[str, Json] = NOTHING

    @property
    def runs(self) -> bool:
        return self.mode not in (MUTED, BYPASSED)


class EditorLink(NamedTuple):
    """One link of the table: from an output slot to an input slot."""

    id: str
    origin: str
    origin_slot: int
    target: str
    target_slot: int
    type: str


class Port(NamedTuple):
    """An input or output of a subgraph, with the links that it has inside."""

    name: str
    type: str
    links: tuple[str, ...] = ()
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A subgraph definition; nodes whose type is its id are instances of it."""

    id: str
    name: str
    place: str
    nodes: tuple[EditorNode, ...]
    links: Mapping[str, EditorLink]
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()


@dataclass(frozen=True, slots=True)
class EditorDocument:
    """A workflow as the editor saves it."""

    nodes: tuple[EditorNode, ...]
    links: Mapping[str, EditorLink]
    subgraphs: tuple[Subgraph, ...] = ()
    last_node_id: int = 0
    group_nodes: Mapping[str, Json] = field(default_factory=dict)
    """``extra.groupNodes``: the definitions of group nodes, which older editors had instead of subgraphs."""
    app_inputs: tuple[tuple[str, str], ...] = ()
    """The node and widget of each input that app mode shows, in its order."""
    app_outputs: tuple[str, ...] = ()
    """The nodes whose outputs app mode shows."""
    problems: tuple[Problem, ...] = ()
