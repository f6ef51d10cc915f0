"""Rule: input names that the class does not have."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.catalog.behaviour import Undeclared
from ryla_graphs.catalog.schema import Kind
from ryla_graphs.catalogs import Span, span_of
from ryla_graphs.problems import Problem, did_you_mean, wording
from ryla_graphs.prompt import PromptNode
from ryla_graphs.validation.view import View

_FINE = (Undeclared.TAKEN, Undeclared.LEFTOVER)


def unknown_inputs(view: View) -> Iterator[Problem]:
    """The server accepts the graph but ignores such an input, so it is worth a look.

    It is an error only if it replaces a missing required input. Inputs that the class takes without declaring them, and
    those that the editor writes into every prompt, are fine.
    """
    for node in view.odd:
        if node.inputs.keys() <= node.known.keys():
            continue
        for name, given in node.inputs.items():
            if name in node.known or _is_choice(node, name):
                continue
            fate = node.schema.undeclared(name, wired=name in node.wires)
            if fate not in _FINE:
                problem = wording.unknown_input(node.class_type, name, node.known, given, fate=fate)
                if (span := _newer(node, name)) is not None:
                    problem = problem.at(hint=f"ComfyUI has this input {span}: this server runs another release")
                yield problem.at(node=node.id, level="error" if _is_misspelt(view, node, name) else "warning")


def _newer(node: PromptNode, name: str) -> Span | None:
    """The ComfyUI releases in which its own class has an input that this catalog lacks."""
    return None if node.schema.module.startswith("custom_nodes") else span_of(node.class_type, name)


def _is_misspelt(view: View, node: PromptNode, name: str) -> bool:
    """Whether the node lacks a required input with a similar name, so the server refuses it."""
    refused = view.verdict.nodes.get(node.id, ())
    missing = [known for code, known in refused if code == "required_input_missing" and known is not None]
    return bool(missing) and did_you_mean(name, missing) is not None


def _is_choice(node: PromptNode, name: str) -> bool:
    """Whether this is a dynamic combo, which the server drops if its choice is unknown; another rule reports that."""
    return any(spec.name == name and spec.kind is Kind.DYNAMIC_COMBO for spec in node.schema.every_input())
