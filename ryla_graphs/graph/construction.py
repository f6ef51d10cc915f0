"""Pydantic's errors about a node as problems: one for each wrong input."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from ryla_graphs import sockets
from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema
from ryla_graphs.graph.wires import AbstractNode, Source
from ryla_graphs.problems import AtNode, Problem, shorten, wording

_CODES = {
    "missing": "required_input_missing",
    "greater_than_equal": "value_smaller_than_min",
    "less_than_equal": "value_bigger_than_max",
    "literal_error": "value_not_in_list",
    "return_type_mismatch": "return_type_mismatch",
    "not_one_output": "return_type_mismatch",
}

_NAMES = frozenset({"name", "id", "node_id", "title"})
"""What people call a node's name when they try to pass it as an input."""


def construction_problems(
    error: ValidationError,
    schema: NodeSchema,
    specs: Mapping[str, InputSpec],
    inputs: Mapping[str, Any],
    more: str | None = None,
) -> Iterator[Problem]:
    """The problems of constructing one node.

    `specs` are the inputs by field name; `more` is the field for inputs that the class does not declare.
    """
    rows: dict[tuple[str, Any], list[Any]] = {}
    for row in error.errors(include_url=False, include_input=False):
        field = str(row["loc"][0])
        rest = row["loc"][1:]
        item = rest[0] if rest and field == more else _item(specs.get(field), rest, inputs.get(field))
        rows.setdefault((field, item), []).append(row["type"])
    for (field, item), types in rows.items():
        spec = specs.get(field)
        if field == more:
            yield _beside(schema, item, types, inputs[field]).hinted()
        elif spec is None or "extra_forbidden" in types:
            yield _unknown(schema, field, specs, inputs.get(field))
        elif item is None:
            yield _problem(schema, spec, types, inputs.get(field)).hinted()
        else:
            yield _problem(schema, _slot(spec, item), types, inputs[field][item]).hinted()


def _unknown(schema: NodeSchema, field: str, specs: Mapping[str, InputSpec], given: Any) -> Problem:
    """The problem of an input that the class does not have; a node's name and title are set with `named`."""
    problem = wording.unknown_input(schema.class_type, field, specs, given).hinted()
    if field not in _NAMES or not isinstance(given, str):
        return problem
    call = f'.named("{given}")' if field != "title" else f'.named("…", title="{given}")'
    return problem.at(hint=f"to give the node a {field}, write {schema.class_type}(…){call}; {problem.hint}")


def _item(spec: InputSpec | None, rest: Sequence[Any], given: Any) -> Any:
    """The item of an autogrow input that pydantic's error is about."""
    if spec is None or spec.kind is not Kind.AUTOGROW:
        return None
    for part in rest:
        if isinstance(given, (list, tuple)) and isinstance(part, int):
            return part
        if isinstance(given, Mapping) and part in given:
            return part
    return None


def _beside(schema: NodeSchema, name: Any, types: Iterable[str], given: Any) -> Problem:
    """The problem of an input that the class does not declare but may take under its name."""
    row = next((row for row in schema.dynamic_inputs if row.has(str(name))), None)
    if row is not None and isinstance(given, Mapping):
        spec = InputSpec(name=name, key=name, type=row.type, kind=Kind.SOCKET, required=False)
        return _problem(schema, spec, types, given[name])
    names = " or ".join(row.pattern for row in schema.dynamic_inputs) or "any"
    hint = f"in addition to its inputs, it takes a mapping of others, with names like {names}"
    return wording.unknown_input(schema.class_type, str(name), (), given, fate="unknown").at(hint=hint)


def _slot(spec: InputSpec, item: Any) -> InputSpec:
    for index, slot in enumerate(spec.slots):
        if item in (index, slot.key):
            return slot
    return spec


def _problem(schema: NodeSchema, spec: InputSpec, types: Iterable[str], given: Any) -> Problem:
    codes = [_CODES[kind] for kind in types if kind in _CODES]
    if isinstance(given, (Source, AbstractNode)):
        return _wire_problem(schema, spec, given)
    if codes:
        return wording.input_problem(codes[0], schema.class_type, spec, given)
    takes_values = any(kind not in ("not_a_wire", "is_instance_of") for kind in types)
    return wording.input_problem("invalid_input_type" if takes_values else "not_a_wire", schema.class_type, spec, given)


def _wire_problem(schema: NodeSchema, spec: InputSpec, given: Any) -> Problem:
    if (carried := given.carried_type()) is not None:
        wire = f"`{given.label}` ({sockets.describe(carried)})"
        return wording.input_problem("return_type_mismatch", schema.class_type, spec, wire).at(given=given.label)
    names = ", ".join(f"`.out.{name}`" for _, _, name in given.schema_.slots) or "none"
    problem = wording.input_problem("return_type_mismatch", schema.class_type, spec, f"`{given.label}`")
    return problem.at(message=f"`{given.label}` has no single output; say which", hint=f"its outputs are {names}")


def no_positions(name: str, fields: Iterable[str], given: Sequence[Any], source: str | None) -> Problem:
    """The problem of inputs that were given by position."""
    names = list(fields)
    shown = ["..." if isinstance(value, (Source, AbstractNode)) else shorten(value, 40) for value in given]
    meant = ", ".join(f"{field}={value}" for field, value in zip(names, shown, strict=False))
    return Problem(
        code="positional_input",
        message=f"inputs are keywords, and {len(given)} {'is' if len(given) == 1 else 'are'} given by position",
        subject=AtNode(class_type=name),
        hint=f"write {name}({meant}); the inputs are {', '.join(names)}" if names else "it has no inputs",
        source=source,
    )


def no_such_output(class_type: str, slot: int, count: int, source: str | None) -> Problem:
    """The problem of an output slot that a class does not have."""
    return Problem(
        code="link_to_missing_output",
        message=f"{class_type} has no output {slot}",
        subject=AtNode(class_type=class_type),
        given=slot,
        expected=f"0 to {count - 1}" if count else "nothing: the node has no outputs",
        source=source,
    )


def bad_name(class_type: str, name: str, source: str | None) -> Problem:
    """The problem of a name that cannot be a node's id."""
    return Problem(
        code="bad_name",
        message=f"{name!r} cannot be the name of a node",
        subject=AtNode(class_type=class_type or None),
        given=name,
        expected="printable text that is not empty",
        source=source,
    )


def no_node(given: object, source: str | None) -> Problem:
    """The problem of an object that is given in place of a node of a workflow."""
    if inspect.isclass(given):
        hint = f"write {given.__name__}(...), or take one of the workflow: workflow.find({given.__name__})[0]"
    else:
        hint = f"workflow.node({given!r})" if isinstance(given, str) else "workflow.node('sampler'), or KSampler(...)"
    message = f"{shorten(given)} is {'a class' if inspect.isclass(given) else f'a {type(given).__name__}'}, not a node"
    return Problem(code="not_a_node", message=message, given=repr(given), expected="a node", hint=hint, source=source)


def not_a_node(given: object, source: str | None) -> Problem:
    """The problem of an object among the sinks of a workflow that is not a node."""
    return Problem(
        code="not_a_node",
        message=f"a workflow is made of its last nodes, not of {shorten(given)}",
        given=repr(given),
        expected="nodes such as SaveImage(...)",
        source=source,
    )
