"""The common catalog of several servers: classes that all have, with choices that all offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog

Entry = Mapping[str, Any]


def shared_catalog(of: Sequence[Catalog], *, name: str) -> Catalog:
    """The catalog of classes that every server can run; leaves out classes whose inputs or outputs differ."""
    return catalogs.from_object_info(reduce(_shared_entries, (catalog.entries() for catalog in of)), name=name)


def _shared_entries(one: Mapping[str, Entry], other: Mapping[str, Entry]) -> Mapping[str, Entry]:
    both = (
        (class_type, _shared_entry(entry, other[class_type]))
        for class_type, entry in one.items()
        if class_type in other
    )
    return {class_type: entry for class_type, entry in both if entry is not None}


def _shared_entry(one: Entry, other: Entry) -> Entry | None:
    if one == other:
        return one
    sections: dict[str, Any] = dict(one["input"])
    for section in ("required", "optional"):
        mine, theirs = one["input"].get(section) or {}, other["input"].get(section) or {}
        if section == "required" and set(mine) != set(theirs):
            return None
        sections[section] = {key: _shared_input(spec, theirs[key]) for key, spec in mine.items() if key in theirs}
    same = len(one["output"]) == len(other["output"]) and None not in (
        *(sections["required"].values()),
        *(sections["optional"].values()),
    )
    return {**one, "input": sections} if same else None


def _shared_input(one: Any, other: Any) -> Any:
    """An input with the choices that both offer; None if the types differ."""
    if isinstance(one[0], list) and isinstance(other[0], list):
        return [_shared_choices(one[0], other[0]), *one[1:]]
    if one[0] != other[0]:
        return None
    facts, theirs = (spec[1] if len(spec) > 1 and isinstance(spec[1], Mapping) else {} for spec in (one, other))
    if one[0] == "COMBO" and isinstance(facts.get("options"), list) and isinstance(theirs.get("options"), list):
        return [one[0], {**facts, "options": _shared_choices(facts["options"], theirs["options"])}]
    return one


def _shared_choices(one: list[Any], other: list[Any]) -> list[Any]:
    return [choice for choice in one if choice in other]
