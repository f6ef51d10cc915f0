"""The joint catalog of several routes: a graph that any of them accepts is valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog


def joined(of: Sequence[Catalog], *, name: str) -> Catalog:
    """The classes of all catalogs with the files of all; if classes differ, the first catalog's counts."""
    return reduce(_both, of).replace(name=name)


def _both(first: Catalog, second: Catalog) -> Catalog:
    if first is second:
        return first
    mine, theirs = first.entries(), second.entries()
    differing = {
        class_type: _with_files(entry, theirs[class_type])
        for class_type, entry in mine.items()
        if class_type in theirs and entry != theirs[class_type]
    }
    whole = second | first
    return whole | catalogs.from_object_info(differing, name=first.name) if differing else whole


def _with_files(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """A class with the choices of both, for inputs that are lists of choices in both."""
    sections = dict(one["input"])
    for section in ("required", "optional"):
        theirs = other["input"].get(section) or {}
        if isinstance(mine := sections.get(section), Mapping):
            sections[section] = {
                name: _input(spec, theirs[name]) if name in theirs else spec for name, spec in mine.items()
            }
    return {**one, "input": sections}


def _input(one: Any, other: Any) -> Any:
    mine, theirs = _choices(one), _choices(other)
    if mine is None or theirs is None:
        return one
    if _is_open(other):
        return other  # an open list, which may accept more than it names
    both = [*mine, *(choice for choice in theirs if choice not in mine)]
    if isinstance(one[0], list):
        return [both, *one[1:]]
    return [one[0], {**one[1], "options": both}, *one[2:]]


def _choices(spec: Any) -> list[Any] | None:
    if isinstance(spec, (list, tuple)) and spec:
        if isinstance(spec[0], list):
            return spec[0]
        if spec[0] == "COMBO" and len(spec) > 1 and isinstance(spec[1], Mapping):
            options = spec[1].get("options")
            return options if isinstance(options, list) else None
    return None


def _is_open(spec: Any) -> bool:
    return len(spec) > 1 and isinstance(spec[1], Mapping) and bool(spec[1].get("open_choices"))
