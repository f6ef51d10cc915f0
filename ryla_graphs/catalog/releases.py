"""ComfyUI's own classes in older releases, stored as the differences of each release from the next one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from ryla_graphs.catalog import store
from ryla_graphs.catalog.facts import Json

Changes = Mapping[str, str]
"""Class to its entry as JSON text, empty if the release lacks the class."""


@cache
def _changes() -> Mapping[str, Changes]:
    """The changes of each release, newest first. A line with a tab is a class, a line without one is a version."""
    found: dict[str, dict[str, str]] = {}
    of: dict[str, str] = {}
    for line in store.read("releases.tsv.gz").splitlines():
        name, tab, entry = line.partition("\t")
        if tab:
            of[name] = entry
        else:
            of = found[name] = {}
    return found


def versions() -> tuple[str, ...]:
    """The recorded releases, oldest first; the last one is the bundled catalog: ``0.33.0+``, a little after 0.33.0."""
    return tuple([*_changes()][::-1])


def entries(version: str) -> Mapping[str, str]:
    """The entries of a release, as JSON text."""
    core = next(each for each in store.recordings().values() if not each.folder)
    found = {class_type: core.entry(class_type) for class_type in core.classes}
    for each, changes in _changes().items():
        found.update(changes)
        if each == version:
            break
    return {class_type: entry for class_type, entry in found.items() if entry}


class Span(NamedTuple):
    """Which recorded releases of ComfyUI have a class, or an input of one."""

    since: str | None
    """The first release that has it; None if the oldest recorded release has it already."""
    after: str | None
    """The last release before `since`, which lacks it: it was added between the two."""
    until: str | None
    """The last release that has it; None if it is still there."""

    def __str__(self) -> str:
        came = f"since ComfyUI {self.since}, and not in {self.after}" if self.since else f"in {versions()[0]} already"
        return f"{came}; gone after {self.until}" if self.until else came


@lru_cache(1024)
def span_of(class_type: str, input_name: str | None = None) -> Span | None:
    """Which releases have a class of ComfyUI, or an input of it; None if no recorded release has it."""
    wanted: Callable[[str], bool] = cache(lambda entry: _has(entry, input_name)) if input_name else bool
    there = [version for version, entry in _history(class_type) if wanted(entry)]
    if not there:
        return None
    every = versions()
    first, last = every.index(there[-1]), every.index(there[0])
    return Span(
        since=every[first] if first else None,
        after=every[first - 1] if first else None,
        until=None if last == len(every) - 1 else every[last],
    )


def _history(class_type: str) -> Iterator[tuple[str, str]]:
    """The entry of a class in each release, newest first; empty if the release lacks the class."""
    recorded = store.recorded().get(class_type)
    entry = recorded.entry(class_type) if recorded is not None and not recorded.folder else ""
    for version, changes in _changes().items():
        entry = changes.get(class_type, entry)
        yield version, entry


def _has(entry: str, input_name: str) -> bool:
    sections: Mapping[str, Json] = json.loads(entry)["input"] if entry else {}
    name, *inner = input_name.split(".")
    given = {**(sections.get("required") or {}), **(sections.get("optional") or {})}.get(name)
    if given is None or not inner:
        return given is not None
    options = given[1].get("options") or () if len(given) > 1 else ()
    brought = [{"input": option["inputs"]} for option in options if isinstance(option, dict)]
    return any(_has(json.dumps(each), ".".join(inner)) for each in brought)
