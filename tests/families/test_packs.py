"""Packs' own sockets and loaders: what they carry, and files of another model in them."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import catalogs
from ryla_graphs.families.pack_sockets import LOADING, PACK_SOCKETS
from ryla_graphs.validation import View, validate

CATALOG = catalogs.bundled()


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def wan(**files: str) -> dict[str, Any]:
    """Wan by WanVideoWrapper, as its examples wire it."""
    named = {
        "model": "Wan2_1-T2V-14B_fp8_e4m3fn.safetensors",
        "vae": "Wan2_1_VAE_bf16.safetensors",
        "text": "umt5-xxl-enc-bf16.safetensors",
        "lora": "Wan21_CausVid_14B_T2V_lora_rank32.safetensors",
    } | files
    return {
        "1": node("WanVideoModelLoader", model=named["model"], base_precision="bf16", lora=["2", 0]),
        "2": node("WanVideoLoraSelect", lora=named["lora"], strength=1.0),
        "3": node("WanVideoVAELoader", model_name=named["vae"]),
        "4": node("LoadWanVideoT5TextEncoder", model_name=named["text"], precision="bf16"),
        "5": node("WanVideoTextEncode", positive_prompt="a", negative_prompt="b", t5=["4", 0]),
        "6": node("WanVideoEmptyEmbeds", width=832, height=480, num_frames=81),
        "7": node("WanVideoSampler", model=["1", 0], text_embeds=["5", 0], image_embeds=["6", 0], steps=20, cfg=6.0),
        "8": node("WanVideoDecode", vae=["3", 0], samples=["7", 0]),
        "9": node("SaveImage", images=["8", 0], filename_prefix="x"),
    }


def found(prompt: Any) -> list[tuple[str, str | None]]:
    errors = (problem for problem in validate(prompt, CATALOG) if problem.level == "error" and problem.tier != 1)
    return [(problem.code, problem.input) for problem in errors]


def test_sockets_of_packs_carry_families() -> None:
    out = View(wan(), CATALOG).families.out
    for number in ("1", "2", "3", "5", "7"):
        carried = out(number)[0]
        assert carried is not None and "wan" in carried.families, number
    vae = out("3")[0]
    assert vae is not None and "wan22-5b" not in vae.families, "by the file's name"
    assert found(wan()) == []


@pytest.mark.parametrize(
    ("files", "code", "field"),
    [
        ({"model": "flux1-dev.safetensors"}, "model_family", "model"),
        ({"lora": "flux1-depth-dev-lora.safetensors"}, "lora_family", "lora"),
        ({"vae": "ae.safetensors"}, "vae_family", "model_name"),
        ({"text": "t5xxl_fp16.safetensors"}, "text_encoder_family", "model_name"),
    ],
)
def test_a_file_of_another_model_is_an_error(files: dict[str, str], code: str, field: str) -> None:
    assert (code, field) in found(wan(**files))
    assert found(wan(**dict.fromkeys(files, "mine.safetensors"))) == [], "what is unknown is no error"


def test_a_latent_of_another_model_is_an_error() -> None:
    prompt = wan() | {
        "10": node("VAEEncode", pixels=["11", 0], vae=["12", 0]),
        "11": node("EmptyImage", width=64, height=64, batch_size=1, color=0),
        "12": node("VAELoader", vae_name="ae.safetensors"),
    }
    prompt["8"]["inputs"]["samples"] = ["10", 0]
    assert found(prompt) == [("vae_family", "vae")]


def sdxl(model: str, **patched: Any) -> dict[str, Any]:
    loader = node("CheckpointLoaderSimple", ckpt_name=model) if "xl" in model else node("UNETLoader", unet_name=model)
    return {"1": loader, **patched, "9": node("PreviewAny", source=["3", 0])}


@pytest.mark.parametrize("model", ["sd_xl_base_1.0.safetensors", "flux1-dev.safetensors"])
@pytest.mark.parametrize("pulid", ["PulidModelLoader", "NunchakuPulidLoader"])
def test_one_socket_name_carries_two_families(model: str, pulid: str) -> None:
    """PULID is SDXL's in its own pack, and Flux.1's in Nunchaku's."""
    of_flux = pulid.startswith("Nunchaku")
    given: dict[str, Any] = {"pulid_file": "pulid.safetensors"} | ({"model": ["1", 0]} if of_flux else {})
    apply = node("ApplyPulid", model=["1", 0], pulid=["2", 1 if of_flux else 0], method="fidelity", weight=1.0)
    codes = [code for code, _ in found(sdxl(model, **{"2": node(pulid, **given), "3": apply}))]
    assert ("adapter_family" in codes) == (of_flux != model.startswith("flux"))


def test_an_inpainting_patch_is_for_sdxl() -> None:
    patch = node("INPAINT_LoadFooocusInpaint", head="fooocus_inpaint_head.pth", patch="inpaint_v26.fooocus.patch")
    apply = node("INPAINT_ApplyFooocusInpaint", model=["1", 0], patch=["2", 0], latent=["4", 0])
    empty = node("EmptySD3LatentImage", width=64, height=64, batch_size=1)
    for model, wrong in (("sd_xl_base_1.0.safetensors", False), ("flux1-dev.safetensors", True)):
        codes = [code for code, _ in found(sdxl(model, **{"2": patch, "3": apply, "4": empty}))]
        assert ("adapter_family" in codes) == wrong


def test_rows_are_of_sockets_and_classes_that_exist() -> None:
    assert set(LOADING) <= set(CATALOG)
    made = {str(type_) for name in CATALOG for type_ in CATALOG[name].output_types}
    assert set(PACK_SOCKETS) <= made
