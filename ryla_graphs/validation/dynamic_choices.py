"""Rule: dynamic combos hold one of their options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ryla_graphs.catalog.schema import InputSpec, Kind
from ryla_graphs.problems import Problem, wording
from ryla_graphs.prompt import PromptNode, is_link
from ryla_graphs.validation.view import View


def dynamic_choices(view: View) -> Iterator[Problem]:
    """The server does not check a dynamic combo that is missing or has an unknown choice; the node then fails."""
    for node in view.odd:
        if node.schema.is_dynamic:
            yield from _check(node, node.schema.inputs)


def _check(node: PromptNode, specs: Iterable[InputSpec]) -> Iterator[Problem]:
    # An inner combo may still be given by its bare key, as `SaveVideo` takes `codec` for `format.codec`.
    for spec in specs:
        if spec.kind is not Kind.DYNAMIC_COMBO:
            continue
        given = node.inputs.get(spec.name)
        option = next((option for option in spec.options if option.key == given), None)
        if option is not None:
            yield from _check(node, option.inputs)
        elif spec.name in node.inputs and not is_link(given):
            yield wording.input_problem("unknown_choice", node.class_type, spec, given, tier=2).at(node=node.id)
        elif spec.required and spec.name not in node.inputs and spec.key not in node.inputs:
            yield wording.input_problem("required_input_missing", node.class_type, spec, tier=2).at(node=node.id)
