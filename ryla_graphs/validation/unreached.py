"""Rule: every node is needed by some output."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.prompt import is_link
from ryla_graphs.validation.view import View


def unreached(view: View) -> Iterator[Problem]:
    """The server neither checks nor runs a node that no output needs, such as a patched MODEL that no sampler uses."""
    if len(view.reached) == len(view.nodes) + len(view.foreign) or _is_cut(view):
        return
    for number, node in view.nodes.items():
        if number not in view.reached:
            fed = ", ".join(f"'{source}'" for source in view.links[number])
            yield Problem(
                code="unreached_node",
                message="no output needs this node, so it never runs" + (f"; it is fed by {fed}" if fed else ""),
                subject=AtNode(node=number, class_type=node.class_type),
                hint="link its output to where it should act, or remove the node",
            )


def _is_cut(view: View) -> bool:
    """Whether a link that leads nowhere may be why nodes are not reached; the link itself is reported, once."""
    nodes = (view.nodes[number] for number in view.reached if number in view.nodes)
    return any(
        is_link(value) and (name not in node.wires or node.wires[name].node not in view.bodies)
        for node in nodes
        for name, value in node.inputs.items()
    )
