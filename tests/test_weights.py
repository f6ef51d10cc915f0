"""The weights manifest: laws over all rows, and what prompts and presets need."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import catalogs, presets
from ryla_graphs.faces.opencv_meter import FOLDER as OWN_FOLDER
from ryla_graphs.families import BUILTIN, family
from ryla_graphs.formats.editor.models import models_in
from ryla_graphs.formats.editor.reading import parse
from ryla_graphs.prompt import Prompt
from ryla_graphs.prompt.files import weight_folders
from ryla_graphs.sources.templates import template, templates
from ryla_graphs.weights import IMPLIED, MANIFEST, HubFile, Weight, known, needed
from ryla_graphs.weights.manifest.templates import rows as template_rows
from tests.conftest import recorded_json
from tools.template_weights import FILE
from tools.template_weights import FOLDERS as FOLDERS_NOW
from tools.template_weights import read as read_rows
from tools.template_weights import written as written_rows
from tools.weights_table import PAGE, written

FOLDERS = {folder for name in catalogs.bundled() for folder in weight_folders(name).values()} | {
    *(folder for files in IMPLIED.values() for folder, _ in files),
    OWN_FOLDER,  # no node loads these; `ryla_graphs.faces` does
}
rows = pytest.mark.parametrize("row", MANIFEST, ids=lambda row: row.name)


def test_no_two_rows_are_of_one_file() -> None:
    keys = [row.key for row in MANIFEST]
    assert len(set(keys)) == len(keys)
    sizes = {row.sha256: row.size for row in MANIFEST if row.sha256}
    assert all(sizes[row.sha256] == row.size for row in MANIFEST if row.sha256), "one hash, one size"


@rows
def test_facts_are_well_formed(row: Weight) -> None:
    assert row.folder in FOLDERS
    assert row.sha256 is None or re.fullmatch("[0-9a-f]{64}", row.sha256)
    assert row.size is None or 1_000_000 < row.size < 100_000_000_000
    assert not Path(row.name).is_absolute() and ".." not in Path(row.name).parts
    assert json.loads(json.dumps(row.to_dict()))["name"] == row.name


@rows
def test_sources_are_addresses(row: Weight) -> None:
    assert row.sources
    for source in row.sources:
        for url in (source.url, source.page):
            assert urlsplit(url).scheme == "https" and urlsplit(url).hostname and " " not in url
        assert Path(source.url).suffix == Path(row.name).suffix
        if isinstance(source, HubFile):
            assert re.fullmatch(r"[\w.-]+/[\w.-]+", source.repository)
    assert len(row.sources) == 1 or row.sha256, "only a hash tells that another place has the same bytes"


@rows
def test_parts_are_the_whole(row: Weight) -> None:
    assert row.parts or row.content != "checkpoint"
    if row.parts and row.size:
        assert 0 < row.size - sum(row.parts.values()) < 3_000_000, "the header and small tensors are all that is left"
    assert row.weighs == row.size or (row.size is None and row.parts)


@rows
def test_licences_say_what_they_forbid(row: Weight) -> None:
    assert row.licence.url and row.licence.url.startswith("https://")
    assert row.licence.commercial or row.licence.restriction


def test_precision_agrees_with_the_name() -> None:
    for row in MANIFEST:
        named = [p for p in ("fp16", "bf16", "fp8", "int8") if p in row.name]
        assert not named or row.precision in (*named, "mixed"), row.name


def test_known_by_folder_and_name() -> None:
    for row in MANIFEST:
        assert known(row.name, row.folder) is row
        assert known(row.name) is not None
    assert known("flux1-dev.safetensors", "vae") is None
    assert known("my-own.safetensors") is None


@pytest.mark.parametrize("name", presets.NAMES)
def test_every_file_that_a_preset_loads_by_default_has_a_row(name: str) -> None:
    preset = presets.get(name)
    found = needed(preset.build(preset.example).compile().view)
    assert found
    assert [need.name for need in found if need.weight is None and need.folder != "loras"] == []


def test_needs_tell_node_input_and_file() -> None:
    prompt = presets.get("flux-instantid").build(prompt="x", referenceImage="face.png").compile().view
    found = {(need.node, need.input): need.key for need in needed(prompt)}
    assert found["flux", "unet_name"] == ("diffusion_models", "flux1-dev.safetensors")
    assert found["text-encoders", "clip_name2"] == ("text_encoders", "t5xxl_fp16.safetensors")
    assert found["face-controlnet", "control_net_name"] == (
        "controlnet",
        "instantid/diffusion_pytorch_model.safetensors",
    )
    assert sum(need.input is None for need in needed(prompt)) == 5, "the five files of antelopev2"


def read(document: Any) -> Prompt:
    return Prompt(document, catalogs.bundled())


def test_names_that_are_no_files_are_no_needs() -> None:
    def found(name: Any) -> list[str]:
        return [need.name for need in needed(read({"1": {"class_type": "VAELoader", "inputs": {"vae_name": name}}}))]

    assert found("ae.safetensors") == ["ae.safetensors"]
    assert found("pixel_space") == found("taesd") == found(["2", 0]) == found(None) == []


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_anything_at_all_has_needs_or_none(junk: Any) -> None:
    for prompt in ({"1": junk}, {"1": {"class_type": junk, "inputs": junk}}):
        assert needed(read(prompt)) == ()


OTHERS = ("Preprocessor", "DetailerPipe", "ImpactWildcardEncode", "LorasForFluxParams+", "Context Big (rgthree)")
"""Classes that fetch their files themselves, or keep names for others."""


def test_every_file_list_of_a_real_server_is_known() -> None:
    endings = (".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".onnx", ".gguf", ".sft")
    missing = []
    for class_type, info in recorded_json("object_info.packs.json.gz").items():
        inputs = {**(info["input"].get("required") or {}), **(info["input"].get("optional") or {})}
        for name, spec in inputs.items():
            choices = spec[0] if isinstance(spec[0], list) else spec[1].get("options", []) if len(spec) > 1 else []
            lists_files = any(isinstance(choice, str) and choice.endswith(endings) for choice in choices)
            if lists_files and name not in weight_folders(class_type) and not any(o in class_type for o in OTHERS):
                missing.append(f"{class_type}.{name}")
    assert missing == []


def test_the_files_of_the_official_templates_have_rows() -> None:
    rows = template_rows()
    assert len({row.key for row in rows}) == len(rows) > 250
    curated = {row.key for row in MANIFEST}
    for row in (row for row in rows if row.key not in curated):  # one that is written by hand as well goes first
        assert known(row.name, row.folder) is row and row.sources and row.sources[0].url.startswith("https://")
        assert row.sha256 is None or len(row.sha256) == 64
        assert row.licence.restriction or row.licence.commercial
        named = BUILTIN.names.of(row.folder, row.name)
        assert row.family is None or (named is not None and row.family in named.families), row.name


def test_the_table_of_the_templates_is_what_the_package_says() -> None:
    pytest.importorskip("comfyui_workflow_templates_json", reason="the extra `templates` is not installed")
    text = FILE.read_text(encoding="utf-8")
    for row in [*templates()][::25]:
        for model in models_in(parse(json.loads(template(row.name)))):
            assert model.url is None or known(model.name, FOLDERS_NOW.get(model.folder, model.folder)), model
    assert written_rows(read_rows(text)) == text, "written by `python -m tools.template_weights`"


def test_the_table_of_the_docs_is_the_manifest() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, "run `python -m tools.weights_table`"


def test_families_and_variants_are_those_of_the_checks() -> None:
    for row in MANIFEST:
        if row.family is not None:
            assert row.variant is None or row.variant in family(row.family).variants
