"""Single values of the editor's JSON, read tolerantly: ids, types, names, links, outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.catalog.facts import Json
from ryla_graphs.formats.editor.document import NOTHING, EditorLink, EditorOutput

_LONGEST_ID = 200
_whole_link = EditorLink._make
"""A third faster than calling the class."""


def link_of(data: Json) -> EditorLink | None:
    """One link, as a list or an object; None if it is neither or lacks an end."""
    if isinstance(data, list) and len(data) > 3:
        number, origin, origin_slot, target, target_slot, kind, *_ = data if len(data) > 5 else (*data, 0, None)[:6]
    elif isinstance(data, dict):
        number, origin, origin_slot = data.get("id"), data.get("origin_id"), data.get("origin_slot")
        target, target_slot, kind = data.get("target_id"), data.get("target_slot"), data.get("type")
    else:
        return None
    if type(number) is type(origin) is type(origin_slot) is type(target) is type(target_slot) is int:
        return _whole_link((str(number), str(origin), origin_slot, str(target), target_slot, type_of(kind)))
    name, source, end, slot = key(number), key(origin), key(target), integer(origin_slot)
    if name is None or source is None or end is None or slot is None:
        return None
    return EditorLink(name, source, slot, end, integer(target_slot) or 0, type_of(kind))


def mapping(data: Json) -> Mapping[str, Any]:
    """An object; an empty one for anything else."""
    return data if isinstance(data, dict) else NOTHING


def text(data: Json) -> str | None:
    """A string; None for anything else."""
    return data if isinstance(data, str) else None


def name_of(data: Json) -> str:
    """A name; an empty one for anything else."""
    return data if isinstance(data, str) else ""


def type_of(data: Json) -> str:
    """A slot's type; very old files have numbers for events, and 0 for anything."""
    return data if isinstance(data, str) else "*" if data in (0, None) else str(data)


def integer(data: Json) -> int | None:
    """A whole number, possibly given as text; None for anything else."""
    if type(data) is int:
        return data
    if isinstance(data, float):
        return int(data) if data.is_integer() else None
    if isinstance(data, str) and data.removeprefix("-").isdecimal() and len(data) < 20:
        return int(data)
    return None


def key(data: Json) -> str | None:
    """An id as text: 7, 7.0 and "7" are one id; None for anything that is not an id."""
    if type(data) is int:
        return str(data)
    if data is None or type(data) is str:
        return data if data and len(data) <= _LONGEST_ID else None
    number = integer(data)
    return None if number is None else str(number)


def keys(data: Json) -> tuple[str, ...]:
    """The ids in a list."""
    if not isinstance(data, list):
        return ()
    if len(data) == 1 and type(data[0]) is int:
        return (str(data[0]),)
    return tuple([name for entry in data if (name := key(entry)) is not None])


def output(slot: Mapping[str, Json]) -> EditorOutput:
    """One output slot of a node."""
    return EditorOutput(name_of(slot.get("name")), type_of(slot.get("type")), keys(slot.get("links")))
