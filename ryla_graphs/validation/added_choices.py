"""Rule: choices do not depend on a pack that the server may lack."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.validation.view import View


def added_choices(view: View) -> Iterator[Problem]:
    """A pack may add samplers and schedulers to ComfyUI's lists; the bundled catalog takes them and names the pack."""
    for node in view.odd:
        for name, value in node.inputs.items():
            spec = node.known.get(name)
            if spec is None or not spec.added_choices or not isinstance(value, str) or value in spec.choices:
                continue
            if (pack := spec.added_choices.get(value)) is not None:
                yield Problem(
                    code="choice_of_pack",
                    message=f"'{value}' is a choice that {pack} adds to ComfyUI's own",
                    subject=AtNode(node=node.id, class_type=node.class_type, input=name),
                    given=value,
                    hint=f"the server needs that pack: `ryla-graphs lock --pack {pack}` for a deployment",
                )
