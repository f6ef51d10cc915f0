"""No false alarm and no silence: what official templates and graphs of users load belongs together, and files of other
models in them do not. `pytest -s` prints the tables; `RYLA_FULL=1` reads every template that is installed."""

from __future__ import annotations

import copy
import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs import Problem, catalogs
from ryla_graphs.families.family import latents_of
from ryla_graphs.prompt import PromptNode
from ryla_graphs.sources import open_document
from ryla_graphs.sources.templates import templates
from ryla_graphs.validation import View, validate
from ryla_graphs.validation.families import FAMILY_RULES
from tests.conftest import SHARED, recorded

CATALOG = catalogs.bundled()
KINDS = ("template", "template2", "template3")
KEPT = ("name", "kind", "api", "all_types_known")
EVERY = 1 if os.environ.get("RYLA_FULL") else 7
"""Of the installed templates, which have to be converted first."""


@cache
def pairs() -> tuple[dict[str, Any], ...]:
    rows: list[dict[str, Any]] = []
    for name in ("pairs.dev.jsonl.gz", "pairs.new.dev.jsonl.gz"):
        with gzip.open(recorded(name), "rt", encoding="utf-8") as file:
            rows += [{key: row[key] for key in KEPT} for row in map(json.loads, file)]
    return tuple(rows)


def recorded_templates() -> Iterator[tuple[str, Any]]:
    """Those that the editor itself turned into prompts, whether their classes are known or not."""
    return ((row["name"], row["api"]) for row in pairs() if row["kind"] in KINDS)


def installed_templates() -> Iterator[tuple[str, Any]]:
    """Those of the newest package, if it is there."""
    pytest.importorskip("comfyui_workflow_templates_json", reason="the extra `templates` is not installed")
    return ((row.name, open_document(f"template:{row.name}").prompt) for row in [*templates()][::EVERY])


def findings(view: View) -> list[Problem]:
    return [problem for rule in FAMILY_RULES for problem in rule(view)]


def errors(prompts: Iterator[tuple[str, Any]]) -> list[tuple[str, str]]:
    views = ((name, View(prompt, CATALOG)) for name, prompt in prompts)
    return [(name, str(found)) for name, view in views for found in findings(view) if found.level == "error"]


def test_recorded_templates_have_no_error() -> None:
    assert errors(recorded_templates()) == []
    reported = Counter(
        problem.code
        for row in pairs()
        if row["kind"] in KINDS[:2] and row["all_types_known"]
        for problem in findings(View(row["api"], CATALOG))
    )
    print("\nwarnings", dict(reported))
    assert reported <= Counter(unused_patch=4, setting_family=2)


def test_installed_templates_have_no_error() -> None:
    assert errors(installed_templates()) == []


def test_graphs_of_users_have_no_error() -> None:
    assert errors((row["name"], row["api"]) for row in pairs() if row["kind"] not in KINDS) == []


def test_most_wires_of_templates_have_a_family() -> None:
    known = unknown = 0
    for row in pairs():
        if row["kind"] not in KINDS[:2] or not row["all_types_known"]:
            continue
        view = View(row["api"], CATALOG)
        for number, node in view.nodes.items():
            outputs = view.families.out(number)
            for slot, type_ in enumerate(node.schema.output_types):
                if type_ in ("MODEL", "CLIP", "CONDITIONING", "LATENT", "VAE", "GUIDER"):
                    found = outputs[slot] if slot < len(outputs) else None
                    known, unknown = known + (found is not None), unknown + (found is None)
    print(f"\n{known} wires of a known family, {unknown} of an unknown one")
    assert known > 14 * unknown


OTHERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "UNETLoader": ("unet_name", ("flux1-dev.safetensors", "wan2.1_t2v_14B_fp8_scaled.safetensors")),
    "VAELoader": ("vae_name", ("mochi_vae.safetensors", "ae.safetensors")),
    "CLIPLoader": ("clip_name", ("umt5_xxl_fp8_e4m3fn_scaled.safetensors", "clip_l.safetensors")),
    "LoraLoaderModelOnly": ("lora_name", ("sdxl_lightning.safetensors", "wan2.2_some_lora.safetensors")),
}
"""Loaders, and files of two models of which at least one is another than the graph's."""
UNSEEN = (
    "chroma_text_to_image",  # Chroma is made of Flux.1, and reads its text and its latents
    "3d_triposplat",  # a VAE goes into a node of its own, which asks for nothing
)
"""Templates in which some file of another model is not seen."""


def swapped(view: View) -> Iterator[tuple[str, str, str, str]]:
    """Each loader of a graph with a file of another model: the node, its class, the file that was there, the other."""
    for number, node in view.nodes.items():
        if node.class_type not in OTHERS or number not in view.reached:
            continue
        name, files = OTHERS[node.class_type]
        given = node.inputs.get(name)
        if isinstance(given, str) and (other := _other(view, node, given, files)) and _is_for_a_model(view, number):
            yield number, node.class_type, given, other


def _other(view: View, node: PromptNode, given: str, files: tuple[str, ...]) -> str | None:
    (folder,) = view.families.files(node).values()
    now = view.families.evidence(folder, given)
    for file in files if now is not None else ():
        new = view.families.evidence(folder, file)
        assert now is not None and new is not None
        same = now.families & new.families or latents_of(now.families) & latents_of(new.families)
        if not same and (folder != "text_encoders" or now.encoder != new.encoder):
            return file
    return None


def _is_for_a_model(view: View, number: str) -> bool:
    """Whether anything but a writer of texts uses what the loader gives."""
    users = [node.class_type for node in view.nodes.values() for link in node.wires.values() if link[0] == number]
    return any(not user.startswith("TextGenerate") for user in users)


def test_a_file_of_another_model_is_found() -> None:
    rows = [row for row in pairs() if row["kind"] in KINDS[:2] and row["all_types_known"]]
    tried: Counter[str] = Counter()
    missed = []
    for row in rows:
        for number, loader, given, other in swapped(View(row["api"], CATALOG)):
            prompt = copy.deepcopy(row["api"])
            prompt[number]["inputs"][OTHERS[loader][0]] = other
            tried[loader] += 1
            seen = any(problem.level == "error" for problem in findings(View(prompt, CATALOG)))
            if not seen and not any(word in row["name"] for word in UNSEEN):
                missed.append((row["name"], number, given, other))
    print("\nswapped", dict(tried))
    assert missed == [] and sum(tried.values()) > 500


def graphs() -> list[Path]:
    return sorted((SHARED / "graphs").glob("*.json"))


@pytest.mark.parametrize("path", graphs(), ids=lambda path: path.stem)
def test_recorded_pipelines(path: Path) -> None:
    problems = [p for p in validate(json.loads(path.read_text()), CATALOG) if p.code != "off_step"]
    bad = ["controlnet_family"] if path.stem.startswith("bad_") else []
    assert [problem.code for problem in problems] == bad
