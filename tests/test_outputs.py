"""What each output node must deliver."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from ryla_graphs import Workflow, catalogs
from ryla_graphs.engines import connect, run
from ryla_graphs.outputs import KINDS, OVER_SOCKET, SILENT, promised_outputs
from ryla_graphs.validation import View
from tests.conftest import recorded, recorded_json


def entry(*outputs: str, output_node: bool = True) -> dict[str, Any]:
    return {"input": {"optional": {"image": ["IMAGE"]}}, "output": list(outputs), "output_node": output_node}


CATALOG = catalogs.bundled() | catalogs.from_object_info(
    {
        "Sink": entry(),
        "Passing": entry("IMAGE"),
        "easy cleanGpuUsed": entry("IMAGE"),
        "Taker": entry(output_node=False),
        "SaveImageWebsocket": {"input": {"required": {"images": ["IMAGE"]}}, "output": [], "output_node": True},
    }
)
PICTURE: dict[str, Any] = {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 2, "color": 0}}


def promised(**nodes: tuple[str, str]) -> dict[str, int]:
    """How much each output node must deliver; nodes are a class, and where the picture comes from."""
    body: dict[str, Any] = {
        name: {"class_type": class_type, "inputs": {("images" if "Save" in class_type else "image"): [source, 0]}}
        for name, (class_type, source) in nodes.items()
    }
    view = View({"picture": PICTURE, **body}, CATALOG)
    return {output.node: output.at_least for output in promised_outputs(view)}


def test_an_output_node_of_an_unknown_kind_delivers_something() -> None:
    assert promised(a=("Sink", "picture"), b=("Passing", "picture")) == {"a": 1, "b": 1}


def test_what_is_wired_on_has_delivered() -> None:
    assert promised(a=("Passing", "picture"), b=("SaveImage", "a")) == {"a": 0, "b": 1}
    assert promised(a=("Passing", "picture"), b=("Taker", "a")) == {"a": 1}, "what nothing needs does not run"


def test_what_is_known_to_deliver_nothing_need_not() -> None:
    assert promised(a=("easy cleanGpuUsed", "picture"), b=("SaveImage", "picture")) == {"a": 0, "b": 2}


def test_batches_behind_primitives_count() -> None:
    prompt = {
        "n": {"class_type": "PrimitiveInt", "inputs": {"value": 5}},
        "picture": {**PICTURE, "inputs": {**PICTURE["inputs"], "batch_size": ["n", 0]}},
        "save": {"class_type": "SaveImage", "inputs": {"images": ["picture", 0], "filename_prefix": "x"}},
    }
    (output,) = promised_outputs(View(prompt, CATALOG))
    assert output.at_least == 5


@pytest.mark.parametrize("class_type", ["Sink", "Passing", "SaveImageWebsocket", "Preview3D", "ImageCompare"])
def test_the_simulator_says_something_of_each(class_type: str) -> None:
    inputs: dict[str, Any] = {
        "SaveImageWebsocket": {"images": ["picture", 0]},
        "Preview3D": {"model_file": "x.glb"},
        "ImageCompare": {"image_a": ["picture", 0], "compare_view": ""},
    }
    body = {"class_type": class_type, "inputs": inputs.get(class_type, {"image": ["picture", 0]})}
    workflow = Workflow.load({"picture": PICTURE, "out": body}, catalog=CATALOG).compile()
    outputs = run(connect(), workflow).outputs
    assert {(output.node, output.simulated) for output in outputs} == {("out", True)}


def test_no_class_is_in_two_tables() -> None:
    assert not SILENT & set(KINDS) and set(KINDS) >= OVER_SOCKET


def test_every_output_node_of_comfyui_is_in_a_table() -> None:
    core = recorded_json("object_info.core.json.gz")
    outputs = {name for name, row in core.items() if row.get("output_node")}
    assert outputs - set(KINDS) - SILENT == {"CreateBoundingBoxes"}, "which reports the sizes of its boxes"


def test_every_name_in_the_tables_is_one() -> None:
    """A class that is renamed, or misspelled here, would fall out of its table without a word."""
    known = {**recorded_json("object_info.core.json.gz"), **recorded_json("object_info.packs.json.gz")}
    for path in recorded("packs").glob("*__*.json.gz"):
        known |= json.loads(gzip.decompress(path.read_bytes()))["classes"]
    assert (set(KINDS) | SILENT) - {name for name, row in known.items() if row.get("output_node")} == set()
