"""What becomes of inputs that a class does not declare: by rows, and by every prompt that the editor really wrote."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ryla_graphs import catalogs
from ryla_graphs.catalog.behaviour import Undeclared
from ryla_graphs.catalog.schema import Kind, NodeSchema
from ryla_graphs.validation import validate
from tests.conftest import recorded

BUNDLED = catalogs.bundled()


@pytest.mark.parametrize(
    ("class_type", "name", "value", "wire"),
    [
        ("KSampler", "strange", "dropped", "breaks"),
        ("KSampler", "control_after_generate", "leftover", "breaks"),
        ("LoadImage", "upload", "leftover", "breaks"),
        ("LoadImage", "choose file to upload", "leftover", "breaks"),
        ("LoadAudio", "audioUI", "leftover", "breaks"),
        ("SaveGLB", "image", "leftover", "breaks"),
        ("Preview3D", "image", "leftover", "taken"),
        ("LoadImageOutput", "refresh", "leftover", "breaks"),
        ("CustomCombo", "option7", "taken", "taken"),
        ("VHS_VideoCombine", "crf", "taken", "taken"),
        ("VHS_VideoCombine", "videopreview", "taken", "taken"),
        ("Power Lora Loader (rgthree)", "lora_12", "taken", "taken"),
        ("Any Switch (rgthree)", "any_07", "taken", "taken"),
        ("ImpactSwitch", "input3", "taken", "taken"),
        ("ImpactMakeImageBatch", "image2", "dropped", "taken"),
        ("ImageBatchMulti", "image_3", "dropped", "taken"),
        ("ImageBatchMulti", "Update inputs", "leftover", "taken"),
        ("JoinStringMulti", "string_9", "dropped", "taken"),
        ("Image Comparer (rgthree)", "rgthree_comparer", "leftover", "breaks"),
        ("ApplyInstantID", "image_features", "dropped", "breaks"),
    ],
)
def test_rows(class_type: str, name: str, value: str, wire: str) -> None:
    schema = BUNDLED[class_type]
    assert (schema.undeclared(name, wired=False), schema.undeclared(name, wired=True)) == (value, wire)


def test_the_same_class_of_somebodys_server_is_known_by_its_pack_however_its_folder_is_spelled() -> None:
    entry = {"input": {"required": {}}, "output": ["*"], "python_module": "custom_nodes.comfyui_kjnodes"}
    fates = {}
    for module in ("custom_nodes.comfyui_kjnodes", "custom_nodes.somebody", "nodes"):
        schema = catalogs.from_object_info({"ImageBatchMulti": {**entry, "python_module": module}})["ImageBatchMulti"]
        fates[module] = schema.undeclared("image_9", wired=True), schema.undeclared("strange", wired=False)
    assert fates == {
        "custom_nodes.comfyui_kjnodes": ("taken", "dropped"),
        "custom_nodes.somebody": ("unknown", "unknown"),
        "nodes": ("unknown", "unknown"),
    }


def _prompts() -> Iterator[tuple[str, dict[str, Any]]]:
    recorded("pairs.dev.jsonl.gz")
    with gzip.open(recorded("pairs.dev.jsonl.gz")) as lines:
        for line in lines:
            row = json.loads(line)
            # Mutations write what no editor would.
            if isinstance(row["api"], dict) and not row["name"].startswith("mut"):
                yield row["name"], row["api"]


def _is_choice(schema: NodeSchema, name: str) -> bool:
    return any(spec.name == name and spec.kind is Kind.DYNAMIC_COMBO for spec in schema.every_input())


OLDER = {
    # Inputs that these classes no longer have, at graphs that were saved before.
    ("ImageResizeKJ", "height_input"),
    ("IPAdapter", "clip_vision"),
}


def test_what_the_editor_writes_is_taken_or_left_over() -> None:
    found: Counter[tuple[str, str, str]] = Counter()
    for _, prompt in _prompts():
        for body in prompt.values():
            schema = BUNDLED.get(body.get("class_type", ""))
            if schema is None:
                continue
            for name, value in body["inputs"].items():
                if name not in schema.flat_inputs(body["inputs"]) and not _is_choice(schema, name):
                    wired = isinstance(value, list) and len(value) == 2
                    found[schema.undeclared(name, wired=wired), schema.class_type, name] += 1
    assert sum(found.values()) > 200
    bad = {key[1:] for key in found if key[0] not in (Undeclared.TAKEN, Undeclared.LEFTOVER)}
    assert bad == OLDER


def test_the_sentence_says_what_becomes_of_it() -> None:
    prompt = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0, "depth": 3}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a", "mask": ["1", 0]}},
    }
    problems = {problem.subject.input: problem for problem in validate(prompt, BUNDLED)}  # type: ignore[union-attr]
    assert problems["depth"].message == "EmptyImage has no input `depth`, so ComfyUI ignores it"
    assert "fails with a TypeError" in problems["mask"].message
    assert {problem.level for problem in problems.values()} == {"warning"}


def test_a_misspelt_required_input_is_an_error() -> None:
    prompt = {"1": {"class_type": "SaveImage", "inputs": {"image": ["2", 0], "filename_prefix": "a"}}}
    levels = [problem.level for problem in validate(prompt, BUNDLED) if problem.code == "unknown_input"]
    assert levels == ["error"]
