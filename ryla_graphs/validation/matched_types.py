"""Rule: the links of one match group carry one type."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs import sockets
from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.prompt import PromptNode
from ryla_graphs.validation.view import View


def matched_types(view: View) -> Iterator[Problem]:
    """A V3 node such as `ComfySwitchNode` declares that inputs match each other; the server does not check."""
    for node in view.odd:
        if not node.known.matched:
            continue
        groups: dict[str, list[tuple[str, sockets.WireType]]] = {}
        for name, spec in node.known.matched.items():
            carried = view.carried(node.wires.get(name))
            if spec.match is not None and carried is not None:
                if not sockets.accepts(spec.match_types, carried):
                    yield _problem(node, name, carried, sockets.describe(spec.match_types))
                else:
                    groups.setdefault(spec.match, []).append((name, carried))
        for (_, first), *others in groups.values():
            for name, carried in others:
                if not sockets.accepts(first, carried):
                    yield _problem(node, name, carried, f"{sockets.describe(first)}, as the other input carries")


def _problem(node: PromptNode, name: str, carried: sockets.WireType, expected: str) -> Problem:
    return Problem(
        code="mismatched_types",
        message=f"a link that carries {sockets.describe(carried)} does not match",
        subject=AtNode(node=node.id, class_type=node.class_type, input=name),
        given=sockets.describe(carried),
        expected=expected,
    )
