"""From one entry of ``GET /object_info`` to a `NodeSchema`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from ryla_graphs import sockets
from ryla_graphs.catalog.behaviour import Behaviour
from ryla_graphs.catalog.facts import Json, hashable
from ryla_graphs.catalog.knowledge import behaviour_of
from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema, Option, OutputSpec
from ryla_graphs.problems import InvalidDocument

_KINDS = {
    "INT": Kind.INT,
    "FLOAT": Kind.FLOAT,
    "STRING": Kind.STRING,
    "BOOLEAN": Kind.BOOLEAN,
    sockets.COMBO: Kind.COMBO,
    sockets.DYNAMIC_COMBO: Kind.DYNAMIC_COMBO,
    sockets.AUTOGROW: Kind.AUTOGROW,
}
_Upload = Literal["image", "video", "audio", "file"]
_UPLOADS: tuple[_Upload, ...] = ("image", "video", "audio", "file")

MOST_SLOTS = 1000
"""More slots than any sensible autogrow input has."""


def decode(class_type: str, entry: Json) -> Mapping[str, Json]:
    """The parsed form of an entry that may still be JSON text; raises `InvalidDocument` if it is not an object."""
    if isinstance(entry, str):
        entry = json.loads(entry)
    if not isinstance(entry, Mapping):
        raise InvalidDocument(f"catalog entry '{class_type}' is {type(entry).__name__}, expected an object")
    return entry


def parse_node(class_type: str, entry: Json) -> NodeSchema:
    """Parse one entry; raises `InvalidDocument` naming the class if it is not one."""
    try:
        raw = decode(class_type, entry)
        module = _text(raw.get("python_module"))
        behaviour = behaviour_of(class_type, module, raw.get("facts"))
        sections = raw.get("input") or {}
        return NodeSchema(
            class_type=class_type,
            display_name=_text(raw.get("display_name")) or class_type,
            category=_text(raw.get("category")),
            module=module,
            inputs=tuple(_parse_inputs(sections, "")),
            outputs=tuple(_parse_outputs(raw)),
            output_node=raw.get("output_node") is True,
            input_is_list=bool(raw.get("is_input_list")),
            hidden={name: _hidden(name, value) for name, value in (sections.get("hidden") or {}).items()},
            deprecated=bool(raw.get("deprecated")),
            experimental=bool(raw.get("experimental")),
            api_node=bool(raw.get("api_node")),
            behaviour=behaviour or Behaviour(),
            known_behaviour=behaviour is not None,
        )
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, RecursionError) as error:
        raise InvalidDocument(f"catalog entry '{class_type}' cannot be read: {error!r}") from error


def _hidden(name: str, value: Json) -> str:
    """What the server fills in: ``"UNIQUE_ID"``, in a list for V3 classes; by default the input's name."""
    what = value[0] if isinstance(value, list) and value else value
    return what if isinstance(what, str) and what else name.upper()


def _parse_outputs(raw: Mapping[str, Json]) -> Iterator[OutputSpec]:
    names = _list(raw.get("output_name"))
    lists = _list(raw.get("output_is_list"))
    matches = _list(raw.get("output_matchtypes"))
    for slot, declared in enumerate(_list(raw.get("output"))):
        name = names[slot] if slot < len(names) and isinstance(names[slot], str) else None
        yield OutputSpec(
            name=name or (declared if isinstance(declared, str) else sockets.COMBO),
            type=tuple(map(hashable, declared)) if isinstance(declared, list) else str(declared),
            is_list=bool(lists[slot]) if slot < len(lists) else False,
            match=_text(matches[slot]) or None if slot < len(matches) else None,
        )


def _parse_inputs(sections: Mapping[str, Json], prefix: str) -> Iterator[InputSpec]:
    for section in ("required", "optional"):
        for key, value in (sections.get(section) or {}).items():
            yield _parse_input(f"{prefix}{key}", key, value, section == "required")


def _parse_input(name: str, key: str, value: Json, required: bool) -> InputSpec:
    declared = value[0]
    facts = value[1] if len(value) > 1 and isinstance(value[1], Mapping) else {}
    listed = isinstance(declared, list)
    wire_type = sockets.COMBO if listed else str(declared)
    kind = _KINDS.get(wire_type, Kind.SOCKET)
    choices = declared if listed else _list(facts.get("options")) if kind is Kind.COMBO else ()
    template = facts.get("template") or {}
    limits = template if kind is Kind.AUTOGROW else facts
    return InputSpec(
        name=name,
        key=key,
        type=wire_type,
        kind=kind,
        required=required,
        default=facts.get("default"),
        has_default=facts.get("default") is not None,
        min=_number(limits.get("min")),
        max=_number(limits.get("max")),
        step=_number(facts.get("step")),
        round=_number(facts.get("round")),
        choices=tuple(choices),
        open=bool(facts.get("open_choices") or facts.get("remote")),
        folders=tuple(map(_text, _list(facts.get("folders")))),
        added_choices=facts.get("added_choices") or {},
        listed=listed,
        multiselect=bool(facts.get("multiselect")),
        force_input=bool(facts.get("forceInput")),
        socketless=bool(facts.get("socketless")),
        multiline=bool(facts.get("multiline")),
        dynamic_prompts=facts.get("dynamicPrompts") is True,
        widget_type=_text(facts.get("widgetType")) or None,
        control_after_generate=bool(facts.get("control_after_generate")),
        upload=next((what for what in _UPLOADS if facts.get(f"{what}_upload")), None),
        match=_text(template.get("template_id")) or None if wire_type == sockets.MATCH else None,
        match_types=_text(template.get("allowed_types")) or sockets.ANY,
        options=tuple(_parse_options(name, facts)) if kind is Kind.DYNAMIC_COMBO else (),
        slots=tuple(_parse_slots(name, template)) if kind is Kind.AUTOGROW else (),
        slot_prefix=_text(template.get("prefix")) or None if kind is Kind.AUTOGROW else None,
    )


def _parse_options(name: str, facts: Mapping[str, Json]) -> Iterator[Option]:
    for option in _list(facts.get("options")):
        yield Option(key=option["key"], inputs=tuple(_parse_inputs(option["inputs"], f"{name}.")))


def _parse_slots(name: str, template: Mapping[str, Json]) -> Iterator[InputSpec]:
    keys = template.get("names") or [f"{template['prefix']}{i}" for i in range(min(template["max"], MOST_SLOTS))]
    section, unit = next(
        ((section, next(iter(inputs.values()))) for section, inputs in template["input"].items() if inputs),
        ("optional", [sockets.ANY, {}]),
    )
    for index, key in enumerate(keys):
        required = section == "required" and index < template["min"]
        yield _parse_input(f"{name}.{key}", key, unit, required)


def _number(value: Json) -> int | float | None:
    """A limit; None for infinity, NaN and numbers that no float can hold, which limit nothing."""
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if plain and -_HUGE <= value <= _HUGE else None


_HUGE = sys.float_info.max


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, (list, tuple)) else ()
