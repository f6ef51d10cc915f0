"""Rule: the wires of one match group carry one type."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs import sockets
from ryla_graphs.problems import Problem
from ryla_graphs.validation.faults import is_link
from ryla_graphs.validation.view import NodeView, View


def matched_types(view: View) -> Iterator[Problem]:
    """A V3 node such as `ComfySwitchNode` says that inputs match each other; the server does not look."""
    for node in view.nodes.values():
        if not node.known.matched:
            continue
        groups: dict[str, list[tuple[str, sockets.WireType]]] = {}
        for name, spec in node.known.matched.items():
            carried = _carried(view, node.inputs.get(name))
            if spec.match is not None and carried is not None:
                if not sockets.accepts(spec.match_types, carried):
                    yield _problem(node, name, carried, sockets.describe(spec.match_types))
                else:
                    groups.setdefault(spec.match, []).append((name, carried))
        for (_, first), *others in groups.values():
            for name, carried in others:
                if not sockets.accepts(first, carried):
                    yield _problem(node, name, carried, f"{sockets.describe(first)}, as the other input carries")


def _carried(view: View, link: object) -> sockets.WireType | None:
    if not (is_link(link) and isinstance(link, list) and len(link) == 2 and isinstance(link[0], str)):
        return None
    source = view.nodes.get(link[0])
    if source is None or not isinstance(link[1], int) or not 0 <= link[1] < len(source.schema.outputs):
        return None
    return source.schema.output_types[link[1]]


def _problem(node: NodeView, name: str, carried: sockets.WireType, expected: str) -> Problem:
    return Problem(
        code="mismatched_types",
        message=f"a wire that carries {sockets.describe(carried)} does not match",
        node=node.id,
        class_type=node.schema.class_type,
        input=name,
        given=sockets.describe(carried),
        expected=expected,
    )
