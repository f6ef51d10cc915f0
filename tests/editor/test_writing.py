"""Writing the editor's file: the way back gives the same prompt, and the file is sound and well laid out."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings

from ryla_graphs import Workflow, catalogs, presets
from ryla_graphs.formats import api
from ryla_graphs.formats.editor.widgets import UNDEFINED, Sends, widgets
from ryla_graphs.formats.editor.writing import dump, write
from ryla_graphs.graph.passes import merge_twins
from ryla_graphs.nodes import EmptyImage, PreviewAny, SaveImage
from ryla_graphs.problems import InvalidDocument, InvalidWorkflow
from ryla_graphs.prompt import Prompt, wrap
from ryla_graphs.testing import graphs
from tests.conftest import ROOT, recorded
from tests.editor.going_back import Document, differences, prompt_of, same
from tests.graphs import chain, copies, text_to_image
from tests.preset_examples import EXAMPLES

BUNDLED = catalogs.bundled()


ALL = os.environ.get("RYLA_ALL_RECORDINGS") == "1"


REPORTED = {"Load3D.image", "Preview3DAdvanced.viewport_state"}
"""What only a browser can make."""


def ui_of(document: Document, **how: Any) -> dict[str, Any]:
    return dump(Prompt(document, BUNDLED), **how)


# --- the way back ------------------------------------------------------------------------------------------------


@given(graphs())
def test_a_graph_comes_back_out_of_the_editor_as_it_was(workflow: Workflow) -> None:
    assert differences(api.dump(merge_twins(workflow.graph)), BUNDLED) == []


@given(graphs())
def test_the_file_of_the_file_is_the_same(workflow: Workflow) -> None:
    first = prompt_of(ui_of(api.dump(workflow.graph)), BUNDLED)
    second = prompt_of(ui_of(first), BUNDLED)
    assert same(first, second)
    assert ui_of(second) == ui_of(first)


def recorded_prompts() -> Iterator[tuple[str, Document]]:
    """Prompts that the real editor made of its files, and API files that people have; a sample of them by default."""
    names = ("pairs.dev.jsonl.gz", "pairs.new.dev.jsonl.gz", "roundtrip.dev.jsonl.gz")
    for name in names:
        with gzip.open(recorded(name), "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if ALL or number % 8 == 0:
                    row = json.loads(line)
                    if isinstance(row["api"], dict) and all("class_type" in body for body in row["api"].values()):
                        yield row["name"], row["api"]


def test_recorded_prompts_come_back_as_they_were() -> None:
    wrong = {name: found for name, document in recorded_prompts() if (found := differences(document, BUNDLED))}
    assert wrong == {}


def test_recorded_files_keep_their_prompt_through_our_own_file() -> None:
    tried = 0
    with gzip.open(recorded("pairs.dev.jsonl.gz"), "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row: dict[str, Any] = json.loads(line) if ALL or number % 16 == 0 else {"tier": "skipped"}
            if row["tier"] == "core":
                first = prompt_of(row["ui"], BUNDLED)
                assert differences(first, BUNDLED) == [], row["name"]
                tried += 1
    assert tried > 40


def test_the_values_of_every_class_keep_their_places() -> None:
    document: Document = {}
    for number, (class_type, schema) in enumerate(BUNDLED.items()):
        held = [widget for widget in widgets(schema) if widget.spec is not None and widget.sends is Sends.VALUE]
        inputs = {widget.name: wrap(widget.default) for widget in held if widget.default is not UNDEFINED}
        document[str(number)] = {"class_type": class_type, "inputs": inputs}
    assert differences(document, BUNDLED) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_presets_come_back_as_they_were(name: str) -> None:
    preset, parameters = EXAMPLES[name]
    workflow = presets.get(preset).build(parameters)
    back = prompt_of(workflow.to_ui(subgraphs=False), BUNDLED)
    compiled = workflow.compile().prompt
    assert back.keys() == compiled.keys()
    for number, body in compiled.items():
        assert all(same(value, back[number]["inputs"][name]) for name, value in body["inputs"].items())


# --- soundness ---------------------------------------------------------------------------------------------------


def sheets(ui: dict[str, Any]) -> list[dict[str, Any]]:
    """The graphs of a file, with links as objects."""
    names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    links = [dict(zip(names, link, strict=True)) for link in ui["links"]]
    return [{**ui, "links": links}, *ui.get("definitions", {}).get("subgraphs", ())]


def check_sound(ui: dict[str, Any]) -> None:
    """Both ends of every link know it, ids are used once, and nothing overlaps."""
    json.dumps(ui, allow_nan=False)
    numbers = [link["id"] for sheet in sheets(ui) for link in sheet["links"]]
    assert len(numbers) == len(set(numbers)) and max(numbers, default=0) <= ui["last_link_id"]
    for sheet in sheets(ui):
        nodes = {node["id"]: node for node in sheet["nodes"]}
        assert len(nodes) == len(sheet["nodes"])
        for link in sheet["links"]:
            if link["origin_id"] != -10:
                outputs = nodes[link["origin_id"]]["outputs"]
                assert link["id"] in outputs[link["origin_slot"]]["links"]
            if link["target_id"] != -20:
                assert nodes[link["target_id"]]["inputs"][link["target_slot"]]["link"] == link["id"]
        linked = [slot["link"] for node in nodes.values() for slot in node["inputs"] if slot["link"] is not None]
        assert len(linked) == len(set(linked)) and set(linked) <= {link["id"] for link in sheet["links"]}
        check_places(sheet)


def check_places(sheet: dict[str, Any]) -> None:
    places = [
        (x, y - 30, x + width, y + height)
        for (x, y), (width, height) in ((node["pos"], node["size"]) for node in sheet["nodes"])
    ]
    for one, other in combinations(places, 2):
        assert not (one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3])


@given(graphs())
@settings(max_examples=30)
def test_every_file_is_sound(workflow: Workflow) -> None:
    check_sound(workflow.to_ui())


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_files_of_presets_are_sound(name: str) -> None:
    preset, parameters = EXAMPLES[name]
    check_sound(presets.get(preset).build(parameters).to_ui())


@given(graphs())
@settings(max_examples=20)
def test_equal_graphs_give_equal_files(workflow: Workflow) -> None:
    again = Workflow(*copies(workflow))
    assert json.dumps(again.to_ui()) == json.dumps(workflow.to_ui())


def test_a_file_does_not_depend_on_hashes() -> None:
    code = (
        "import hashlib, json; from ryla_graphs import presets; from tests.preset_examples import EXAMPLES;"
        "files = [presets.get(p).build(a).to_ui() for p, a in EXAMPLES.values()];"
        "print(hashlib.sha256(json.dumps(files).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_the_file_of_a_small_graph_is_known(golden: Any) -> None:
    golden("text-to-image.ui.json", json.dumps(text_to_image().to_ui(), indent=1, ensure_ascii=False) + "\n")


# --- what the file tells -----------------------------------------------------------------------------------------


def node(ui: dict[str, Any], number: Any) -> dict[str, Any]:
    return next(each for each in ui["nodes"] if each["id"] == number)


def test_names_and_titles_are_titles_and_numbers_are_not() -> None:
    named = EmptyImage(width=64, height=64).named("canvas", title="The canvas")
    ui = Workflow(SaveImage(images=named, filename_prefix="x").named("save")).to_ui()
    assert node(ui, "canvas")["title"] == "The canvas"
    assert node(ui, "save")["title"] == "save"
    unnamed = Workflow(SaveImage(images=EmptyImage(width=64, height=64), filename_prefix="x")).to_ui()
    assert [each["id"] for each in unnamed["nodes"]] == [1, 2]
    assert not any("title" in each for each in unnamed["nodes"])


def test_models_say_where_they_can_be_had_and_classes_which_pack_they_are_of() -> None:
    ui = presets.get("flux-instantid").build(EXAMPLES["flux-instantid"][1]).to_ui()
    (model,) = node(ui, "flux")["properties"]["models"]
    assert model["directory"] == "diffusion_models"
    assert model["url"] == "https://huggingface.co/Comfy-Org/flux1-dev/resolve/main/flux1-dev.safetensors"
    assert len(model["hash"]) == 64 and model["hash_type"] == "SHA256"
    assert node(ui, "sampler")["properties"]["cnr_id"] == "comfy-core"
    pack = node(ui, "identity")["properties"]
    assert pack["cnr_id"] == "comfyui_instantid" and pack["aux_id"] == "cubiq/ComfyUI_InstantID"
    assert len(pack["ver"]) == 40
    unknown = ui_of({"1": {"class_type": "FaceDetailerPipe (no such)", "inputs": {}}})["nodes"][0]["properties"]
    assert unknown == {"Node name for S&R": "FaceDetailerPipe (no such)"}
    listed = dump(Prompt({"1": {"class_type": "FaceDetailer", "inputs": {}}}, catalogs.bundled("core")))
    assert listed["nodes"][0]["properties"]["aux_id"] == "ltdrdata/ComfyUI-Impact-Pack"


def test_a_preset_stands_beside_a_note_of_what_it_says() -> None:
    ui = presets.get("flux-dev").build({"prompt": "a red bicycle", "seed": 7}).to_ui()
    (note,) = [each for each in ui["nodes"] if each["type"] == "MarkdownNote"]
    (text,) = note["widgets_values"]
    assert note["title"] == "flux-dev"
    assert "A picture from text" in text and "`prompt`: a red bicycle" in text and "`seed`: 7" in text
    others = [each["pos"][0] for each in ui["nodes"] if each is not note]
    others += [group["bounding"][0] for group in ui["groups"]]
    assert note["pos"][0] + note["size"][0] < min(others)


def test_loaders_share_a_titled_column() -> None:
    ui = presets.get("flux-dev").build({"prompt": "a red bicycle", "seed": 7}).to_ui()
    (group,) = ui["groups"]
    assert group["title"] == "Models"
    loaders = [node(ui, name) for name in ("flux", "text-encoders", "vae")]
    assert len({loader["pos"][0] for loader in loaders}) == 1
    assert all(
        loader["pos"][0] < other["pos"][0] for loader in loaders for other in (node(ui, "prompt"), node(ui, "canvas"))
    )


def test_what_changes_a_model_is_no_loader() -> None:
    ui = presets.get("flux-lora").build(EXAMPLES["flux-lora-two"][1]).to_ui()
    assert node(ui, "lora-1")["pos"][0] > node(ui, "flux")["pos"][0]
    (group,) = (each for each in ui["groups"] if each["title"] == "Models")
    assert node(ui, "lora-1")["pos"][0] > group["bounding"][0] + group["bounding"][2]


def test_a_list_is_shown_as_a_list_and_sent_wrapped() -> None:
    inputs = {"width": 64, "height": 64, "editor_state": {"__value__": [{"x": 1}]}}
    document: Document = {"1": {"class_type": "CreateBoundingBoxes", "inputs": inputs}}
    ui = ui_of(document)
    assert [{"x": 1}] in node(ui, 1)["widgets_values"]
    assert prompt_of(ui, BUNDLED)["1"]["inputs"]["editor_state"] == {"__value__": [{"x": 1}]}


def test_a_slot_that_counts_from_the_last_is_the_one_it_means() -> None:
    document: Document = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x.safetensors"}},
        "2": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["1", -1]}},
        "3": {"class_type": "EmptyLatentImage", "inputs": {}},
    }
    assert prompt_of(ui_of(document), BUNDLED)["2"]["inputs"]["vae"] == ["1", 2]


def test_a_seed_stays_as_it_is() -> None:
    values = node(text_to_image(seed=2**63).to_ui(), "sampler")["widgets_values"]
    assert values[:2] == [2**63, "fixed"]


def test_a_part_is_a_group() -> None:
    ui = text_to_image().prefixed("day").to_ui()
    assert [group["title"] for group in ui["groups"]] == ["day"]
    assert node(ui, "day/sampler")["title"] == "sampler"
    assert [group["title"] for group in ui_of(api.dump(text_to_image().prefixed("day").graph))["groups"]] == ["day"]


# --- what a file cannot hold -------------------------------------------------------------------------------------


def test_values_where_the_editor_has_a_socket_become_nodes() -> None:
    document = api.dump(Workflow(PreviewAny(source="a text").named("show")).graph)
    written = write(Prompt(document, BUNDLED))
    assert written.left_out == ()
    assert {each["type"] for each in written.document["nodes"]} == {"PreviewAny", "PrimitiveStringMultiline"}
    back = prompt_of(written.document, BUNDLED)
    assert back["show-source"]["inputs"] == {"value": "a text"}
    assert back["show"]["inputs"] == {"source": ["show-source", 0]}


def test_what_does_not_come_back_is_reported() -> None:
    document: Document = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0, "old": 3}},
        "2": {"class_type": "PreviewAny", "inputs": {"source": {"a": 1}}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "%date:yyyy%"}},
        "4": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["5", 1], "text": "ends in a \\"}},
        "5": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x.safetensors"}},
    }
    left_out = write(Prompt(document, BUNDLED)).left_out
    assert [(left.node, left.what) for left in left_out] == [
        ("1", "old"),
        ("2", "source"),
        ("3", "filename_prefix"),
        ("4", "text"),
    ]
    assert all(left.reason for left in left_out)


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"1": {"class_type": "ImageInvert", "inputs": {"image": ["2", 0]}}}, InvalidWorkflow),
        ({"1": {"class_type": "ImageInvert", "inputs": {"image": [1, 2, 3]}}}, InvalidWorkflow),
        ({"1": {"inputs": {}}}, InvalidDocument),
        ([], InvalidDocument),
    ],
)
def test_what_cannot_be_drawn_is_refused(document: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"1|list"):
        write(Prompt(document, BUNDLED))


def test_a_graph_with_a_cycle_is_drawn() -> None:
    document: Document = {
        "1": {"class_type": "ImageInvert", "inputs": {"image": ["2", 0]}},
        "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
    }
    check_sound(ui_of(document))
    assert differences(document, BUNDLED) == []


def test_links_to_unknown_slots_stay() -> None:
    document: Document = {
        "1": {"class_type": "NoSuchClass", "inputs": {"a": 1, "b": "x", "c": {"__value__": [1]}}},
        "2": {"class_type": "NoSuchClass", "inputs": {"image": ["1", 2], "own": 2.5}},
        "3": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0], "more": ["2", 0]}},
    }
    check_sound(ui_of(document))
    assert differences(document, BUNDLED) == []


def test_loras_of_a_pack_that_lists_them_itself_come_back() -> None:
    document: Document = {
        "1": {"class_type": "UNETLoader", "inputs": {"unet_name": "x.safetensors", "weight_dtype": "default"}},
        "2": {
            "class_type": "Power Lora Loader (rgthree)",
            "inputs": {
                "model": ["1", 0],
                "PowerLoraLoaderHeaderWidget": {"type": "PowerLoraLoaderHeaderWidget"},
                "lora_1": {"on": True, "lora": "a.safetensors", "strength": 0.5},
                "lora_2": {"on": False, "lora": "b.safetensors", "strength": 1, "strengthTwo": 0.25},
                "➕ Add Lora": "",
            },
        },
    }
    back = prompt_of(ui_of(document), BUNDLED)["2"]["inputs"]
    assert [back[f"lora_{number}"]["lora"] for number in (1, 2)] == ["a.safetensors", "b.safetensors"]
    assert back["lora_2"]["strengthTwo"] == 0.25


def test_a_chain_and_an_empty_prompt_are_drawn() -> None:
    check_sound(chain(60).to_ui())
    assert ui_of({})["nodes"] == []
