"""Rule: an input that only a link can feed is not given a value."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs import sockets
from ryla_graphs.problems import Problem, wording
from ryla_graphs.prompt import is_link
from ryla_graphs.validation.view import View


def link_only(view: View) -> Iterator[Problem]:
    """The server accepts text or null for a MODEL, but the node crashes when it runs.

    A type that no class of the catalog outputs is left alone: the pack's web page fills such an input.
    """
    for node in view.odd:
        for name, spec in node.known.wire_only.items():
            value = node.inputs.get(name)
            if is_link(value) or (value is None and not (spec.required and name in node.inputs)):
                continue
            if view.catalog.carried.isdisjoint(sockets.members(spec.type)):
                continue
            yield wording.input_problem("not_a_wire", node.class_type, spec, value, tier=2).at(node=node.id)
