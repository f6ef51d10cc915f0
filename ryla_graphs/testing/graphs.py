"""Random graphs that ComfyUI's server accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema
from ryla_graphs.catalog.schema import Option as OptionSpec
from ryla_graphs.catalogs import NAMES, bundled
from ryla_graphs.graph.any_node import AnyNode
from ryla_graphs.graph.node import Node, Output
from ryla_graphs.graph.option import Option, option_class
from ryla_graphs.sockets import ANY, accepts
from ryla_graphs.testing.producers import INFINITE, Producers, needs_wire
from ryla_graphs.testing.values import values
from ryla_graphs.workflow import Workflow

NodeClasses = Callable[[str], type[Node]]
"""Gives the Python class of a class type."""

_DEEPEST = 12


def graphs(
    catalog: Catalog | None = None,
    *,
    node_classes: NodeClasses | None = None,
    max_sinks: int = 2,
    max_nodes: int = 40,
) -> st.SearchStrategy[Workflow]:
    """Workflows of random nodes, links and values, all of them valid.

    By default they use the typed classes of the bundled catalog. With a catalog of your own, nodes are `AnyNode`s, or
    of the classes in `node_classes`. A graph exceeds `max_nodes` only as far as it needs to be complete.
    """
    if catalog is None:
        from ryla_graphs.nodes import node_class  # noqa: PLC0415 - loads every class in the end

        return _graphs(_producers(_typed()), node_classes or node_class, max_sinks, max_nodes)
    return _graphs(_producers(catalog), node_classes, max_sinks, max_nodes)


@cache
def _typed() -> Catalog:
    from ryla_graphs.nodes import is_typed  # noqa: PLC0415 - as above

    return bundled().subset(name for each in NAMES for name in bundled(each) if is_typed(name))


@lru_cache(maxsize=8)
def _producers(catalog: Catalog) -> Producers:
    return Producers(catalog)


@st.composite
def _graphs(
    draw: st.DrawFn, producers: Producers, classes: NodeClasses | None, max_sinks: int, max_nodes: int
) -> Workflow:
    builder = _Builder(draw, producers, classes, max_nodes)
    names = draw(st.lists(st.sampled_from(producers.sinks), min_size=1, max_size=max_sinks))
    sinks = [builder.node(name, _DEEPEST) for name in names]
    catalog = producers.catalog if classes is None else None
    workflow = Workflow(*sinks)
    if catalog is not None:
        workflow = Workflow.of(workflow.graph, catalog=catalog)
    # The drawn loaders may have model families that do not go together; compiling rejects those.
    assume(not any(problem.level == "error" for problem in workflow.validate()))
    return workflow


class _Builder:
    """One graph in the making."""

    def __init__(self, draw: st.DrawFn, producers: Producers, classes: NodeClasses | None, max_nodes: int) -> None:
        self._draw = draw
        self._producers = producers
        self._classes = classes
        self._max_nodes = max_nodes
        self._made: list[Output[Any]] = []
        self._count = 0

    def node(self, class_type: str, budget: int) -> Node:
        """A node of a class with everything it needs."""
        schema = self._producers.catalog[class_type]
        cls = self._classes(class_type) if self._classes is not None else None
        if cls is None:
            inputs = dict(self._flat(schema, schema.inputs, budget))
            node: Node = AnyNode(of=class_type, inputs=inputs, catalog=self._producers.catalog)
        else:
            node = cls(**self._typed(schema, cls, schema.inputs, budget))
        self._count += 1
        self._made += [node.output(slot) for slot in range(len(schema.outputs))]
        return node

    def _wanted(self, spec: InputSpec) -> bool:
        """Whether an input is given at all."""
        if spec.required and not (spec.has_default and self._classes is not None):
            return True
        return self._count < self._max_nodes and self._draw(st.integers(0, 3)) == 0

    def _typed(
        self, schema: NodeSchema, cls: type[Node] | type[Option], specs: Iterable[InputSpec], budget: int
    ) -> dict[str, Any]:
        fields = {cls.WIRE_NAMES.get(field, field): field for field in cls.model_fields}
        given: dict[str, Any] = {}
        for spec in specs:
            if self._wanted(spec):
                value = self._typed_value(schema, cls, spec, budget)
                if value is not None:
                    given[fields[spec.key]] = value
        return given

    def _typed_value(self, schema: NodeSchema, cls: type[Node] | type[Option], spec: InputSpec, budget: int) -> Any:
        if spec.kind is Kind.AUTOGROW:
            return [value for _, value in self._slots(schema, spec, budget)] or None
        if spec.kind is not Kind.DYNAMIC_COMBO:
            return self._value(schema, spec, budget)
        option = self._option(spec, budget)
        if option is None:
            return None
        chosen = option_class(cls, option)
        return option.key if chosen is None else chosen(**self._typed(schema, chosen, option.inputs, budget))

    def _flat(self, schema: NodeSchema, specs: Iterable[InputSpec], budget: int) -> Iterator[tuple[str, Any]]:
        for spec in specs:
            if not self._wanted(spec):
                continue
            if spec.kind is Kind.AUTOGROW:
                yield from self._slots(schema, spec, budget)
            elif spec.kind is Kind.DYNAMIC_COMBO:
                option = self._option(spec, budget)
                if option is not None:
                    yield spec.name, option.key
                    yield from self._flat(schema, option.inputs, budget)
            else:
                value = self._value(schema, spec, budget)
                if value is not None:
                    yield spec.name, value

    def _option(self, spec: InputSpec, budget: int) -> OptionSpec | None:
        """An option whose links fit the budget, else any option that can be linked at all."""
        for limit in (budget - 1, INFINITE):
            if options := [option for option in spec.options if self._affordable(option, limit)]:
                return self._draw(st.sampled_from(options))
        return None

    def _affordable(self, option: OptionSpec, limit: int) -> bool:
        wanted = [slot for spec in option.inputs for slot in (spec, *spec.slots) if slot.required]
        return all(not needs_wire(spec) or self._producers.of(spec, limit) for spec in wanted)

    def _slots(self, schema: NodeSchema, spec: InputSpec, budget: int) -> Iterator[tuple[str, Any]]:
        least = sum(slot.required for slot in spec.slots)
        count = self._draw(st.integers(least, min(len(spec.slots), least + 2)))
        for slot in spec.slots[:count]:
            value = self._value(schema, slot, budget)
            if value is None:
                return
            yield slot.name, value

    def _value(self, schema: NodeSchema, spec: InputSpec, budget: int) -> Any:
        """A link or a value; None if an optional link would cost too much."""
        if needs_wire(spec):
            return self._wire(spec, budget)
        validator = schema.behaviour.validator
        wired = validator is None and not spec.listed and self._draw(st.integers(0, 9)) == 0
        wire = self._made_before(spec) if wired else None
        return wire if wire is not None else self._draw(values(spec, schema))

    def _wire(self, spec: InputSpec, budget: int) -> Any:
        if self._draw(st.booleans()):
            before = self._made_before(spec)
            if before is not None:
                return before
        frugal = self._count >= self._max_nodes
        found = self._producers.cheapest(spec) if frugal else self._producers.of(spec, budget - 1)
        if not found:
            if not spec.required:
                return None
            found = self._producers.cheapest(spec)
        producer = self._draw(st.sampled_from(found))
        return self.node(producer.class_type, budget - 1).output(producer.slot)

    def _made_before(self, spec: InputSpec) -> Output[Any] | None:
        wanted = spec.match_types if spec.match is not None else spec.wire_type
        fitting = [output for output in self._made if accepts(wanted, output.type) and output.type != ANY]
        return self._draw(st.sampled_from(fitting)) if fitting else None
