"""The fifteen ways in which model families are mixed up. The server takes every one of these graphs.

Each test's docstring says what ComfyUI 0.33 does with the graph: in quotation marks where it was run with small
weights (so that the numbers of channels are smaller than those of the real models), else as users reported it.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from ryla_graphs import Problem, catalogs
from ryla_graphs.validation import validate, verdict
from tests.conftest import ROOT

GRAPHS = ROOT / "tests" / "data" / "mismatches"
CATALOG = catalogs.bundled() | catalogs.from_object_info(
    json.loads((ROOT / "tests" / "data" / "infinite_you.object_info.json").read_text())
)
SHOWN: set[str] = set()


def graph(name: str) -> dict[str, Any]:
    prompt: dict[str, Any] = json.loads((GRAPHS / f"{name}.json").read_text(encoding="utf-8"))
    return prompt


def mended(prompt: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    """The graph with some inputs changed: ``n8__model=["1", 0]`` is input `model` of node 8."""
    changed = copy.deepcopy(prompt)
    for place, value in inputs.items():
        number, _, name = place.removeprefix("n").partition("__")
        changed[number]["inputs"][name] = value
    return changed


def found(prompt: dict[str, Any]) -> list[Problem]:
    """What is wrong, beyond what is another matter."""
    return [problem for problem in validate(prompt, CATALOG) if problem.code not in ("off_step", "unreached_node")]


def check(name: str, code: str, place: str, ends: tuple[str, ...], way_out: str, mend: dict[str, Any]) -> None:
    """The server takes the graph; there is one error, which names both ends and a way out; mended there is none."""
    SHOWN.add(code)
    prompt = graph(name)
    assert verdict(prompt, CATALOG).accepted
    (problem,) = found(prompt)
    assert (problem.code, problem.level, problem.tier) == (code, "error", 2)
    assert f"{problem.node}.{problem.input}" == place
    assert problem.class_type == prompt[place.partition(".")[0]]["class_type"]
    for end in ends:
        assert end in problem.message, (end, problem.message)
    assert problem.hint is not None
    assert way_out in problem.hint, problem.hint
    good = mended(prompt, **mend)
    assert verdict(good, CATALOG).accepted
    assert found(good) == []


FLUX = "Flux.1 dev from UNETLoader '1' (unet_name='flux1-dev.safetensors')"
FLUX_TEXT = "DualCLIPLoader '2' (clip_name1='clip_l.safetensors', clip_name2='t5xxl_fp16.safetensors', type='flux')"


def test_1_instantid_on_flux() -> None:
    """KSampler: "mat1 and mat2 shapes cannot be multiplied (1x768 and 2816x128)"."""
    mend = {"n8__model": ["1", 0], "n8__positive": ["5", 0], "n8__negative": ["6", 0]}
    ends = ("`ApplyInstantID.model` takes SDXL", f"this model is {FLUX}")
    check("01_instantid_on_flux", "controlnet_family", "24.model", ends, "`flux-instantid`", mend)


def test_1_controlnet_of_sdxl_on_flux() -> None:
    """KSampler: mat1 and mat2 shapes cannot be multiplied (1x768 and 2816x1280)."""
    ends = ("ControlNet is SDXL from ControlNetLoader '22'", f"carries Flux.1 from {FLUX_TEXT}")
    mend = {"n22__control_net_name": "FLUX.1-dev-ControlNet-Union-Pro.safetensors"}
    check("01_sdxl_controlnet_on_flux", "controlnet_family", "24.control_net", ends, "made for Flux.1", mend)


def test_2_controlnet_of_sdxl_where_text_has_no_pooled_vector() -> None:
    """KSampler: 'NoneType' object has no attribute 'shape'."""
    ends = ("ControlNet is SDXL", "carries Z-Image from CLIPLoader '2'", "has no pooled vector")
    mend = {"n24__strength": 0.0}
    code = "controlnet_without_pooled"
    check("02_sdxl_controlnet_on_z_image", code, "24.control_net", ends, "made for Z-Image", mend)


def test_2_instantid_on_sd15() -> None:
    """KSampler: 'NoneType' object has no attribute 'shape'."""
    ends = ("takes SDXL", "this model is SD 1.5 from CheckpointLoaderSimple '1'", "has no pooled vector")
    mend = {"n1__ckpt_name": "sd_xl_base_1.0.safetensors"}
    check("02_instantid_on_sd15", "controlnet_without_pooled", "24.model", ends, "SDXL", mend)


def test_3_tokens_of_instantid_on_sd15() -> None:
    """KSampler: mat1 and mat2 shapes cannot be multiplied (32x2048 and 768x320)."""
    ends = ("takes SDXL", "this model is SD 1.5 from CheckpointLoaderSimple '1'", "another width")
    mend = {"n24__weight": 0.0}
    check("03_instantid_attention_on_sd15", "adapter_width", "24.model", ends, "SDXL", mend)


def test_4_conditioning_of_flux_into_sdxl() -> None:
    """KSampler: "mat1 and mat2 shapes cannot be multiplied (1x2304 and 2816x128)"."""
    ends = (
        "this conditioning is Flux.1 from DualCLIPLoader '12'",
        "`model` carries SDXL from CheckpointLoaderSimple '1' (ckpt_name='sd_xl_base_1.0.safetensors')",
    )
    way_out = "CheckpointLoaderSimple '1', which is SDXL's"
    mend = {"n8__positive": ["5", 0]}
    check("04_flux_conditioning_into_sdxl", "conditioning_family", "8.positive", ends, way_out, mend)


def test_5_latent_with_four_channels_into_flux() -> None:
    """KSampler: "mat1 and mat2 shapes cannot be multiplied (64x16 and 64x128)"."""
    ends = ("this latent is SDXL's 4-channel latents from CheckpointLoaderSimple '11'", FLUX)
    way_out = "VAELoader(vae_name='ae.safetensors')"
    mend = {"n13__vae": ["3", 0]}
    code = "latent_with_fewer_channels"
    check("05_sdxl_latent_into_flux", code, "8.latent_image", ends, way_out, mend)


def test_6_text_encoder_of_sdxl_with_flux() -> None:
    """KSampler: "mat1 and mat2 shapes cannot be multiplied (77x2048 and 4096x128)"."""
    ends = ("this conditioning is SDXL from DualCLIPLoader '2'", "type='sdxl'", f"`model` carries {FLUX}")
    mend = {"n2__type": "flux"}
    check("06_sdxl_text_encoder_with_flux", "text_encoder_family", "8.positive", ends, "type='flux'", mend)


def test_7_text_of_flux_on_z_image() -> None:
    """KSampler: mat1 and mat2 shapes cannot be multiplied; before 0.33 the argument `num_tokens` was missing."""
    ends = (f"this conditioning is Flux.1 from {FLUX_TEXT}", "`model` carries Z-Image turbo from UNETLoader '1'")
    prompt = graph("07_flux_text_on_z_image")
    prompt["2"] = {"class_type": "CLIPLoader", "inputs": {"clip_name": "qwen_3_4b.safetensors", "type": "lumina2"}}
    assert found(prompt) == []
    mend = {"n1__unet_name": "flux1-dev.safetensors", "n20__model": ["1", 0]}
    check("07_flux_text_on_z_image", "lumina_text_encoder", "8.positive", ends, "qwen_3_4b", mend)


def test_8_vae_with_other_channels() -> None:
    """VAEDecode: "weight of size [4, 4, 1, 1], expected input[1, 16, 16, 16] to have 4 channels, but got 16"."""
    ends = ("this VAE is for SDXL's 4-channel latents, from CheckpointLoaderSimple '11'", "UNETLoader '1'")
    prompt = graph("08_sdxl_vae_on_flux")
    prompt["3"] = {"class_type": "VAELoader", "inputs": {"vae_name": "ae.safetensors"}}
    prompt["9"]["inputs"]["vae"] = ["3", 0]
    assert found(prompt) == []
    mend = {"n11__ckpt_name": "flux1-dev-fp8.safetensors"}
    check("08_sdxl_vae_on_flux", "vae_family", "9.vae", ends, "ae.safetensors", mend)


def test_8_vae_of_sd15_on_sdxl() -> None:
    """Nothing: the picture is garbage."""
    ends = ("this VAE is for SD 1.5's 4-channel latents, from VAELoader '11'", "SDXL's 4-channel latents")
    mend = {"n11__vae_name": "sdxl_vae.safetensors"}
    check("08_sd15_vae_on_sdxl", "vae_family", "9.vae", ends, "sdxl_vae.safetensors", mend)


def test_9_latent_with_sixteen_channels_into_sdxl() -> None:
    """KSampler: "weight of size [32, 4, 3, 3], expected input[2, 16, 16, 16] to have 4 channels, but got 16"."""
    ends = ("this latent is Flux.1's 16-channel latents from VAELoader '11'", "SDXL from CheckpointLoaderSimple '1'")
    mend = {"n13__vae": ["1", 2]}
    code = "latent_with_more_channels"
    check("09_flux_latent_into_sdxl", code, "8.latent_image", ends, "the checkpoint's own VAE", mend)


def test_10_bare_model_in_the_loader_of_checkpoints() -> None:
    """CLIPTextEncode: "ERROR: clip input is invalid: None"."""
    ends = ("'flux1-dev.safetensors' holds a diffusion model alone", "no CLIP and no VAE")
    mend = {"n1__ckpt_name": "flux1-dev-fp8.safetensors"}
    check("10_bare_model_in_checkpoint_loader", "not_a_checkpoint", "1.ckpt_name", ends, "UNETLoader", mend)


def test_11_redux_with_another_image_encoder() -> None:
    """StyleModelApply: mat1 and mat2 shapes cannot be multiplied (257x1280 and 1152x12288)."""
    ends = ("takes SigLIP", "encoder is CLIP-ViT-H from CLIPVisionLoader '22' (clip_name='clip_vision_h.safetensors'")
    mend = {"n22__clip_name": "sigclip_vision_patch14_384.safetensors"}
    code = "image_encoder_family"
    check("11_wrong_image_encoder_for_redux", code, "24.clip_vision_output", ends, "sigclip_vision", mend)


def test_12_lora_of_sdxl_on_flux() -> None:
    """Nothing: success, a line ``lora key not loaded`` in the log for each layer, and the picture without the LoRA."""
    ends = ("LoRA is SDXL from LoraLoaderModelOnly '20' (lora_name='sdxl_style.safetensors'", FLUX, "ignores")
    mend = {"n20__strength_model": 0.0}
    check("12_sdxl_lora_on_flux", "lora_family", "20.lora_name", ends, "trained on Flux.1", mend)


def test_13_text_encoder_of_flux2_klein() -> None:
    """KSampler: mat1 and mat2 shapes cannot be multiplied (512x2560 and 7680x3072)."""
    ends = (
        "conditioning is Z-Image from CLIPLoader '2'",
        "type='lumina2'",
        "carries Flux.2 klein-4b from UNETLoader '1'",
    )
    mend = {"n2__type": "flux2"}
    check("13_wrong_encoder_for_flux2_klein", "flux2_text_encoder", "8.positive", ends, "type='flux2'", mend)
    other = mended(graph("13_wrong_encoder_for_flux2_klein"), n2__type="flux2", n2__clip_name="qwen_3_8b.safetensors")
    (problem,) = found(other)
    assert problem.code == "flux2_text_encoder" and "Flux.2 klein-9b" in problem.message


def test_14_a_detector_as_the_model() -> None:
    """KSampler: fails, since the detector is no diffusion model."""
    ends = ("this model is RT-DETR, an object detector from UNETLoader '1'",)
    mend = {"n1__unet_name": "flux1-dev.safetensors"}
    check("14_detector_as_model", "mistaken_socket", "8.model", ends, "diffusion model", mend)


def test_14_the_sockets_of_infinite_you() -> None:
    """ExtractIDEmbedding: fails, since its MODEL sockets carry a face detector, a face recogniser and a projection."""
    ends = ("takes a face recogniser", "this link is a face detector from IDEmbeddingModelLoader '20'")
    mend = {"n22__arcface_model": ["20", 1]}
    check("14_infinite_you_crossed", "mistaken_socket", "22.arcface_model", ends, "a face recogniser", mend)


def test_15_pulid_on_z_image() -> None:
    """KSampler: 'NextDiT' object has no attribute 'forward_orig'."""
    ends = ("`ApplyPulidFlux.model` takes Flux.1", "this model is Z-Image turbo from UNETLoader '1'")
    mend = {"n20__model": ["1", 0]}
    check("15_pulid_on_z_image", "adapter_without_effect", "44.model", ends, "`z-image-instantid`", mend)


def test_15_attention_of_instantid_on_flux() -> None:
    """Nothing: success, and bit for bit the picture without InstantID."""
    ends = ("takes SDXL", f"this model is {FLUX}", "does nothing")
    mend = {"n24__weight": 0.0}
    check("15_instantid_attention_on_flux", "adapter_without_effect", "24.model", ends, "`flux-instantid`", mend)


def test_every_graph_is_tested() -> None:
    names = {path.stem for path in GRAPHS.glob("*.json")}
    text = (ROOT / "tests" / "families" / "test_mismatches.py").read_text(encoding="utf-8")
    assert {name for name in names if f'"{name}"' not in text} == set()
    assert {name[:2] for name in names} == {f"{number:02}" for number in range(1, 16)}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("01_instantid_on_flux", {}),  # its ControlNet runs at strength 0 as well
        ("02_instantid_on_sd15", {}),
    ],
)
def test_instantid_crashes_at_any_strength(name: str, changes: dict[str, Any]) -> None:
    prompt = mended(graph(name), n24__weight=0.0, **changes)
    assert [problem.level for problem in found(prompt)] == ["error"]
