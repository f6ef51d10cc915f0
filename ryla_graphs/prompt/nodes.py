"""The nodes of a prompt, as all other modules see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ryla_graphs.catalog.schema import KnownInputs, NodeSchema
from ryla_graphs.prompt.links import Link


class PromptNode(NamedTuple):
    """A node whose class the catalog knows."""

    id: str
    schema: NodeSchema
    inputs: Mapping[str, Any]
    known: KnownInputs
    """The inputs its class has for these values, by their names in the JSON."""
    wires: Mapping[str, Link]
    """The inputs that hold a well-formed link, whether or not it leads anywhere."""

    @property
    def class_type(self) -> str:
        """The class, after the server has replaced old ones."""
        return self.schema.class_type


class ForeignNode(NamedTuple):
    """A node whose class the catalog does not know. It may be an output, and may use whatever is linked into it."""

    id: str
    class_type: str
    inputs: Mapping[str, Any]
    wires: Mapping[str, Link]
