"""What the commands about weights work on: the files that a preset or a graph loads, or files by their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pydantic.alias_generators import to_camel

from ryla_graphs import catalogs, presets
from ryla_graphs.cli.targets import load_target, names_graph, parameters
from ryla_graphs.formats import api
from ryla_graphs.problems import NotFound
from ryla_graphs.prompt import Prompt
from ryla_graphs.weights import MANIFEST, Need, Weight, needed


class Wanted(NamedTuple):
    """Files that are wanted."""

    rows: tuple[Weight, ...]
    unknown: tuple[tuple[str, str], ...]
    """Folder and name of files that a graph loads and the manifest does not know."""


def needs_of(target: str, settings: Sequence[str] | None = None, params: str | None = None) -> tuple[Need, ...]:
    """What a preset or a graph loads. A preset's parameters that have no default are those of its example."""
    if target in presets.NAMES:
        preset = presets.get(target)
        given, _ = parameters(settings or [], params)
        graph = preset.build({**preset.example, **{to_camel(name): value for name, value in given.items()}}).graph
    else:
        graph = load_target(target, settings, params).workflow.graph
    return needed(Prompt(api.dump(graph), catalogs.bundled()))


def wanted(targets: Iterable[str], settings: Sequence[str] | None = None, params: str | None = None) -> Wanted:
    """What several targets name: presets, graphs, and files of the manifest."""
    rows: dict[Weight, None] = {}
    unknown: dict[tuple[str, str], None] = {}
    for target in targets:
        named = rows_named(target)
        rows |= dict.fromkeys(named)
        if named:
            continue
        if target not in presets.NAMES and not names_graph(target):
            known = (*presets.NAMES, *(row.name for row in MANIFEST))
            raise NotFound.among("preset, weight file or graph", target, known)
        examples = target in presets.NAMES and not settings and params is None
        for need in needs_of(target, settings, params):
            if need.weight is not None:
                rows[need.weight] = None
            elif not examples:  # a preset's example names files that nobody has
                unknown[need.key] = None
    return Wanted(tuple(rows), tuple(unknown))


def rows_named(text: str) -> tuple[Weight, ...]:
    """The rows that a text names: by folder and name, by name, or by the name's last part."""
    for fits in (
        lambda row: text == f"{row.folder}/{row.name}",
        lambda row: text == row.name,
        lambda row: text == row.name.rsplit("/", 1)[-1],
    ):
        found = tuple(row for row in MANIFEST if fits(row))
        if found:
            return found
    return ()


def row_named(text: str) -> tuple[Weight, ...]:
    """The rows that a text names; raises `NotFound` with the nearest names where there is none."""
    found = rows_named(text)
    if not found:
        raise NotFound.among("weight file", text, (row.name for row in MANIFEST))
    return found
