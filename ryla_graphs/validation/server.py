"""The verdict of ComfyUI's ``POST /prompt``, without a server.

The server walks up from each output node, remembers its verdict on each node, and answers with the errors of the
nodes it visited. This module walks the same way, without recursion, over raw JSON, so malformed input gets the same
result. If the server's answer depends on the order of a Python set, ours is one of its possible answers: inputs and
outputs in the order in which they are declared.
Observed on ComfyUI 0.33; `docs/validation.md` lists what was measured.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, NamedTuple

from ryla_graphs.catalog.behaviour import Validator
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import InputSpec, NodeSchema
from ryla_graphs.prompt import Prompt, PromptNode
from ryla_graphs.validation import faults
from ryla_graphs.validation.faults import BREAKS, Fault

INNER = "exception_during_inner_validation"
OUTER = "exception_during_validation"


class Verdict(NamedTuple):
    """The server's answer."""

    accepted: bool
    """The prompt is queued; it may still have bad outputs, listed in `nodes` and left out of the run."""
    error: str | None
    """The error type at top level; None also if the server only answers ``500`` in plain text."""
    nodes: dict[str, list[tuple[str, str | None]]]
    """Node id to the error types and input names reported for it."""
    crash: str | None = None
    """Why the server answers ``500`` instead of a verdict."""


class _Stumble(Exception):
    """The server raises while it validates a node."""


_Found = tuple[bool, list[tuple[str, str | None]]]


def verdict(document: Any, catalog: Catalog) -> Verdict:
    """What ``POST /prompt`` answers to this prompt on a server with this catalog."""
    return verdict_of(Prompt(document, catalog))


def verdict_of(prompt: Prompt) -> Verdict:
    """The same for a prompt that has been read already."""
    bodies, _, schemas, malformed = prompt.admission
    if malformed is not None:
        return Verdict(False, None, {}, crash=malformed)
    if schemas is None:
        return Verdict(False, "missing_node_type", {})
    outputs = [node for node, schema in schemas.items() if schema.output_node]
    if not outputs:
        return Verdict(False, "prompt_no_outputs", {})
    if _is_plainly_good(prompt, schemas):
        return Verdict(True, None, {})
    walk = _Walk(bodies, schemas, prompt.catalog)
    reported: dict[str, list[tuple[str, str | None]]] = {}
    good = 0
    for output in outputs:
        if walk.output_is_valid(output):
            good += 1
            continue
        for node, (valid, errors) in walk.found.items():
            if not valid and errors:
                reported.setdefault(node, errors)
    error = None if good else "prompt_outputs_failed_validation"
    return Verdict(good > 0, error, reported)


_ABSENT: Any = object()


def _is_plainly_good(prompt: Prompt, schemas: Mapping[str, NodeSchema]) -> bool:
    """Whether nothing at all is wrong, found without walking; false also if only the walk can tell."""
    if len(prompt.nodes) < len(schemas) or not prompt.is_acyclic:
        return False
    return all(_is_fine(node, schemas, prompt.catalog) for node in prompt.odd)


def _is_fine(node: PromptNode, schemas: Mapping[str, NodeSchema], catalog: Catalog) -> bool:
    inputs, schema = node.inputs, node.schema
    for name, spec in node.known.items():
        value = inputs.get(name, _ABSENT)
        if isinstance(value, list):
            if not _is_plain_link(value, spec, schemas):
                return False
        elif value is _ABSENT:
            if spec.required:
                return False
        elif not spec.plainly_fits(value) and faults.literal_fault(spec, value, exempt=False) is not None:
            return False
    validator = schema.behaviour.validator
    return validator is None or not faults.validator_faults(schema, validator, inputs, catalog)


def _is_plain_link(link: list[Any], spec: InputSpec, schemas: Mapping[str, NodeSchema]) -> bool:
    if len(link) != 2 or type(link[0]) is not str or type(link[1]) is not int:
        return False
    source = schemas.get(link[0])
    if source is None or not 0 <= link[1] < len(source.output_types):
        return False
    received = source.output_types[link[1]]
    return received == spec.type or spec.accepts(received)


class _Walk:
    """One walk over a prompt, with the verdict on each node so far."""

    def __init__(self, prompt: Mapping[str, Any], schemas: Mapping[str, NodeSchema], catalog: Catalog) -> None:
        self.prompt = prompt
        self.schemas = schemas
        self.catalog = catalog
        self.found: dict[str, _Found] = {}
        self.visiting: dict[str, None] = {}

    def output_is_valid(self, output: str) -> bool:
        """Validate an output node and everything it needs, without recursion."""
        stack: list[tuple[str, Generator[str, bool | None, None]]] = []
        node: str | None = output
        answer: bool | None = None
        while True:
            if node is not None:
                stack.append((node, self._visit(node)))
                answer, node = None, None
            current, visit = stack[-1]
            try:
                node = visit.send(answer)
                continue
            except StopIteration:
                answer = self.found[current][0]
            except _Stumble:
                self.visiting.pop(current, None)
                answer = None
                if len(stack) == 1:
                    self.found[current] = (False, [(OUTER, None)])
            stack.pop()
            if not stack:
                return self.found[output][0]

    def _visit(self, node: str) -> Generator[str, bool | None, None]:
        """Validate one node; yields the node it needs next and is sent whether that node is valid.

        None is sent for a node at which the server stumbles.
        """
        body = self.prompt[node]
        if "inputs" not in body:
            raise _Stumble
        inputs: Mapping[str, Any] = body["inputs"]
        schema = self.schemas[node]
        validator = schema.behaviour.validator
        errors: list[tuple[str, str | None]] = []
        upstream_valid = True
        known = schema.flat_inputs(inputs)
        for name, spec in known.items():
            if name not in inputs:
                if spec.required:
                    errors.append((faults.MISSING, name))
                continue
            value = inputs[name]
            if spec.plainly_fits(value):
                continue
            if not isinstance(value, list):
                fault = faults.literal_fault(spec, value, exempt=validator is not None and validator.takes(name))
            else:
                fault = self._link_fault(spec, value, validator)
            if fault is not None:
                if fault.code in BREAKS:
                    raise _Stumble
                errors.append((fault.code, name))
            elif isinstance(value, list):
                source = value[0]
                if source in self.found:
                    valid: bool | None = self.found[source][0]
                elif source in self.visiting or source == node:
                    self._report_cycle(node, source)
                    valid = False
                else:
                    self.visiting[node] = None
                    valid = yield source
                    self.visiting.pop(node, None)
                    if valid is None:
                        self.found[source] = (False, [(INNER, name)])
                upstream_valid = upstream_valid and valid is True
        if validator is not None:
            errors += self._validator_errors(schema, validator, inputs)
        valid_before, errors_before = self.found.get(node, (True, []))
        new = [error for error in errors if error not in errors_before]
        self.found[node] = (valid_before and upstream_valid and not errors, errors_before + new)

    def _link_fault(self, spec: InputSpec, link: list[Any], validator: Validator | None) -> Fault | None:
        typed = validator is None or not validator.link_types
        return faults.link_fault(spec, link, self.schemas, typed=typed)

    def _validator_errors(
        self, schema: NodeSchema, validator: Validator, inputs: Mapping[str, Any]
    ) -> list[tuple[str, str | None]]:
        found = faults.validator_faults(schema, validator, inputs, self.catalog)
        if any(fault.code in BREAKS for fault in found):
            raise _Stumble
        return [(fault.code, fault.input) for fault in found]

    def _report_cycle(self, node: str, start: str) -> None:
        path = [*self.visiting, node]
        for member in path[path.index(start) :]:
            self.found[member] = (False, [(faults.CYCLE, None)])
