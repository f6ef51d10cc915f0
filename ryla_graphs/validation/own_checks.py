"""Rule: numbers are in range, also at inputs that a class checks itself."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import Problem, wording
from ryla_graphs.prompt import is_link
from ryla_graphs.validation import faults
from ryla_graphs.validation.view import View

_RANGES = (faults.TOO_SMALL, faults.TOO_BIG)


def own_checks(view: View) -> Iterator[Problem]:
    """The server leaves the check to the class, which may take values that its editor does not offer."""
    for node in view.odd:
        validator = node.schema.behaviour.validator
        if validator is None:
            continue
        for name, value in node.inputs.items():
            spec = node.known.get(name)
            if spec is None or is_link(value) or not validator.takes(name):
                continue
            fault = faults.literal_fault(spec, value, exempt=False)
            if fault is not None and fault.code in _RANGES:
                problem = wording.input_problem(fault.code, node.class_type, spec, value)
                hint = "the class checks this input itself and ComfyUI does not, so it may be fine all the same"
                yield problem.at(node=node.id, level="warning", hint=hint)
