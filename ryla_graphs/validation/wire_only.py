"""Rule: what only a wire can carry is not given as a value."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs import wording
from ryla_graphs.errors import Problem
from ryla_graphs.validation.faults import is_link, is_wire_only
from ryla_graphs.validation.view import View


def wire_only(view: View) -> Iterator[Problem]:
    """The server accepts a text or null where a MODEL is expected; the node crashes when it runs."""
    for node in view.nodes.values():
        for name, value in node.inputs.items():
            if is_link(value) or (spec := node.known.get(name)) is None or not is_wire_only(spec):
                continue
            if value is None and not spec.required:
                continue
            yield wording.input_problem("not_a_wire", node.schema, spec, value, level=2).at(node=node.id)
