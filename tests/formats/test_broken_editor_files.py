"""Files of the editor that somebody mangled, wherever they are looked into: refused or opened, never a crash."""

from __future__ import annotations

import copy
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.catalogs import bundled
from ryla_graphs.formats.editor.models import models_in
from ryla_graphs.formats.editor.reading import parse
from ryla_graphs.formats.editor.remarks import notes_in, subgraph_titles
from ryla_graphs.formats.read import read
from ryla_graphs.models_folder.graph_weights import with_graph_weights
from ryla_graphs.pipelines.settable import GraphTarget
from ryla_graphs.problems import RylaError
from ryla_graphs.validation import validate
from tests.conftest import SHARED
from tests.formats.files import WORKFLOW


def with_subgraph() -> dict[str, Any]:
    """A workflow whose one node is an instance of a subgraph, with an app mode and a weight file."""
    inner = copy.deepcopy(WORKFLOW["nodes"])
    inner[0]["properties"] = {
        "models": [{"name": "a.safetensors", "directory": "vae", "url": "https://huggingface.co/x"}]
    }
    definition = {
        "id": "d7b2b6f6-0b5e-4f62-8ad0-0c1d5e6f7a8b",
        "name": "part",
        "inputNode": {"id": -10, "bounding": [0, 0, 1, 1]},
        "outputNode": {"id": -20, "bounding": [0, 0, 1, 1]},
        "inputs": [],
        "outputs": [],
        "widgets": [],
        "nodes": inner,
        "links": [{"id": 1, "origin_id": 1, "origin_slot": 0, "target_id": 2, "target_slot": 0, "type": "IMAGE"}],
    }
    instance = {"id": 7, "type": definition["id"], "pos": [0, 0], "mode": 0, "inputs": [], "outputs": []}
    return {
        "nodes": [instance],
        "links": [],
        "version": 0.4,
        "definitions": {"subgraphs": [definition]},
        "extra": {"linearData": {"inputs": [["7", "width"]], "outputs": ["2"]}},
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mangled")


@cache
def originals() -> list[dict[str, Any]]:
    """Ours, and small ones of people where the recordings are."""
    found = [WORKFLOW, with_subgraph()]
    recordings = SHARED / "pairs.dev.jsonl.gz"
    if recordings.exists():
        with gzip.open(recordings) as file:
            rows = (json.loads(line) for _, line in zip(range(150), file, strict=False))
            found += [row["ui"] for row in rows if len(json.dumps(row["ui"])) < 30_000][:30]
    return found


_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-30, 30)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["1", 2**70]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def mangled(draw: st.DrawFn) -> dict[str, Any]:
    """A file in which some parts were exchanged for something else, or for other parts of it."""
    document: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(originals())))
    for _ in range(draw(st.integers(1, 4))):
        here: Any = document
        for _ in range(draw(st.integers(0, 6))):
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            inner = [key for key in keys if isinstance(here[key], (dict, list)) and here[key]]
            if not inner:
                break
            here = here[draw(st.sampled_from(inner))]
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            continue
        key = draw(st.sampled_from(keys))
        match draw(st.sampled_from(["drop", "change", "twice"])):
            case "drop":
                del here[key]
            case "change":
                here[key] = draw(_ANYTHING)
            case _ if isinstance(here, list):
                here.append(copy.deepcopy(here[key]))
            case _:
                here[key] = copy.deepcopy(document.get(draw(st.sampled_from(["nodes", "links", "extra"]))))
    return document


@given(mangled())
def test_a_mangled_file_is_opened_or_refused(document: dict[str, Any]) -> None:
    try:
        found = read(json.dumps(document))
    except RylaError:
        return
    json.dumps(found.prompt, allow_nan=False, ensure_ascii=False).encode()
    validate(found.prompt, bundled())
    parsed = parse(found.ui)
    with_graph_weights((), models_in(parsed), found.prompt)
    assert all(isinstance(note, str) for note in notes_in(parsed))
    assert all(isinstance(title, str) for title in subgraph_titles(parsed).values())


@given(mangled())
def test_what_can_be_set_is_listed_or_the_file_refused(folder: Path, document: dict[str, Any]) -> None:
    path = folder / "mangled.json"
    path.write_text(json.dumps(document))
    try:
        rows = GraphTarget(str(path), None, None).settable()
    except RylaError:
        return
    for row in rows:
        json.dumps(row.to_dict(), default=repr)
