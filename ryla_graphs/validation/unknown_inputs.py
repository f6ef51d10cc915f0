"""Rule: input names that the class does not have."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.catalog.schema import Kind
from ryla_graphs.problems import Problem, wording
from ryla_graphs.prompt import PromptNode
from ryla_graphs.validation.view import View


def unknown_inputs(view: View) -> Iterator[Problem]:
    """ComfyUI ignores such an input without a word, so what it should have done does not happen.

    Classes that take any input (`CustomCombo`, and those of custom packs that rename them in the browser)
    are left alone where the catalog says so.
    """
    for node in view.nodes.values():
        if node.inputs.keys() <= node.known.keys():
            continue
        validator = node.schema.behaviour.validator
        if validator is not None and validator.takes_all:
            continue
        for name, given in node.inputs.items():
            if name not in node.known and name not in node.schema.hidden and not _is_choice(node, name):
                yield wording.unknown_input(node.class_type, name, node.known, given).at(node=node.id)


def _is_choice(node: PromptNode, name: str) -> bool:
    """Whether this is a dynamic combo, which the server forgets when its choice is unknown; another rule's matter."""
    return any(spec.name == name and spec.kind is Kind.DYNAMIC_COMBO for spec in node.schema.every_input())
