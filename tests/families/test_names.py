"""What names of files tell: this year's models, and that a generation that no row knows makes a name unknown."""

from __future__ import annotations

import json
import re

import pytest

from ryla_graphs.families import BUILTIN, FAMILIES, Detected, FileKind
from ryla_graphs.families.evidence import evidence
from ryla_graphs.families.generations import GENERATIONS
from ryla_graphs.weights.precision import quantisation
from tests.conftest import recorded

NEUTRAL = {"audio_encoders", "background_removal", "detection", "embeddings", "frame_interpolation", "optical_flow"} | {
    "geometry_estimation",
    "upscale_models",
}
"""Folders of files that are of no family."""
SOUND = ("audio-vae", "audio_vae")


def test_the_newest_templates_files_are_known() -> None:
    for folder, files in json.loads(recorded("families.new.json").read_text())["unrecognised"].items():
        for name in files if folder not in NEUTRAL else ():
            if not any(word in name for word in SOUND):
                assert BUILTIN.names.of(folder, name) is not None, f"{folder}/{name}"


@pytest.mark.parametrize(
    ("folder", "name", "family", "variant"),
    [
        ("diffusion_models", "flux3-image-klein-int8-convrot.safetensors", "flux3", "klein"),
        ("diffusion_models", "flux3-image-klein-base-int8-convrot.safetensors", "flux3", "klein-base"),
        ("controlnet", "flux3-image-klein-controlnet-union.safetensors", "flux3", "klein"),
        ("loras", "flux3_klein_some_lora.safetensors", "flux3", None),
        ("diffusion_models", "qwen_image_2.1_turbo_int8_convrot.safetensors", "qwen-image-21", "turbo"),
        ("vae", "qwen_image_2.1_vae_bf16.safetensors", "qwen-image-21", None),
        ("diffusion_models", "pid_flux1_1024_to_4096_4step_bf16.safetensors", "pid", None),
        ("diffusion_models", "moss_image_sft_int8_convrot.safetensors", "moss-image", "sft"),
        ("diffusion_models", "fibo2_edit_turbo_int8_convrot.safetensors", "fibo2", "edit-turbo"),
        ("diffusion_models", "ming_image_0.1_design_int8_convrot.safetensors", "ming-image", None),
        ("diffusion_models", "fasth3_omniref_8step_pruned_int8_convrot.safetensors", "minimax-h3", None),
        ("diffusion_models", "pixal3d_int8_convrot.safetensors", "trellis2", "pixal3d"),
        ("checkpoints", "yue2_3b_int8_convrot.safetensors", "yue2", None),
        ("diffusion_models", "mage_flow_edit_turbo_int8_convrot.safetensors", "mage-flow", None),
        ("diffusion_models", "lens_turbo_bf16.safetensors", "lens", "turbo"),
        ("diffusion_models", "humo_17B_fp8_e4m3fn.safetensors", "wan", "humo"),
        ("diffusion_models", "lotus-depth-d-v1-1.safetensors", "lotus", None),
        ("loras", "marigold_v2_normals.safetensors", "qwen-image", None),
        ("checkpoints", "sdpose_wholebody_fp16.safetensors", "sdpose", None),
        ("checkpoints", "ponyDiffusionV6XL.safetensors", "sdxl", None),
        ("checkpoints", "ponyV7.safetensors", "aura-flow", None),
    ],
)
def test_a_name_tells_family_and_variant(folder: str, name: str, family: str, variant: str | None) -> None:
    found = BUILTIN.names.of(folder, name)
    assert found is not None and found.families == {family} and found.variant == variant


def header(kind: FileKind, *families: str) -> Detected:
    return Detected(kind=kind, families=frozenset(families))


@pytest.mark.parametrize(
    ("folder", "name", "read", "families"),
    [
        ("diffusion_models", "flux3-image-klein.safetensors", header("diffusion model", "flux2"), {"flux3"}),
        ("diffusion_models", "ming_image_0.1_design.safetensors", header("diffusion model", "z-image"), {"ming-image"}),
        ("vae", "qwen_image_2.1_vae.safetensors", header("vae", "wan22-5b"), {"qwen-image-21"}),
        ("diffusion_models", "flux4-dev.safetensors", header("diffusion model", "flux2"), set()),
        ("diffusion_models", "my_flux2.safetensors", header("diffusion model", "flux1"), {"flux1"}),
        ("vae", "wan_2.1_vae.safetensors", header("vae", "wan22-5b"), {"wan22-5b"}),
        ("diffusion_models", "mine.safetensors", header("diffusion model", "flux2"), {"flux2"}),
    ],
)
def test_a_header_tells_no_newer_model_from_its_forerunner(
    folder: str, name: str, read: Detected, families: set[str]
) -> None:
    found = evidence(BUILTIN.names, {(folder, name): read}, folder, name)
    assert found is not None and found.families == families


STEMS = {
    "flux": ("flux", "4"),
    "flux-1": ("flux1", "1.5"),
    "flux-2": ("flux2", "2.5"),
    "qwen": ("qwen_image_", "3"),
    "qwen-edit": ("qwen_image_edit_", "2.2"),
    "z-image": ("z_image_", "2"),
    "wan": ("wan", "2.3"),
    "wan-glued": ("Wan", "30"),
    "hunyuan": ("hunyuan_video_", "2"),
    "hunyuan-3d": ("hunyuan3d-dit-v", "3"),
    "ltx": ("ltx-", "2.6"),
    "ltx-3": ("ltx-", "3"),
    "ace": ("ace_step_v", "2"),
    "hidream": ("hidream_i", "2"),
    "lumina": ("lumina_", "3"),
    "kandinsky": ("kandinsky", "6"),
    "audio": ("stable_audio_", "4"),
    "chroma": ("chroma", "2"),
    "krea": ("krea", "3"),
    "minimax": ("minimax_h", "4"),
    "seedvr": ("seedvr", "3"),
    "trellis": ("trellis_", "3"),
    "fibo": ("fibo", "3"),
    "moss": ("moss_image_", "2"),
    "cosmos": ("cosmos_predict", "3"),
    "omnigen": ("omnigen", "3"),
    "ideogram": ("ideogram", "5"),
    "yue": ("yue", "3"),
}
SHAPES = ("{}{}_bf16.safetensors", "{}{}-dev-fp8.safetensors", "models/{}{}_14B_fp16.safetensors", "{}{}.gguf")


@pytest.mark.parametrize(("stem", "number"), STEMS.values(), ids=STEMS)
@pytest.mark.parametrize("folder", ["diffusion_models", "checkpoints", "loras", "controlnet", "vae"])
def test_a_new_generation_is_unknown(stem: str, number: str, folder: str) -> None:
    for shape in SHAPES:
        name = shape.format(stem, number)
        assert BUILTIN.names.of(folder, name) is None, name


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("flux1-dev-8steps.safetensors", "flux1"),
        ("FLUX.1-Turbo-Alpha.safetensors", "flux1"),
        ("flux-2-klein-4b.safetensors", "flux2"),
        ("qwen_image_2512_fp8.safetensors", "qwen-image"),
        ("qwen_image_20b.safetensors", "qwen-image"),
        ("Qwen-Image-4steps-lora.safetensors", "qwen-image"),
        ("z_image_2k_detail.safetensors", "z-image"),
        ("ltx-2-19b-dev.safetensors", "ltxav"),
        ("ltx-2.3-22b.safetensors", "ltxav"),
        ("wan2.2_t2v_low_noise_14B.safetensors", "wan"),
        ("Wan21_T2V_14B.safetensors", "wan"),
        ("hidream_e1_1_bf16.safetensors", "hidream"),
        ("ace_step_v1_3.5b.safetensors", "ace"),
        ("hunyuan3d-dit-v2-mv.safetensors", "hunyuan3d"),
    ],
)
def test_counts_and_sizes_are_no_generations(name: str, family: str) -> None:
    found = BUILTIN.names.of("diffusion_models", name)
    assert found is not None and found.families == {family}


def test_each_line_of_models_knows_its_own_generations() -> None:
    for row in GENERATIONS:
        assert re.compile(row.stem) and re.compile(row.known)
    assert all(name for name in FAMILIES)


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("flux3-image-klein-int8-convrot.safetensors", "int8"),
        ("moss_image_base_int8_convrot.safetensors", "int8"),
        ("gpt_oss_20b_nvfp4.safetensors", "fp4"),
        ("qwen3vl_32b_minimax_h3_nvfp4_awq.safetensors", "fp4"),
        ("qwen3.5_9b_w4a8_gptq.safetensors", "int4"),
        ("qwen3.8_27b_w4a8.safetensors", "int4"),
        ("gemma_3_12B_it_fp4_mixed.safetensors", "mixed"),
        ("flux2_dev_fp8mixed.safetensors", "mixed"),
    ],
)
def test_precisions_of_this_year(name: str, precision: str) -> None:
    found = quantisation(name)
    assert found is not None and found.precision == precision
