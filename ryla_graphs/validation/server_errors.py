"""Rule: ComfyUI's server itself accepts the graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ryla_graphs import sockets
from ryla_graphs.catalog.schema import InputSpec
from ryla_graphs.catalogs import Span, repositories_of, span_of
from ryla_graphs.problems import AtNode, Problem, did_you_mean, shorten, wording
from ryla_graphs.prompt import PromptNode, is_link
from ryla_graphs.validation import faults
from ryla_graphs.validation.faults import Fault
from ryla_graphs.validation.view import View


def server_errors(view: View) -> Iterator[Problem]:
    """Everything that fails the server's checks, each at its own place.

    The server stops checking a node when it stumbles over it; this rule checks every input of every node that an output
    needs.
    """
    verdict = view.verdict
    if verdict.accepted and not verdict.nodes:
        return
    if verdict.crash is not None:
        yield Problem(
            code="malformed_prompt",
            message=f"{verdict.crash}; the server answers 500 without a reason",
            hint="a prompt is {node id: {class_type, inputs}}; the editor's own files are another format",
        )
    yield from _unreadable_nodes(view)
    if verdict.error == "prompt_no_outputs":
        yield Problem(
            code="prompt_no_outputs",
            message="no node saves or shows anything",
            hint="add an output node such as SaveImage",
        )
    for number in view.nodes:
        if number in view.reached:
            yield from _node_errors(view, view.nodes[number])
    yield from _cycles(view)


def _unreadable_nodes(view: View) -> Iterator[Problem]:
    for number, body in view.bodies.items():
        if number in view.nodes or not isinstance(body, dict):
            continue
        class_type = body.get("class_type")
        if not isinstance(class_type, str) or class_type not in view.catalog:
            yield _unknown_class(view, number, class_type)
        if not isinstance(body.get("inputs"), dict):
            yield Problem(
                code="node_without_inputs",
                message="the node has no `inputs` object",
                subject=AtNode(node=number, class_type=class_type if isinstance(class_type, str) else None),
                hint='write "inputs": {}',
            )


_SLIP = 0.75
"""How similar a typo is to the intended class name; classes of unknown packs are less similar to any known name."""


def _unknown_class(view: View, number: str, class_type: Any) -> Problem:
    if not isinstance(class_type, str):
        return Problem(
            code="missing_node_type",
            message=f"the node has no class_type but {shorten(class_type)}",
            subject=AtNode(node=number),
            hint='write "class_type": "…"',
        )
    way = view.catalog.absent.get(class_type) or wording.way_to_class(
        class_type, repositories_of(class_type), span_of(class_type)
    )
    return Problem(
        code="missing_node_type",
        message=f"{view.catalog.name} has no node class '{class_type}'",
        subject=AtNode(node=number, class_type=class_type),
        hint=way or "is its node pack installed, and in the catalog?",
        suggest=None if way else lambda: did_you_mean(class_type, view.catalog, alike=_SLIP),
    )


def _node_errors(view: View, node: PromptNode) -> Iterator[Problem]:
    validator = node.schema.behaviour.validator
    found: list[Fault] = []
    for name, spec in node.known.items():
        fault = _input_fault(view, node, spec) if name in node.inputs else _missing(spec)
        if fault is not None:
            found.append(fault)
    if validator is not None:
        seen = {fault.input for fault in found}
        own = faults.validator_faults(node.schema, validator, node.inputs, view.catalog)
        # The server reports a failed validator at each input it takes; one report is enough here.
        found += [fault for fault in own[:1] if fault.input not in seen]
    for fault in found:
        yield _problem(view, node, fault)


def _missing(spec: InputSpec) -> Fault | None:
    return Fault(faults.MISSING, spec.name) if spec.required else None


def _input_fault(view: View, node: PromptNode, spec: InputSpec) -> Fault | None:
    value = node.inputs[spec.name]
    validator = node.schema.behaviour.validator
    if is_link(value):
        typed = validator is None or not validator.link_types
        fault = faults.link_fault(spec, value, view.schemas, typed=typed)
        return None if fault is not None and _is_unreadable(view, fault) else fault
    return faults.literal_fault(spec, value, exempt=validator is not None and validator.takes(spec.name))


def _is_unreadable(view: View, fault: Fault) -> bool:
    """Whether a link leads to an existing node without a readable class, which is reported at that node."""
    source = fault.given[0] if fault.code == faults.NO_SUCH_NODE else None
    return isinstance(source, str) and source in view.bodies


def _problem(view: View, node: PromptNode, fault: Fault) -> Problem:
    spec = node.known.get(fault.input)
    if fault.code == faults.NO_SUCH_NODE:
        return _at(node, fault, f"there is no node {shorten(fault.given[0])}", _near_node(view, fault.given[0]))
    if fault.code == faults.NO_SUCH_SLOT:
        source = view.nodes[fault.given[0]]
        outputs = ", ".join(f"{slot} ({out.name})" for slot, out in enumerate(source.schema.outputs)) or "none"
        message = f"{source.schema.class_type} '{source.id}' has no output {shorten(fault.given[1])}"
        return _at(node, fault, message, f"its outputs are {outputs}")
    if spec is None:
        return _at(node, fault, "the node's own check fails", None)
    given = fault.given
    if fault.code == faults.WRONG_TYPE:
        source = view.nodes[given[0]]
        carried = sockets.describe(source.schema.output_types[given[1]])
        given = f"output {given[1]} of {source.schema.class_type} '{source.id}' ({carried})"
    problem = wording.input_problem(fault.code, node.class_type, spec, given).at(node=node.id, given=fault.given)
    if fault.code == faults.MISSING and (span := _younger(node.class_type, fault.input)) is not None:
        return problem.at(hint=f"ComfyUI has this input {span}: the graph is older")
    return problem


def _younger(class_type: str, name: str) -> Span | None:
    """Since when an input is there, if it came later than its class; else no graph can be too old for it."""
    own, span = span_of(class_type), span_of(class_type, name)
    return span if own is not None and span is not None and span.since not in (None, own.since) else None


def _at(node: PromptNode, fault: Fault, message: str, hint: wording.Hint) -> Problem:
    return Problem(
        code=fault.code,
        message=message,
        subject=AtNode(node=node.id, class_type=node.class_type, input=fault.input),
        tier=1,
        given=fault.given,
        hint=hint if isinstance(hint, str) else None,
        suggest=hint if callable(hint) else None,
    )


def _near_node(view: View, given: Any) -> wording.Hint:
    if str(given) in view.bodies:
        return f'node ids are text: write "{given}"'
    return lambda: did_you_mean(str(given), view.bodies)


def _cycles(view: View) -> Iterator[Problem]:
    for number, errors in view.verdict.nodes.items():
        if (faults.CYCLE, None) in errors and number in view.nodes:
            yield Problem(
                code=faults.CYCLE,
                message="the node needs its own output",
                subject=AtNode(node=number, class_type=view.nodes[number].schema.class_type),
                tier=1,
                hint="break the cycle of links",
            )
