"""Weight files whose addresses a graph supplies: rows like the manifest's, for files that the manifest lacks.

The author of the file can write any address, so only hosts in `HOSTS` count, and every file that
is not checked has a licence that must be accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from ryla_graphs.formats.editor.models import NamedModel
from ryla_graphs.problems import AtFile, Problem
from ryla_graphs.weights.manifest import known
from ryla_graphs.weights.manifest.licences import unknown
from ryla_graphs.weights.needs import Need
from ryla_graphs.weights.weight import CONTENTS, HubFile, WebFile, Weight

HOSTS = ("huggingface.co", "civitai.com")
"""The hosts that weights named only by a graph may be fetched from."""

_HUB = re.compile(r"/([\w.-]+/[\w.-]+)/(?:resolve|blob)/main/(.+)")
PLACE = re.compile(r"(?!\.)[^\\/:*?\"<>|\0]+(?:/(?!\.)[^\\/:*?\"<>|\0]+)*")
"""A path below a folder: no part of it begins with a dot."""
SHA256 = re.compile("[0-9a-f]{64}")


class GraphWeights(NamedTuple):
    """What a graph needs, including what it says itself about files that the manifest does not know."""

    needs: tuple[Need, ...]
    refused: tuple[Problem, ...]
    """Addresses that are refused as sources."""


def with_graph_weights(needs: Sequence[Need], models: Iterable[NamedModel], nodes: Iterable[str]) -> GraphWeights:
    """What a prompt needs, with the addresses in the editor's file.

    `nodes` are the ids in the prompt: files for nodes that do not run are not needed.
    """
    running = {number.rpartition(":")[2]: number for number in nodes}
    rows: dict[tuple[str, str], Weight] = {}
    refused: dict[tuple[str, str], Problem] = {}
    more: list[Need] = []
    named = {need.key for need in needs}
    for model in models:
        key = model.folder, model.name
        if model.node not in running or known(model.name, model.folder) is not None:
            continue
        row = weight_of(model)
        if isinstance(row, Problem):
            refused[key] = row
            continue
        rows[key] = _joined(rows.get(key), row)
        if key not in named:
            named.add(key)
            more.append(
                Need(
                    node=running[model.node],
                    class_type=model.class_type,
                    input=None,
                    folder=model.folder,
                    name=model.name,
                    weight=None,
                )
            )
    found = (replace(need, weight=need.weight or rows.get(need.key)) for need in (*needs, *more))
    return GraphWeights(tuple(found), tuple(problem for key, problem in refused.items() if key not in rows))


def weight_of(model: NamedModel) -> Weight | Problem:
    """The row for a file that a graph names, or why it is not fetched."""
    parts = _parts_of(model.url)
    if not (PLACE.fullmatch(model.folder) and PLACE.fullmatch(model.name)) or ".." in unquote(parts.path):
        return Problem(
            code="misplaced_file",
            message="the graph names a place that is none below the models folder",
            subject=AtFile(f"{model.folder}/{model.name}"),
            given=model.url,
        )
    if parts.scheme != "https" or parts.netloc.lower() not in HOSTS:  # so no port or user name
        where = f"'{parts.hostname}'" if parts.hostname else "no address"
        return Problem(
            code="source_refused",
            message=f"the graph has it from {where}; files are only fetched from {' and '.join(HOSTS)}",
            subject=AtFile(f"{model.folder}/{model.name}"),
            given=model.url,
            hint="look at it, and put it into its folder yourself",
        )
    on_hub = _HUB.fullmatch(parts.path) if parts.hostname == "huggingface.co" else None
    source = HubFile(on_hub[1], unquote(on_hub[2])) if on_hub is not None else WebFile(str(model.url))
    return Weight(
        name=model.name,
        folder=model.folder,
        content=CONTENTS.get(model.folder, "other"),
        sha256=model.sha256 if model.sha256 and SHA256.fullmatch(model.sha256) else None,
        licence=unknown(source.page, "only the graph names this file: read its licence on its page"),
        sources=(source,),
    )


def _parts_of(url: str | None) -> SplitResult:
    """The parts of an address; empty if the text is not an address."""
    try:
        return urlsplit(url or "")
    except ValueError:
        return urlsplit("")


def _joined(first: Weight | None, second: Weight) -> Weight:
    """One row for a file that several nodes name, with all its sources."""
    if first is None:
        return second
    sources = dict.fromkeys((*first.sources, *second.sources))
    return replace(first, sources=tuple(sources), sha256=first.sha256 or second.sha256)
