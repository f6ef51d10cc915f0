"""Rule: nothing ends the thread in which ComfyUI runs prompts.

ComfyUI accepts such a graph, and then neither it nor any later prompt runs until the server is started again: seen on
ComfyUI 0.33.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ryla_graphs.problems import AtNode, Problem, did_you_mean, shorten
from ryla_graphs.validation.view import View

_THEN = "ComfyUI accepts this, and then runs no prompt until it is restarted"


def fatal(view: View) -> Iterator[Problem]:
    """What the server does not look at before a run, but stumbles over in it."""
    accepted = view.verdict.accepted and not view.verdict.nodes  # else `server_errors` reports declared inputs
    if any(node.id in view.reached and not node.wires.keys() <= node.known.keys() for node in view.odd):
        yield from _dangling_links(view, accepted=accepted)
    if accepted and len(view.nodes) < len(view.bodies):
        yield from _without_inputs(view)


def _dangling_links(view: View, *, accepted: bool) -> Iterator[Problem]:
    """The server follows every link of a node when it runs, but checks only those of inputs that the class declares."""
    for node in view.nodes.values():
        if node.id not in view.reached:
            continue
        for name, link in node.wires.items():
            if link.node not in view.bodies and (accepted or name not in node.known):
                yield Problem(
                    code="link_to_missing_node",
                    message=f"there is no node {shorten(link.node)}; {_THEN}",
                    subject=AtNode(node.id, node.class_type, name),
                    tier=2,
                    given=list(link),
                    suggest=partial(did_you_mean, link.node, view.bodies),
                )


def _without_inputs(view: View) -> Iterator[Problem]:
    """The server reads the inputs of every node before it runs the first, even of nodes that no output needs.

    A warning, since compiling writes the missing object.
    """
    for number, body in view.bodies.items():
        if number not in view.nodes and isinstance(body, dict) and "inputs" not in body:
            yield Problem(
                code="node_without_inputs",
                message=f"the node has no `inputs` object; {_THEN}",
                subject=AtNode(number, body.get("class_type")),
                tier=2,
                level="warning",
                hint='write "inputs": {}, as compiling does',
            )
