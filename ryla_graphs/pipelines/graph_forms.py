"""A form for any graph: the inputs that hold values, as JSON Schema, just like the forms of presets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ryla_graphs.catalog.schema import EDITOR_LEFTOVERS, Kind
from ryla_graphs.pipelines.input_types import type_of_input
from ryla_graphs.pipelines.settable import GraphInputs, SettableInput
from ryla_graphs.presets import forms

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.catalog.schema import InputSpec
    from ryla_graphs.formats.read import Document
    from ryla_graphs.pipelines.sheets import Type
    from ryla_graphs.prompt import Prompt

MOST = 500
"""The most fields of a form: more are slow to draw and tedious to read. Basic fields are always kept."""
_MOST_OFFERED = 300

_BASIC_NAMES = frozenset({
    "steps", "cfg", "guidance", "denoise", "width", "height", "batch_size", "length", "frame_rate", "fps", "strength",
    "strength_model", "scale_by", "megapixels",
})  # fmt: skip
"""Inputs that people change first, by the names of ComfyUI's own classes."""
_GROUPS = ("basic", "advanced", "models")
_FIRST: Mapping[str, int] = {"picture": 0, "text": 1}
"""What comes first in a form that app mode has not ordered."""
_PLAIN_NAME = re.compile(r"[a-z0-9_]*[a-z0-9][a-z0-9_]*")
_SIDES = ("positive", "negative")
_SILENT = ("ConditioningZeroOut",)
"""Classes that no text passes through."""
_PLAIN = (str, int, float, bool)


class _Field(NamedTuple):
    """An input as a field of the form."""

    row: SettableInput
    kind: Type | None
    group: str


def form_of(document: Document, catalog: Catalog) -> dict[str, Any]:
    """The inputs of a graph that can be changed, as JSON Schema, each a property called ``node.input``.

    `default` is the value in the graph; `x-node` and `x-input` say where it is. If the editor's app mode shows inputs,
    these are the basic ones, in its order; otherwise the basic ones are those that people change first. Inputs of
    nodes that do not run are left out. `x-more` counts those beyond `MOST`.
    """
    inputs = GraphInputs(document, catalog)
    rows = [row for row in inputs.settable(missing=True) if row.node in inputs.prompt.reached and not _is_leftover(row)]
    chosen, sides = any(row.in_app for row in rows), _sides(inputs.prompt)
    fields = sorted((_field(row, app_mode=chosen) for row in rows), key=_place)
    shown = fields[:MOST]
    return {
        "type": "object",
        "properties": {
            each.row.key: {**_property(each, sides.get(each.row.node)), "x-order": place}
            for place, each in enumerate(shown)
        },
        "required": [each.row.key for each in shown if _must_be_given(each, document.inputs)],
        "x-more": len(fields) - len(shown),
    }


def _is_leftover(row: SettableInput) -> bool:
    return row.spec is None and row.input in EDITOR_LEFTOVERS


def _type(row: SettableInput) -> Type | None:
    """The JSON Schema type; None for what only JSON can express: lists, objects, null."""
    if row.spec is None and not isinstance(row.value, _PLAIN):
        return None
    if row.spec is not None and row.spec.kind is Kind.DYNAMIC_COMBO:
        return "choice"
    return None if isinstance(row.value, (list, dict)) else type_of_input(row.input, row.spec, row.value)


def _field(row: SettableInput, *, app_mode: bool) -> _Field:
    kind = _type(row)
    return _Field(row, kind, _group(row, kind, app_mode=app_mode))


def _place(field: _Field) -> tuple[int, int]:
    """Sorts by group: what app mode shows stays in its order; among the others, pictures and texts come first."""
    as_it_is = field.row.in_app or field.kind is None
    return _GROUPS.index(field.group), 0 if as_it_is else _FIRST.get(field.kind or "", 2)


def _group(row: SettableInput, kind: Type | None, *, app_mode: bool) -> str:
    if row.in_app:
        return "basic"
    if kind == "weights":
        return "models"
    if kind == "picture" or row.value is None:  # without it nothing runs
        return "basic"
    several = row.spec is not None and row.spec.multiline
    first = kind == "seed" or (kind == "text" and several) or row.input in _BASIC_NAMES
    return "basic" if first and not app_mode else "advanced"


def _must_be_given(field: _Field, along: Mapping[str, Any]) -> bool:
    """Whether an input needs a value: a picture in the folder of the person who saved the graph is missing here."""
    return field.row.value is None or (field.kind == "picture" and field.row.value not in along)


def _sides(prompt: Prompt) -> dict[str, str]:
    """The nodes that feed only the positive or only the negative input of others, and which of the two."""
    sides: dict[str, set[str]] = {}
    for node in reversed(list(prompt.sources_first())):
        for name, link in node.wires.items():
            heard = {name} if name in _SIDES else sides.get(node.id, set())
            if node.class_type not in _SILENT:
                sides.setdefault(link.node, set()).update(heard)
    return {number: side for number, heard in sides.items() if len(heard) == 1 for side in heard}


def _property(field: _Field, side: str | None) -> dict[str, Any]:
    row, kind, group = field
    last = row.input.rpartition(".")[2]
    title = forms.title(last) if _PLAIN_NAME.fullmatch(last) else row.input
    facts = {
        **_schema(row, kind),
        "title": f"{title}, {side}" if side is not None and kind == "text" else title,
        "description": f"{row.title or row.class_type} · {row.node}",
        "x-group": group,
        "x-node": row.node,
        "x-input": row.input,
    }
    return facts if row.value is None else {**facts, "default": row.value}


def _schema(row: SettableInput, kind: Type | None) -> dict[str, Any]:
    spec = row.spec
    match kind:
        case "integer" | "number":
            return {"type": kind, **_range(spec)}
        case "seed":
            return {"type": "integer", **_range(spec), **forms.SEED}
        case "boolean":
            return {"type": "boolean"}
        case "choice":
            choices = _choices(spec)
            return {"enum": choices} if choices else {"type": "string"}
        case "weights":
            offered = [choice for choice in _choices(spec) if isinstance(choice, str)]
            return {"type": "string", **forms.WEIGHTS, "examples": offered[:_MOST_OFFERED]}
        case "picture" | "mask":
            media = spec.upload if spec is not None and spec.upload in ("video", "audio") else "image"
            return {"type": "string", **forms.FILE, "contentMediaType": f"{media}/*"}
        case "text":
            several = (spec is not None and spec.multiline) or "\n" in str(row.value)
            return {"type": "string", **(forms.PROMPT if several else {})}
        case None:
            return {}


def _choices(spec: InputSpec | None) -> list[Any]:
    if spec is None:
        return []
    return [option.key for option in spec.options] if spec.kind is Kind.DYNAMIC_COMBO else list(spec.choices)


def _range(spec: InputSpec | None) -> dict[str, Any]:
    """The bounds and the step of a number, as far as known."""
    low, high = (None, None) if spec is None else spec.limits
    known = {"minimum": low, "maximum": high, "x-step": None if spec is None else spec.step}
    return {name: value for name, value in known.items() if value is not None}
