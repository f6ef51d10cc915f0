"""Changing inputs by their path, ``sampler.steps``, in graphs that were written and in graphs that were read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ryla_graphs.catalog.behaviour import Undeclared
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import Kind, KnownInputs, NodeSchema
from ryla_graphs.formats import api
from ryla_graphs.formats.typed import typed_node
from ryla_graphs.graph.any_node import AnyNode
from ryla_graphs.graph.flatten import NoField, defaults_of, fields_of, flatten
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.node import Node
from ryla_graphs.graph.option import Option
from ryla_graphs.graph.origin import Origin
from ryla_graphs.graph.wires import AbstractNode, AbstractOutput
from ryla_graphs.problems import AtNode, InvalidNode, InvalidWorkflow, Problem, did_you_mean, wording
from ryla_graphs.validation import View, problems_of


def with_inputs(graph: Graph, changes: Mapping[str, Any], catalog: Catalog, at: Origin) -> Graph:
    """The graph with the inputs at these paths changed; None removes an input. `at` is the line of the caller.

    Raises `InvalidWorkflow` with all problems of the paths and values.
    """
    nodes = {number: node for node, number in graph.ids.items()}
    problems: list[Problem] = []
    by_node: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        number, name = _place(path, nodes, catalog)
        if number is None:
            problems.append(_no_such_node(path, nodes, at))
        else:
            by_node.setdefault(number, {})[name] = value
    new: dict[Node, Node] = {}
    for number, inputs in by_node.items():
        edit = _Edit(nodes[number], inputs, catalog, at)
        found = [*edit.unknown()]
        try:
            new[nodes[number]] = edit.node()
        except InvalidNode as error:
            found += error.problems
        problems += (problem.at(node=number, source=at.source) for problem in found)
    if not problems:
        changed = graph.rewire(new, check=False)
        if any(isinstance(node, AnyNode) for node in new.values()):
            problems = [*_errors(changed, by_node, catalog, at)]
        if not problems:
            return changed
    raise InvalidWorkflow(problems, "the changes cannot be made")


def _place(path: str, nodes: Mapping[str, Node], catalog: Catalog) -> tuple[str | None, str]:
    """The node and the input that a path names. Ids and inputs may both have dots.

    If a path can be read in several ways, an input that the node has takes precedence, then the longest id.
    """
    dots = [place for place, letter in enumerate(path) if letter == "."]
    splits = [(path[:dot], path[dot + 1 :]) for dot in reversed(dots) if path[:dot] in nodes]
    for number, name in splits:
        node = nodes[number]
        known = {spec.name for spec in _schema(node, catalog).every_input()}
        if name in known or any(name == given for given, _ in node.given_inputs()):
            return number, name
    return splits[0] if splits else (None, "")


def _schema(node: Node, catalog: Catalog) -> NodeSchema:
    return catalog.get(node.class_type) or node.schema_


class _Edit:
    """One node that is being changed."""

    def __init__(self, old: Node, changes: Mapping[str, Any], catalog: Catalog, at: Origin) -> None:
        self._old = old
        self._catalog = catalog
        self._origin = old.origin_._replace(code=at.code, instruction=at.instruction, original=None)
        self._schema = _schema(old, catalog)
        self._specs = {spec.name: spec for spec in self._schema.every_input()}
        self._given = dict(old.given_inputs())
        self._changes = changes = dict(self._flat(changes))
        self._inputs = {name: value for name, value in {**self._given, **changes}.items() if value is not None}
        is_known = old.class_type in catalog or old._is_known()
        self._known = self._with_defaults() if is_known else None
        """The inputs of the class for these values; None if the class is unknown."""

    def _flat(self, changes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The changes by name in the JSON; an `Option` or a list of links gives several."""
        for name, value in changes.items():
            spec = self._specs.get(name)
            if spec is not None and spec.kind is Kind.AUTOGROW and isinstance(value, (list, tuple, dict)):
                yield from ((slot.name, None) for slot in spec.slots)
                yield from flatten([(spec.key, value)], [spec])
            elif spec is not None and isinstance(value, Option):
                yield from flatten([(spec.key, value)], [spec])
            else:
                yield name, value

    def _with_defaults(self) -> KnownInputs:
        """Add the inputs of a dynamic input's new choice, and remove those of the choice before."""
        before = self._schema.flat_inputs(self._given)
        for name, spec in self._schema.flat_inputs(self._inputs).items():
            if spec.kind is Kind.DYNAMIC_COMBO and name in self._changes:
                self._inputs = {**dict(defaults_of(spec, self._inputs[name])), **self._inputs}
        now = self._schema.flat_inputs(self._inputs)
        self._inputs = {name: value for name, value in self._inputs.items() if name in now or name not in before}
        return now

    def unknown(self) -> Iterator[Problem]:
        """The problems of input names that the class lacks, and of choices that a dynamic input lacks."""
        known = self._known
        for name, value in self._changes.items():
            if known is None or name in known or value is None:
                continue
            spec = self._specs.get(name)
            if spec is not None and spec.kind is Kind.DYNAMIC_COMBO:
                yield wording.input_problem("unknown_choice", self._schema.class_type, spec, value).hinted()
                continue
            wired = isinstance(value, (AbstractNode, AbstractOutput))
            if self._schema.undeclared(name, wired=wired) not in (Undeclared.TAKEN, Undeclared.LEFTOVER):
                self._inputs.pop(name, None)
                yield wording.unknown_input(self._schema.class_type, name, known, value).hinted()

    def node(self) -> Node:
        """The new node, of its Python class if possible; raises `InvalidNode` if the class refuses a value."""
        old = self._old
        if isinstance(old, AnyNode):
            typed = typed_node(old.of, self._inputs, self._origin, self._catalog)
            brought = old.catalog
        else:
            typed = self._changed(old)
            brought = old.CATALOG
        if typed is not None:
            return typed
        catalog = self._catalog if old.class_type in self._catalog else brought
        return AnyNode.made({"of": old.class_type, "inputs": self._inputs, "catalog": catalog}, self._origin)

    def _changed(self, old: Node) -> Node | None:
        leftovers = dict(old.origin_.leftovers)
        left = {name: value for name, value in self._inputs.items() if name not in leftovers}
        try:
            fields = fields_of(type(old), old.schema_.inputs, left)
        except NoField:
            return None
        if left:
            return None
        before = old.__dict__
        differ = {name: fields.get(name) for name in before if fields.get(name) is not before[name]}
        return old._changed(differ, self._origin)


def _errors(graph: Graph, changes: Mapping[str, Mapping[str, Any]], catalog: Catalog, at: Origin) -> Iterator[Problem]:
    """The errors that a server would report about the changed inputs."""
    for problem in problems_of(View(api.dump(graph), catalog)):
        if problem.level == "error" and problem.node is not None and problem.input in changes.get(problem.node, ()):
            yield problem.at(source=at.source)


def _no_such_node(path: str, nodes: Mapping[str, Node], at: Origin) -> Problem:
    wanted = path.split(".", maxsplit=1)[0]
    hint = _inputs_of(nodes[path]) if path in nodes else _with_node(path, nodes) or did_you_mean(wanted, nodes)
    return Problem(
        code="unknown_node",
        message=f"no node has the id '{wanted}'" if "." in path else f"'{path}' names no input of a node",
        subject=AtNode(node=wanted) if "." in path else AtNode(),
        given=path,
        expected="the id of a node, a dot, and the name of an input: `sampler.steps`",
        hint=hint or _ids(nodes),
        source=at.source,
    )


def _inputs_of(node: Node) -> str:
    return f"its inputs are {', '.join(name for name, _ in node.given_inputs())}"


def _with_node(name: str, nodes: Mapping[str, Node]) -> str | None:
    """The paths that an input name without a node may mean."""
    paths = [f"{node_id}.{name}" for node_id, node in nodes.items() if name in dict(node.given_inputs())]
    return f"write {' or '.join(repr(path) for path in paths[:3])}" if paths else None


def _ids(nodes: Mapping[str, Node]) -> str:
    return f"the ids are {', '.join([*nodes][:_LISTED])}{', …' if len(nodes) > _LISTED else ''}"


_LISTED = 20
