"""Rule: links lead somewhere, also under names that the class does not declare."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ryla_graphs.problems import AtNode, Problem, did_you_mean, shorten
from ryla_graphs.validation.view import View


def dangling_links(view: View) -> Iterator[Problem]:
    """The server follows every link when it runs a node, even those of inputs that it did not validate."""
    for node in view.odd:
        if node.id not in view.reached or node.wires.keys() <= node.known.keys():
            continue
        for name, link in node.wires.items():
            if name not in node.known and link.node not in view.bodies:
                yield Problem(
                    code="link_to_missing_node",
                    message=f"there is no node {shorten(link.node)}",
                    subject=AtNode(node.id, node.class_type, name),
                    tier=2,
                    given=list(link),
                    suggest=partial(did_you_mean, link.node, view.bodies),
                )
