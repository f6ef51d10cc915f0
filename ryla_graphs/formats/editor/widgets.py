"""Which widgets and input slots a node class has in the editor, and in which order.

The editor makes them from ``/object_info`` and a few rules of its own, which are rows in `widget_rules`. They decide
what a file's positional ``widgets_values`` mean: a value belongs to the widget that the *current* definition puts at
its position.

    [w.name for w in widgets(catalog["KSampler"])]
    # ['seed', 'control_after_generate', 'steps', 'cfg', 'sampler_name', 'scheduler', 'denoise']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any

from ryla_graphs import sockets
from ryla_graphs.catalog.facts import Json
from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema
from ryla_graphs.formats.editor import widget_rules as rules
from ryla_graphs.formats.editor.parts import UNDEFINED, Brought, Sends, Slot, Widget

__all__ = [
    "UNDEFINED",
    "Brought",
    "Sends",
    "Slot",
    "Widget",
    "added_inputs",
    "autogrow",
    "chosen",
    "custom_option",
    "grow",
    "has_widget",
    "restored",
    "slots",
    "widget_type",
    "widgets",
]

_NO_VALUES: Mapping[str, Json] = MappingProxyType({})


def widgets(schema: NodeSchema, values: Mapping[str, Json] = _NO_VALUES) -> tuple[Widget, ...]:
    """The widgets of a node with these values by name, in the editor's order; missing values are the defaults."""
    return tuple(widget for widget, _ in grow(schema, lambda widget: values.get(widget.name, widget.default)))


def restored(schema: NodeSchema, stored: Sequence[Json]) -> Iterator[tuple[Widget, Any]]:
    """The widgets with the values that a file's ``widgets_values`` gives them by position."""
    position = iter(stored)
    return grow(schema, lambda widget: next(position, widget.default) if widget.saved else widget.default)


def grow(schema: NodeSchema, value_of: Callable[[Widget], Any]) -> Iterator[tuple[Widget, Any]]:
    """The widgets in order, each with its value.

    `value_of` is called once per widget, in order, because the value of a dynamic combo decides what follows it.
    """
    for widget, value in _grow(chain(schema.inputs, added_inputs(schema)), schema, value_of):
        yield widget, value
        if widget.name == "choice" and schema.class_type == "CustomCombo":
            yield from _custom_options(value_of)
    for widget in rules.AFTER.get(schema.class_type, ()):
        yield widget, value_of(widget)


def chosen(schema: NodeSchema, spec: InputSpec, value: Any) -> Brought | None:
    """What this choice of a dynamic combo brings, with nested choices at their first; None if it is not an option."""
    inputs = _option(spec, value)
    if inputs is None:
        return None
    found = (slot for sub in inputs for slot in chain(_sockets(sub, frozenset()), _widget_slots(sub, frozenset(), {})))
    grown = [widget for widget, _ in _grow(inputs, schema, lambda widget: widget.default)]
    return Brought(tuple(found), tuple(grown), dict(autogrow(inputs)))


def autogrow(specs: Iterable[InputSpec]) -> Iterator[tuple[str, InputSpec]]:
    """The autogrow inputs that a new node shows, by name."""
    for spec in specs:
        if spec.kind is Kind.AUTOGROW:
            yield spec.name, spec
        elif spec.kind is Kind.DYNAMIC_COMBO and spec.options:
            yield from autogrow(spec.options[0].inputs)


def slots(schema: NodeSchema, given: Iterable[str] = (), values: Mapping[str, Json] = _NO_VALUES) -> tuple[Slot, ...]:
    """The input slots of a node in the editor's order: sockets first, then one for each widget.

    `given` names the inputs that have a link, so that an autogrow input shows those and one more.
    """
    linked = frozenset(given)
    specs = (*schema.inputs, *added_inputs(schema))
    found = [slot for spec in specs for slot in _sockets(spec, linked)]
    return (*found, *chain.from_iterable(_widget_slots(spec, linked, values) for spec in specs))


def added_inputs(schema: NodeSchema) -> Iterator[InputSpec]:
    """The inputs that the editor adds to a class: an upload button for the first picture or video, and a few more."""
    for spec in schema.inputs:
        if spec.required and spec.kind is Kind.COMBO and spec.upload in ("image", "video"):
            yield rules.only("upload", "IMAGEUPLOAD")
            break
    yield from rules.ADDED.get(schema.class_type, ())


def has_widget(spec: InputSpec) -> bool:
    """Whether the type alone has a widget, which is what the editor checks when it builds a class from a group."""
    return spec.type in rules.DEFAULTS and not spec.listed


def widget_type(spec: InputSpec) -> str | None:
    """The type that makes the input's widget; None if it is only a socket."""
    kind = spec.widget_type if spec.widget_type in rules.DEFAULTS else spec.type
    return kind if kind in rules.DEFAULTS and not spec.force_input else None


def _grow(
    specs: Iterable[InputSpec], schema: NodeSchema, value_of: Callable[[Widget], Any]
) -> Iterator[tuple[Widget, Any]]:
    for spec in specs:
        if spec.kind is Kind.AUTOGROW:
            yield from _grow(spec.slots[: _shown(spec)], schema, value_of)
        if (kind := widget_type(spec)) is None:
            continue
        widget = _widget(spec, kind, schema)
        value = value_of(widget)
        yield widget, value
        for beside in _beside(spec, kind, widget, schema):
            yield beside, value_of(beside)
        if spec.kind is Kind.DYNAMIC_COMBO:
            yield from _grow(_option(spec, value) or (), schema, value_of)


def _widget(spec: InputSpec, kind: str, schema: NodeSchema) -> Widget:
    return Widget(
        name=spec.name,
        type=kind,
        default=UNDEFINED if _is_prose(spec, schema) else _default(spec, kind),
        spec=spec,
        saved=kind not in rules.UNSAVED,
        sends=_sends(spec, kind, schema),
    )


def _sends(spec: InputSpec, kind: str, schema: NodeSchema) -> Sends:
    if kind in rules.UNSENT:
        return Sends.NOTHING
    if kind in rules.CAPTURED:
        return Sends.VIEW if spec.name == "viewport_state" else Sends.CAPTURE
    if spec.name == "filename_prefix" and schema.class_type in rules.SAVES_FILES:
        return Sends.FILE_NAME
    if spec.dynamic_prompts and kind == "STRING" and schema.class_type not in rules.PLAIN_TEXTS:
        return Sends.DYNAMIC_PROMPT
    return rules.SENDS.get((schema.class_type, spec.name), Sends.VALUE)


def _is_prose(spec: InputSpec, schema: NodeSchema) -> bool:
    return not spec.has_default and (schema.class_type, spec.name) in rules.PROSE_DEFAULTS


def _default(spec: InputSpec, kind: str) -> Any:
    if kind == sockets.DYNAMIC_COMBO:
        return spec.options[0].key if spec.options else UNDEFINED
    if kind == sockets.COMBO:
        if spec.multiselect:
            return []
        first = spec.choices[0] if spec.choices else UNDEFINED
        return spec.default or first
    return spec.default if spec.has_default else rules.DEFAULTS[kind]


def _beside(spec: InputSpec, kind: str, widget: Widget, schema: NodeSchema) -> Iterator[Widget]:
    if spec.control_after_generate or (kind == "INT" and spec.name in rules.SEEDS):
        yield rules.CONTROL
        if kind == sockets.COMBO:
            yield rules.CONTROL_FILTER
    if kind == "BOUNDING_BOX" and isinstance(widget.default, Mapping):
        for side, length in widget.default.items():
            yield Widget(side, "INT", length, sends=Sends.NOTHING)
    if kind == "AUDIO_RECORD":
        yield Widget(spec.name, "BUTTON", "", sends=Sends.NOTHING)
    yield from rules.BESIDE.get((schema.class_type, spec.name), ())


def custom_option(number: int) -> Widget:
    """An option of a `CustomCombo`."""
    return Widget(f"option{number}", "STRING", sends=Sends.OPTION)


def _custom_options(value_of: Callable[[Widget], Any]) -> Iterator[tuple[Widget, Any]]:
    """The options of a `CustomCombo`: those with text and one more."""
    index = Widget("index", "INT", -1, sends=Sends.INDEX)
    yield index, value_of(index)
    number, value = 0, True
    while value:
        number += 1
        option = custom_option(number)
        value = value_of(option)
        yield option, value


def _option(spec: InputSpec, value: Any) -> tuple[InputSpec, ...] | None:
    """The inputs of the chosen option; the editor looks it up by its text, and an empty value chooses none."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return next((option.inputs for option in spec.options if str(option.key) == text), None) if value else None


def _sockets(spec: InputSpec, linked: frozenset[str]) -> Iterator[Slot]:
    """The slots of an input without a widget."""
    if spec.kind is Kind.AUTOGROW:
        last = max((number for number, slot in enumerate(spec.slots) if slot.name in linked), default=-1)
        for slot in spec.slots[: max(_shown(spec), last + 2)]:
            yield from _sockets(slot, linked)
    elif widget_type(spec) is None:
        yield Slot(spec.name, spec.match_types if spec.type == sockets.MATCH else spec.type)


def _widget_slots(spec: InputSpec, linked: frozenset[str], values: Mapping[str, Json]) -> Iterator[Slot]:
    """The slot of an input's widget, and those of the inputs that a dynamic combo's choice brings."""
    if spec.kind is Kind.AUTOGROW:
        for slot in spec.slots[: _shown(spec)]:
            yield from _widget_slots(slot, linked, values)
    elif (kind := widget_type(spec)) is not None:
        yield Slot(spec.name, spec.type, spec.name)
        if spec.kind is Kind.DYNAMIC_COMBO:
            for sub in _option(spec, values.get(spec.name, _default(spec, kind))) or ():
                yield from _sockets(sub, linked)
                yield from _widget_slots(sub, linked, values)


def _shown(spec: InputSpec) -> int:
    """How many slots a new autogrow input shows: the required ones and one more."""
    return int(spec.min or 0) + 1
