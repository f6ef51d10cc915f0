"""What wires carry, and that it follows from the graph alone."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import Catalog, Problem, Workflow, presets
from ryla_graphs.families import (
    Detected,
    FamilyRules,
)
from ryla_graphs.nodes import CheckpointLoaderSimple, ConditioningZeroOut, KSampler, UNETLoader
from ryla_graphs.testing import mutations
from ryla_graphs.validation import View, validate
from ryla_graphs.validation.families import FAMILY_RULES
from tests.families.test_mismatches import CATALOG, GRAPHS, graph, mended

FILES = ("unet_name", "ckpt_name", "clip_name", "clip_name1", "clip_name2", "vae_name", "lora_name", "control_net_name")


def families(prompt: dict[str, Any], number: str, slot: int = 0, catalog: Catalog = CATALOG) -> set[str] | None:
    outputs = View(prompt, catalog).families.out(number)
    carried = outputs[slot] if slot < len(outputs) else None
    return None if carried is None else set(carried.families)


def reported(prompt: Any, catalog: Catalog = CATALOG, **files: Any) -> list[Problem]:
    """What the rules about families say."""
    view = View(prompt, catalog, **files)
    return [problem for rule in FAMILY_RULES for problem in rule(view)]


def codes(prompt: Any, catalog: Catalog = CATALOG, **files: Any) -> list[str]:
    return [problem.code for problem in reported(prompt, catalog, **files)]


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


FLUX = mended(graph("12_sdxl_lora_on_flux"), n20__lora_name="character.safetensors")
"""Flux.1 with an unknown LoRA: loader 1, LoRA 20, text 2 to 6, VAE 3, sampler 8."""


SDXL = mended(graph("04_flux_conditioning_into_sdxl"), n8__positive=["5", 0])
"""SDXL: checkpoint 1, text 5 and 6, sampler 8."""


# What flows where


def test_families_flow_from_the_loaders_to_the_latent() -> None:
    assert families(FLUX, "1") == families(FLUX, "20") == families(FLUX, "2") == families(FLUX, "5") == {"flux1"}
    assert {"flux1", "z-image", "hidream"} <= (families(FLUX, "8") or set())
    assert families(FLUX, "8") == families(FLUX, "3")
    assert families(FLUX, "9") is None  # an IMAGE is neutral
    assert families(SDXL, "1", 0) == families(SDXL, "1", 1) == families(SDXL, "6") == {"sdxl"}
    assert {"sdxl", "sdxl-refiner"} <= (families(SDXL, "1", 2) or set())


def test_unknown_files_are_unknown_and_go_with_everything() -> None:
    prompt = mended(FLUX, n1__unet_name="mine.safetensors", n3__vae_name="mine.safetensors")
    assert families(prompt, "1") is families(prompt, "20") is families(prompt, "8") is None
    assert codes(prompt) == []


@pytest.mark.parametrize(
    ("name", "type_", "expected"),
    [
        ("qwen_3_4b.safetensors", "lumina2", {"z-image"}),
        ("qwen_3_4b.safetensors", "wan", {"z-image"}),
        ("qwen_3_4b.safetensors", "flux2", {"flux2"}),
        ("mine.safetensors", "chroma", {"chroma", "chroma-radiance"}),
        ("umt5_xxl_fp16.safetensors", "wan", {"wan", "wan22-5b"}),
        ("mine.safetensors", "new", None),
    ],
)
def test_text_encoders(name: str, type_: str, expected: set[str] | None) -> None:
    assert families({"1": node("CLIPLoader", clip_name=name, type=type_)}, "1") == expected


def test_a_switch_is_followed_where_its_value_is_known() -> None:
    prompt = {
        "1": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="default"),
        "2": node("CheckpointLoaderSimple", ckpt_name="sd_xl_base_1.0.safetensors"),
        "3": node("ComfySwitchNode", switch=True, on_false=["1", 0], on_true=["2", 0]),
        "4": node("PrimitiveBoolean", value=False),
        "5": node("CheckpointLoaderSimple", ckpt_name="mine.safetensors"),
        "6": node("EmptyLatentImage"),
    }
    assert families(prompt, "3") == {"sdxl"}
    assert families(mended(prompt, n3__switch=["4", 0]), "3") == {"flux1"}
    assert families(mended(prompt, n3__switch=["6", 0]), "3") == {"flux1", "sdxl"}
    assert families(mended(prompt, n3__switch=["6", 0], n3__on_true=["5", 0]), "3") is None


def test_names_and_strengths_may_come_from_primitives() -> None:
    prompt = mended(graph("12_sdxl_lora_on_flux"), n20__strength_model=["30", 0], n20__lora_name=["31", 0])
    prompt["30"] = node("PrimitiveFloat", value=0.5)
    prompt["31"] = node("PrimitiveString", value="sdxl_style.safetensors")
    assert codes(prompt) == ["lora_family"]
    assert codes(mended(prompt, n30__value=0.0)) == []
    assert codes(mended(prompt, n31__value="mine.safetensors")) == []


def test_a_controlnet_narrows_unknown_text() -> None:
    prompt = mended(graph("01_sdxl_controlnet_on_flux"), n2__type="new", n2__clip_name1="a", n2__clip_name2="b")
    assert families(prompt, "24") == {"sdxl"}
    (problem,) = reported(prompt)
    assert (problem.code, problem.node, problem.input) == ("controlnet_family", "8", "positive")
    assert "ControlNetLoader '22'" in problem.message
    assert families(mended(prompt, n24__strength=0.0), "24") is None


def test_latents_of_zeros_fit_any_model_of_the_core_samplers() -> None:
    prompt = copy.deepcopy(FLUX)
    prompt["7"] = node("EmptyLatentImage", width=1024, height=1024, batch_size=1)
    assert codes(prompt) == []
    prompt["7"] = node("LatentUpscaleBy", samples=["30", 0], upscale_method="area", scale_by=2.0)
    prompt["30"] = node("EmptyLatentImage", width=1024, height=1024, batch_size=1)
    assert codes(prompt) == []


def test_cycles_and_dangling_links_are_unknown() -> None:
    prompt = mended(FLUX, n20__model=["20", 0])
    assert families(prompt, "20") is families(prompt, "8") is None
    assert families(mended(FLUX, n20__model=["404", 0]), "20") is None
    assert families(mended(FLUX, n20__model=["1", 9]), "20") is None
    assert families(mended(FLUX, n20__model=["1", -1]), "20") == {"flux1"}  # the server counts from the end as well


def test_a_face_goes_from_flux_to_sdxl_over_a_picture() -> None:
    workflow = presets.get("flux-instantid").build(prompt="x", referenceImage="r.png")
    assert [p.code for p in workflow.validate() if p.level != "note"] == []


# Evidence


def test_headers_are_believed_before_names() -> None:
    sdxl = Detected(kind="lora", families=frozenset({"sdxl"}), evidence="x")
    flux = Detected(kind="lora", families=frozenset({"flux1", "chroma"}), evidence="x")
    place = ("loras", "sdxl_style.safetensors")
    prompt = graph("12_sdxl_lora_on_flux")
    assert codes(prompt, files={place: flux}) == []
    (problem,) = reported(prompt, files={place: sdxl})
    assert "its header says so" in problem.message
    assert codes(FLUX, files={("loras", "character.safetensors"): sdxl}) == ["lora_family"]


def test_names_narrow_what_a_header_leaves_open() -> None:
    four = Detected(kind="vae", families=frozenset({"sd15", "sd2", "sdxl", "sdxl-refiner"}), evidence="x")
    prompt = graph("08_sd15_vae_on_sdxl")
    place = ("vae", "vae-ft-mse-840000-ema-pruned.safetensors")
    assert codes(prompt, files={place: four}) == ["vae_family"]
    assert codes(mended(prompt, n11__vae_name="mine.safetensors"), files={("vae", "mine.safetensors"): four}) == []


def test_files_of_another_kind_are_named() -> None:
    lora = Detected(kind="lora", families=frozenset({"sdxl"}), evidence="lora_te1_x")
    (problem,) = reported(FLUX, files={("vae", "ae.safetensors"): lora})
    assert (problem.code, problem.node, problem.input) == ("wrong_file_kind", "3", "vae_name")
    assert "is a LoRA of SDXL, by its header (lora_te1_x)" in problem.message
    bare = Detected(kind="diffusion model", families=frozenset({"sdxl"}), parts=frozenset({"diffusion model"}))
    assert codes(SDXL, files={("checkpoints", "sd_xl_base_1.0.safetensors"): bare}) == ["not_a_checkpoint"]


def test_checkpoints_used_for_their_model_alone_may_be_bare() -> None:
    prompt = mended(FLUX, n20__model=["30", 0])
    prompt["30"] = node("CheckpointLoaderSimple", ckpt_name="flux1-dev.safetensors")
    assert codes(prompt) == []


def test_messages_name_the_lines_of_python() -> None:
    model = UNETLoader(unet_name="flux1-dev.safetensors")
    checkpoint = CheckpointLoaderSimple(ckpt_name="sd_xl_base_1.0.safetensors").out
    from ryla_graphs.nodes import CLIPTextEncode, EmptyLatentImage, SaveLatent

    text = CLIPTextEncode(clip=checkpoint.clip, text="x")
    sampler = KSampler(
        model=model,
        positive=text,
        negative=ConditioningZeroOut(conditioning=text),
        cfg=1.0,
        latent_image=EmptyLatentImage(width=64, height=64),
    )
    (problem,) = Workflow(SaveLatent(samples=sampler)).validate()
    assert problem.code == "text_encoder_family"
    assert problem.source is not None and "test_inference.py" in problem.source
    assert f"(unet_name='flux1-dev.safetensors') in {model.source_}" in problem.message


# Warnings


def test_settings_of_another_family() -> None:
    prompt = mended(SDXL, n8__model=["30", 0], n8__positive=["31", 0])
    prompt["30"] = node("ModelSamplingFlux", model=["1", 0], max_shift=1.15, base_shift=0.5, width=1024, height=1024)
    prompt["31"] = node("FluxGuidance", conditioning=["5", 0], guidance=3.5)
    problems = reported(prompt)
    assert {(p.code, p.level, p.node) for p in problems} == {
        ("setting_family", "warning", "30"),
        ("setting_family", "warning", "31"),
    }


def test_guidance_on_schnell() -> None:
    prompt = mended(FLUX, n1__unet_name="flux1-schnell.safetensors")
    (problem,) = reported(prompt)
    assert (problem.code, problem.level, problem.node) == ("guidance_without_effect", "warning", "5")
    assert "UNETLoader '1'" in problem.message
    assert codes(mended(prompt, n8__positive=["4", 0])) == []
    guider = mended(prompt, n8__positive=["4", 0])
    guider["30"] = node("BasicGuider", model=["20", 0], conditioning=["5", 0])
    guider["31"] = node("SamplerCustomAdvanced", guider=["30", 0], latent_image=["7", 0])
    guider["9"]["inputs"]["samples"] = ["31", 0]
    assert codes(guider) == ["guidance_without_effect"]


def test_cfg_of_sdxl_on_flux() -> None:
    (problem,) = reported(mended(FLUX, n8__cfg=7.0))
    assert (problem.code, problem.level, problem.input) == ("cfg_too_high", "warning", "cfg")
    assert codes(mended(FLUX, n8__cfg=3.5)) == []
    assert codes(mended(FLUX, n8__cfg=7.0, n1__unet_name="flux1-dev-de-distill.safetensors")) == []
    assert codes(mended(SDXL, n8__cfg=7.0)) == []


def test_one_text_on_both_sides() -> None:
    assert codes(mended(SDXL, n8__negative=["5", 0])) == ["same_text_twice"]
    assert codes(mended(SDXL, n8__negative=["5", 0], n8__cfg=1.0)) == []


def test_patches_that_nothing_uses() -> None:
    prompt = mended(graph("01_instantid_on_flux"), n1__unet_name="mine", n2__type="sdxl", n24__positive=["4", 0])
    prompt = mended(prompt, n8__model=["1", 0])
    assert codes(prompt) == ["unused_patch"]
    lora = mended(SDXL, n5__clip=["30", 1])
    lora["30"] = node(
        "LoraLoader",
        model=["1", 0],
        clip=["1", 1],
        lora_name="x.safetensors",
        strength_model=1.0,
        strength_clip=1.0,
    )
    (problem,) = reported(lora)
    assert (problem.code, problem.level, problem.node) == ("unused_patch", "warning", "30")
    assert "output 0 (MODEL)" in (problem.hint or "")
    assert codes(mended(lora, n30__strength_model=0.0)) == []


def test_other_meetings() -> None:
    merged = mended(FLUX, n8__model=["31", 0])
    merged["30"] = node("CheckpointLoaderSimple", ckpt_name="sd_xl_base_1.0.safetensors")
    merged["31"] = node("ModelMergeSimple", model1=["20", 0], model2=["30", 0], ratio=0.5)
    assert codes(merged) == ["model_family"]
    patched = mended(FLUX, n8__model=["31", 0])
    patched["30"] = node("ModelPatchLoader", name="qwen_image_canny_diffsynth_controlnet.safetensors")
    patched["32"] = node("LoadImage", image="x.png")
    patched["31"] = node(
        "QwenImageDiffsynthControlnet",
        model=["20", 0],
        model_patch=["30", 0],
        vae=["3", 0],
        image=["32", 0],
        strength=1.0,
    )
    assert codes(patched) == ["adapter_family"]
    latent = mended(SDXL, n1__ckpt_name="sd3.5_large.safetensors", n8__latent_image=["13", 0])
    latent |= {key: graph("09_flux_latent_into_sdxl")[key] for key in ("11", "12", "13")}
    assert codes(latent) == ["latent_family"]


def test_one_mistake_is_reported_once_and_names_the_other_places() -> None:
    prompt = graph("06_sdxl_text_encoder_with_flux")
    prompt["30"] = copy.deepcopy(prompt["8"]) | {}
    prompt["30"]["inputs"]["seed"] = 7
    prompt["31"] = node("VAEDecode", samples=["30", 0], vae=["3", 0])
    prompt["32"] = node("SaveImage", images=["31", 0], filename_prefix="x")
    (problem,) = reported(prompt)
    assert problem.node == "8" and problem.message.endswith("; the same at '30'")


# Laws


@cache
def good_graphs() -> tuple[dict[str, Any], ...]:
    """Graphs without an error: the mended mismatches' friends, and the presets'."""
    given = {"prompt": "x", "seed": 1, "referenceImage": "r.png", "loraId": "me"}
    built = []
    for name in ("flux-dev", "flux-lora", "flux-instantid"):
        known = {key: value for key, value in given.items() if key in _parameters(name)}
        built.append(json.loads(presets.get(name).build(known).compile().json()))
    return (FLUX, SDXL, *built)


def _parameters(name: str) -> set[str]:
    fields = presets.get(name).parameters.model_fields
    return {field.alias or key for key, field in fields.items()} | set(fields)


@cache
def all_graphs() -> tuple[dict[str, Any], ...]:
    return (*good_graphs(), *(json.loads(path.read_text()) for path in sorted(GRAPHS.glob("*.json"))))


def shuffled(prompt: Any, random: Any) -> Any:
    """The same prompt with its nodes in another order."""
    numbers = list(prompt)
    random.shuffle(numbers)
    return {number: prompt[number] for number in numbers}


@given(st.data(), st.randoms(use_true_random=False))
def test_nothing_depends_on_the_order_of_nodes(data: st.DataObject, random: Any) -> None:
    prompt = data.draw(st.sampled_from(all_graphs()))
    if data.draw(st.booleans()):
        prompt = data.draw(mutations(prompt))
    if not isinstance(prompt, dict):
        return
    again = shuffled(prompt, random)
    first, second = View(prompt, CATALOG).families, View(again, CATALOG).families
    assert {n: first.out(n) for n in prompt} == {n: second.out(n) for n in prompt}
    assert sorted(map(str, reported(prompt))) == sorted(map(str, reported(again)))


@given(st.data())
def test_an_unknown_file_never_makes_an_error(data: st.DataObject) -> None:
    prompt = copy.deepcopy(data.draw(st.sampled_from(good_graphs())))
    for body in prompt.values():
        for name in FILES:
            if name in body["inputs"] and data.draw(st.booleans()):
                body["inputs"][name] = data.draw(
                    st.sampled_from(["mine.safetensors", "x/y.sft", "", "\N{DUCK}", "a" * 999])
                )
    assert [problem for problem in reported(prompt) if problem.level == "error"] == []


@given(st.data())
def test_where_nothing_is_known_nothing_is_wrong(data: st.DataObject) -> None:
    prompt = data.draw(st.sampled_from(all_graphs()))
    nothing = CATALOG.replace(families=FamilyRules())
    assert [problem for problem in reported(prompt, nothing) if problem.level == "error"] == []


@given(st.data())
def test_no_prompt_raises(data: st.DataObject) -> None:
    prompt = data.draw(mutations(data.draw(st.sampled_from(all_graphs())), most=4))
    validate(prompt, CATALOG)
