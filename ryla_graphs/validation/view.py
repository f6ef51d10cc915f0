"""`View`: a prompt as the rules see it, however broken the JSON is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from ryla_graphs.object_info import Catalog
from ryla_graphs.schema import KnownInputs, NodeSchema
from ryla_graphs.validation.admission import Malformed, replace_old_classes
from ryla_graphs.validation.server import Verdict, verdict


class NodeView(NamedTuple):
    """One node that has a known class and inputs."""

    id: str
    schema: NodeSchema
    inputs: Mapping[str, Any]
    known: KnownInputs
    """The inputs its class has for these values, by wire name."""


class View:
    """A prompt, the catalog it is checked against, and what follows from both."""

    def __init__(self, prompt: Any, catalog: Catalog) -> None:
        self.prompt = prompt
        self.catalog = catalog
        self.bodies: dict[str, Any] = _bodies(prompt, catalog)
        """The nodes as the server validates them, with old classes replaced."""
        self.nodes: dict[str, NodeView] = dict(self._readable())

    def _readable(self) -> Iterator[tuple[str, NodeView]]:
        for number, body in self.bodies.items():
            if isinstance(body, dict) and isinstance(class_type := body.get("class_type"), str):
                inputs = body.get("inputs")
                if isinstance(inputs, dict) and class_type in self.catalog:
                    schema = self.catalog[class_type]
                    yield number, NodeView(number, schema, inputs, schema.flat_inputs(inputs))

    @cached_property
    def verdict(self) -> Verdict:
        """The server's answer to the prompt."""
        return verdict(self.prompt, self.catalog)

    @cached_property
    def schemas(self) -> Mapping[str, NodeSchema]:
        """The class of each readable node."""
        return {number: node.schema for number, node in self.nodes.items()}

    @cached_property
    def reached(self) -> frozenset[str]:
        """The nodes that some output needs, outputs included.

        What cannot be read may be an output, and where there is none at all, any node was meant for one: so
        that of a graph which the server refuses for that alone all else is told too.
        """
        outputs = [number for number, node in self.nodes.items() if node.schema.output_node]
        unreadable = [body for n, body in self.bodies.items() if n not in self.nodes and isinstance(body, dict)]
        meant = [source for body in unreadable for source in self._wired(body.get("inputs"))]
        stack = [*outputs, *meant] or list(self.nodes)
        found = set(stack)
        links = self.links
        while stack:
            for source in links[stack.pop()]:
                if source not in found:
                    found.add(source)
                    stack.append(source)
        return frozenset(found)

    @cached_property
    def links(self) -> Mapping[str, list[str]]:
        """The readable nodes wired into each node."""
        return {number: self._wired(node.inputs) for number, node in self.nodes.items()}

    def _wired(self, inputs: Any) -> list[str]:
        nodes = self.nodes
        return [
            value[0]
            for value in (inputs.values() if isinstance(inputs, Mapping) else ())
            if type(value) is list and value and type(value[0]) is str and value[0] in nodes
        ]


def _bodies(prompt: Any, catalog: Catalog) -> dict[str, Any]:
    if not isinstance(prompt, dict):
        return {}
    try:
        return replace_old_classes(prompt, catalog)
    except Malformed:
        return prompt
