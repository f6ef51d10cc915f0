"""`View`: a prompt as the rules see it, however broken the JSON is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from ryla_graphs.catalog.object_info import Catalog
from ryla_graphs.catalog.schema import KnownInputs, NodeSchema
from ryla_graphs.families.evidence import Files
from ryla_graphs.families.family_rules import BUILTIN
from ryla_graphs.families.inference import Inference
from ryla_graphs.validation.admission import Malformed, replace_old_classes
from ryla_graphs.validation.mismatches import Mismatch, mismatches
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

    def __init__(
        self, prompt: Any, catalog: Catalog, *, files: Files | None = None, sources: Mapping[str, str] | None = None
    ) -> None:
        self.prompt = prompt
        self.catalog = catalog
        self.files = files
        """What headers of weight files tell, where somebody has read them."""
        self.sources: Mapping[str, str] = sources or {}
        """The line of Python that wrote each node, where one did."""
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

    @cached_property
    def order(self) -> Sequence[str]:
        """The readable nodes, each after those wired into it; what is on a circle, or fed by one, is left out."""
        done: set[str] = set()
        for number, sources in self.links.items():
            if not done.issuperset(sources):
                return _sources_first(self.links)
            done.add(number)
        return list(self.links)

    @cached_property
    def depths(self) -> Mapping[str, int]:
        """The length of the longest chain that ends at each node; a link that closes a circle does not count."""
        return _depths(self.links)

    @cached_property
    def families(self) -> Inference:
        """The model families that every wire serves."""
        return Inference(self.nodes, self.order, self.catalog.families or BUILTIN, self.files)

    @cached_property
    def mismatches(self) -> Sequence[Mismatch]:
        """Where families meet that do not belong together."""
        return mismatches(self)

    @cached_property
    def samplers(self) -> Sequence[NodeView]:
        """The nodes that run a diffusion model, or wrap one for a sampler, and are needed by some output."""
        nodes, reached = self.nodes, self.reached
        return [nodes[number] for number, plan in self.families.asking if plan.samples and number in reached]

    @cached_property
    def used(self) -> frozenset[tuple[str, int]]:
        """The outputs, as node and slot, that nodes which some output needs are wired to."""
        return frozenset(
            (value[0], value[1])
            for number in self.reached
            for value in self.nodes[number].inputs.values()
            if type(value) is list and len(value) == 2 and type(value[0]) is str and type(value[1]) is int
        )

    def _wired(self, inputs: Any) -> list[str]:
        nodes = self.nodes
        return [
            value[0]
            for value in (inputs.values() if isinstance(inputs, Mapping) else ())
            if type(value) is list and value and type(value[0]) is str and value[0] in nodes
        ]


def _depths(links: Mapping[str, list[str]]) -> dict[str, int]:
    """See `View.depths`."""
    lengths: dict[str, int] = {}
    for start in links:
        stack = [start]
        while stack:
            number = stack[-1]
            missing = [source for source in links[number] if source not in lengths]
            if missing and number not in lengths:
                lengths[number] = 0
                stack += missing
                continue
            stack.pop()
            if not lengths.get(number):
                lengths[number] = 1 + max((lengths[source] for source in links[number]), default=0)
    return lengths


def _sources_first(links: Mapping[str, list[str]]) -> list[str]:
    waiting = {number: len(sources) for number, sources in links.items()}
    fed: dict[str, list[str]] = {number: [] for number in links}
    for number, sources in links.items():
        for source in sources:
            fed[source].append(number)
    order = [number for number, count in waiting.items() if not count]
    for number in order:
        for target in fed[number]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    return order


def _bodies(prompt: Any, catalog: Catalog) -> dict[str, Any]:
    if not isinstance(prompt, dict):
        return {}
    try:
        return replace_old_classes(prompt, catalog)
    except Malformed:
        return prompt
