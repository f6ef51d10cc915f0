"""The bundled catalogs hold facts, all of them, and only facts."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from ryla_graphs import catalogs, sockets
from ryla_graphs.catalog.schema import Kind
from ryla_graphs.problems import InvalidDocument, NotFound
from ryla_graphs.validation import validate
from tests.conftest import ROOT, SHARED, recorded
from tools.catalog_entries import inputs_of


def test_they_are_what_the_tool_makes_of_the_recordings() -> None:
    recorded("object_info.core.json.gz")
    from tools.make_catalogs import files

    made = files(SHARED)
    data = ROOT / "ryla_graphs" / "catalog" / "data"
    for name, text in made.items():
        assert gzip.decompress((data / name).read_bytes()).decode() == text, (
            f"{name}: run python -m tools.make_catalogs"
        )
    stale = {path.name for path in (data / "packs").iterdir()} - {Path(name).name for name in made}
    assert stale == set()


@pytest.mark.parametrize("name", [*catalogs.NAMES, *catalogs.packs()])
def test_every_class_parses(name: str) -> None:
    catalog = catalogs.bundled(name)
    assert len(catalog) > 0
    for class_type, schema in catalog.items():
        assert schema.class_type == class_type
        assert schema.inputs or schema.outputs or name not in catalogs.NAMES


def test_bundled_is_the_sum_and_core_wins() -> None:
    everything = catalogs.bundled()
    assert set(everything) == {name for each in ("core", *catalogs.packs()) for name in catalogs.bundled(each)}
    assert everything["KSampler"].module == "nodes"
    assert everything["SaveImageWebsocket"].output_node


def test_no_sentences_are_carried_over() -> None:
    for class_type, entry in catalogs.bundled().entries().items():
        for section, name, value in inputs_of(entry["input"]):
            facts = value[1] if len(value) > 1 else {}
            assert facts.keys().isdisjoint({"tooltip", "description"}), (class_type, section, name)
        for spec in catalogs.bundled()[class_type].every_input():
            text = spec.default if isinstance(spec.default, str) else ""
            assert text in spec.choices or len(text) <= 60, (class_type, spec.name)


@pytest.mark.parametrize(
    ("class_type", "name"),
    [
        ("UNETLoader", "unet_name"),
        ("CheckpointLoaderSimple", "ckpt_name"),
        ("LoraLoader", "lora_name"),
        ("LoadImage", "image"),
        ("VAELoader", "vae_name"),
        ("InstantIDModelLoader", "instantid_file"),
        ("VHS_LoadVideo", "video"),
        ("UltralyticsDetectorProvider", "model_name"),
        ("SAMLoader", "model_name"),
        ("LoadImageDataSetFromFolder", "folder"),
        ("LoadVideoTextDataSetFromFolder", "folder"),
        ("ACN_SparseCtrlLoaderAdvanced", "sparsectrl_name"),
    ],
)
def test_lists_of_a_machines_files_are_open(class_type: str, name: str) -> None:
    spec = next(spec for spec in catalogs.bundled()[class_type].inputs if spec.name == name)
    assert spec.open
    assert not [choice for choice in spec.choices if "." in choice]


def test_no_choice_of_a_closed_list_names_a_weight_file() -> None:
    for schema in catalogs.bundled("core").values():
        for spec in schema.every_input():
            if not spec.open:
                assert not any(re.search(r"\.(safetensors|ckpt|gguf)$", str(c)) for c in spec.choices), (
                    schema.class_type
                )


def test_facts_of_a_well_known_class() -> None:
    sampler = catalogs.bundled()["KSampler"]
    facts = {spec.name: spec for spec in sampler.inputs}
    assert (facts["seed"].min, facts["seed"].max) == (0, 2**64 - 1)
    assert (facts["cfg"].kind, facts["cfg"].default, facts["cfg"].step, facts["cfg"].round) == (
        Kind.FLOAT,
        8.0,
        0.1,
        0.01,
    )
    assert "res_multistep" in facts["sampler_name"].choices
    assert [output.type for output in sampler.outputs] == ["LATENT"]


def test_every_kind_of_input_is_there() -> None:
    kinds = {spec.kind for schema in catalogs.bundled().values() for spec in schema.every_input()}
    assert kinds == set(Kind)


def test_dynamic_inputs_have_dotted_names() -> None:
    resize = catalogs.bundled()["ResizeImageMaskNode"]
    flat = resize.flat_inputs({"resize_type": "scale dimensions"})
    assert {"resize_type", "resize_type.width", "resize_type.crop"} <= flat.keys()
    assert "resize_type.width" not in resize.flat_inputs({"resize_type": "no such choice"})
    batch = catalogs.bundled()["BatchImagesNode"].flat_inputs({})
    assert batch["images.image0"].required and not batch["images.image1"].required


def test_two_instances_of_one_answer_are_equal_in_facts(tmp_path: Path) -> None:
    from ryla_graphs.sources import open_catalog

    content = json.dumps(catalogs.bundled("instantid").entries())
    (tmp_path / "object_info.json").write_text(content)
    from_file = open_catalog(str(tmp_path / "object_info.json"))
    assert {n: s.inputs for n, s in from_file.items()} == {
        n: s.inputs for n, s in catalogs.bundled("instantid").items()
    }


@pytest.mark.parametrize("content", [[], {}, {"KSampler": 3}, {"KSampler": {"input": []}}, "x", None])
def test_what_is_no_object_info_is_refused(content: object) -> None:
    with pytest.raises(InvalidDocument):
        catalogs.from_object_info(content)


def test_a_broken_class_names_itself() -> None:
    broken = catalogs.from_object_info({"Odd": {"input": {"required": {"x": []}}, "output": []}})
    with pytest.raises(InvalidDocument, match="'Odd'"):
        broken["Odd"]


def test_an_unknown_catalog_or_class_is_reported_with_the_nearest_ones() -> None:
    with pytest.raises(NotFound, match="did you mean 'instantid'"):
        catalogs.bundled("instant_id")
    with pytest.raises(NotFound, match="'KSampler'"):
        catalogs.bundled().find("Ksampler")


WIRES_OF_OTHER_PACKS = {
    *("DA3MODEL", "FLOWEDITARGS", "KOLORS_EMBEDS", "NORMALIZED_AMPLITUDE"),
    *("PROMPT_LIST", "TEXT_LIST", "image_LIST", "lora_LIST"),
}
"""Types that no bundled class gives, and that are no widget: packs that are not bundled, or are gone, give them."""


def test_types_that_no_class_gives_are_widgets() -> None:
    given = catalogs.bundled().carried
    asked = {
        spec.type
        for schema in catalogs.bundled().values()
        for spec in schema.every_input()
        if spec.kind is Kind.SOCKET and spec.type != sockets.MATCH and given.isdisjoint(sockets.members(spec.type))
    }
    assert {wire_type for wire_type in asked if not sockets.is_widget(wire_type)} == WIRES_OF_OTHER_PACKS | {
        "*"
    } & asked
    assert sockets.WIDGETS.isdisjoint(given)


@pytest.mark.parametrize(
    ("class_type", "inputs"),
    [
        ("Load3D", {"model_file": "none", "image": "", "width": 64, "height": 64}),
        ("RecordAudio", {"audio": "record.mp3"}),
        ("WebcamCapture", {"image": "webcam/1.png", "width": 0, "height": 0, "capture_on_queue": True}),
        ("Lora Loader (LoraManager)", {"text": "<lora:x:1>", "loras": []}),
        ("easy humanSegmentation", {"mask_components": "1,2"}),
    ],
)
def test_what_a_page_fills_takes_any_value(class_type: str, inputs: dict[str, object]) -> None:
    problems = validate({"1": {"class_type": class_type, "inputs": inputs}}, catalogs.bundled())
    assert [problem for problem in problems if problem.code == "not_a_wire"] == []


def test_a_constant_where_only_a_link_makes_sense_is_still_reported() -> None:
    problems = validate({"1": {"class_type": "WanVideoDecode", "inputs": {"vae": "wan"}}}, catalogs.bundled())
    assert "not_a_wire" in {problem.code for problem in problems}


def test_samplers_of_a_pack_are_taken_and_name_it() -> None:
    sampler = next(spec for spec in catalogs.bundled()["KSampler"].inputs if spec.name == "sampler_name")
    assert sampler.added_choices["res_2s"] == "ClownsharkBatwing/RES4LYF"
    assert "res_2s" not in sampler.choices


def test_lists_of_files_name_their_folders() -> None:
    def folders(class_type: str, name: str) -> tuple[str, ...]:
        return next(spec.folders for spec in catalogs.bundled()[class_type].inputs if spec.name == name)

    assert folders("LoraLoader", "lora_name") == ("loras",)
    assert folders("LoadImage", "image") == ("input",)
    assert folders("UNETLoader", "unet_name") == ("diffusion_models",)
    assert folders("WanVideoModelLoader", "model") == ("diffusion_models",)


@pytest.mark.parametrize(
    ("class_type", "expected"),
    [
        ("FaceDetailer", ["ltdrdata/ComfyUI-Impact-Pack"]),
        ("DF_Text", ["Derfuu/Derfuu_ComfyUI_ModdedNodes"]),
        ("Fast Muter (rgthree)", ["rgthree/rgthree-comfy"]),
        ("ConditioningMultiply", ["Comfy-Org/ComfyUI", "ClownsharkBatwing/RES4LYF"]),
        ("SaveImageWebsocket", ["Comfy-Org/ComfyUI"]),
        ("No Such Class", []),
        ("a\tb\nc", []),
    ],
)
def test_which_packs_have_a_class(class_type: str, expected: list[str]) -> None:
    assert list(catalogs.repositories_of(class_type))[: max(1, len(expected))] == expected


def test_a_missing_class_names_its_pack_and_the_way_to_it() -> None:
    problems = validate({"1": {"class_type": "FaceDetailer", "inputs": {}}}, catalogs.bundled("core"))
    (hint,) = [problem.hint for problem in problems if problem.code == "missing_node_type"]
    assert hint and "ltdrdata/ComfyUI-Impact-Pack" in hint and "lock --pack ltdrdata/ComfyUI-Impact-Pack" in hint
