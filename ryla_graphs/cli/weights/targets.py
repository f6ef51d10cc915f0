"""The targets of the weights commands: the files that a preset or a graph loads, or files by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ryla_graphs import presets
from ryla_graphs.cli.output import print_problems, wants_json
from ryla_graphs.cli.own_pipelines import own_pipelines
from ryla_graphs.cli.targets import names_graph, open_prompt
from ryla_graphs.formats.editor.models import models_in
from ryla_graphs.formats.editor.reading import parse
from ryla_graphs.models_folder.graph_weights import with_graph_weights
from ryla_graphs.problems import NotFound
from ryla_graphs.prompt import Prompt
from ryla_graphs.sources import open_catalog
from ryla_graphs.weights import Need, Weight, manifest, needed

if TYPE_CHECKING:
    from ryla_graphs.formats.read import Preference


class Wanted(NamedTuple):
    """The requested files."""

    rows: tuple[Weight, ...]
    unknown: tuple[tuple[str, str], ...]
    """Folder and name of files that a graph loads and the manifest does not know."""


def needs_of(
    target: str,
    settings: Sequence[str] | None = None,
    params: str | None = None,
    prefer: Preference | None = None,
    catalog: str | None = None,
) -> tuple[Need, ...]:
    """The files that a preset or a graph loads. Required parameters of a preset come from its example.

    Lists URLs in a graph that are not downloaded from on standard error.
    """
    known = open_catalog(catalog)
    opened = open_prompt(target, settings, params, known if catalog else None, prefer)
    needs = needed(Prompt(opened.prompt, known))
    workflow = opened.document.ui if opened.document is not None else None
    if workflow is None:
        return needs
    found = with_graph_weights(needs, models_in(parse(workflow)), opened.prompt)
    if not wants_json():
        print_problems(found.refused, stderr=True)
    return found.needs


def wanted(
    targets: Iterable[str],
    settings: Sequence[str] | None = None,
    params: str | None = None,
    prefer: Preference | None = None,
    catalog: str | None = None,
) -> Wanted:
    """The files of several targets: presets, graphs, and files of the manifest."""
    rows: dict[Weight, None] = {}
    unknown: dict[tuple[str, str], None] = {}
    for target in targets:
        named = rows_named(target)
        rows |= dict.fromkeys(named)
        if named:
            continue
        if not names_graph(target) and target not in (*presets.NAMES, *own_pipelines().own):
            known = (*presets.NAMES, *(row.name for row in manifest()))
            raise NotFound.among("preset, weight file or graph", target, known)
        examples = target in presets.NAMES and not settings and params is None
        for need in needs_of(target, settings, params, prefer, catalog):
            if need.weight is not None:
                rows[need.weight] = None
            elif not examples:  # the example's input files do not exist
                unknown[need.key] = None
    return Wanted(tuple(rows), tuple(unknown))


def rows_named(text: str) -> tuple[Weight, ...]:
    """The rows that a text names: by folder and name, by name, or by the name's last part."""
    for fits in (
        lambda row: text == f"{row.folder}/{row.name}",
        lambda row: text == row.name,
        lambda row: text == row.name.rsplit("/", 1)[-1],
    ):
        found = tuple(row for row in manifest() if fits(row))
        if found:
            return found
    return ()


def row_named(text: str) -> tuple[Weight, ...]:
    """The rows that a text names; raises `NotFound` with the nearest names if there is none."""
    found = rows_named(text)
    if not found:
        raise NotFound.among("weight file", text, (row.name for row in manifest()))
    return found
