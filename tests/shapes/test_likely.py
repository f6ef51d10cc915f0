"""Classes without a rule hand models on, load them by their names and sample with them, as their sockets suggest."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import catalogs
from ryla_graphs.shapes.guessing import guessed_outputs
from ryla_graphs.shapes.models import CODECS, FORMATS, TEXTS, model_of, vae_of
from ryla_graphs.shapes.registry import Call
from ryla_graphs.shapes.rules import rule
from ryla_graphs.shapes.values import ImageShape, LatentShape, Opaque

CATALOG = catalogs.bundled()
FLUX = model_of("diffusion_models", "flux1-dev.safetensors")
VAE = vae_of("vae", "ae.safetensors")
EMPTY = LatentShape((1, 4, 32, 64), keys={"downscale_ratio_spacial": 8}, empty=True)


def guessed(class_type: str, **inputs: Any) -> dict[str, Any]:
    """What is guessed of a class, by the types of its outputs."""
    schema = CATALOG[class_type]
    assert class_type not in rule
    values, _ = guessed_outputs(Call("1", schema, inputs))
    return {str(output.type): value for output, value in zip(schema.outputs, values, strict=True)}


@pytest.mark.parametrize(
    "class_type", ["Power Lora Loader (rgthree)", "PathchSageAttentionKJ", "IPAdapterAdvanced", "ApplyPulidFlux"]
)
def test_models_are_handed_on(class_type: str) -> None:
    assert guessed(class_type, model=FLUX)["MODEL"] == FLUX


def test_models_are_loaded_by_their_names() -> None:
    gguf = guessed("UnetLoaderGGUF", unet_name="flux1-dev-Q8_0.gguf")["MODEL"]
    assert gguf.facts["format"] == FORMATS["flux"]
    clip = guessed("DualCLIPLoaderGGUF", clip_name1="clip_l.safetensors", clip_name2="t5xxl_fp16.safetensors",
                   type="flux")["CLIP"]  # fmt: skip
    assert clip.facts["text"] == TEXTS["flux1"]
    loaded = guessed("CheckpointLoader|pysssss", ckpt_name="sd_xl_base_1.0.safetensors")
    assert loaded["MODEL"].facts["format"] == FORMATS["sdxl"]
    assert (loaded["CLIP"].facts["text"], loaded["VAE"].facts["codec"]) == (TEXTS["sdxl"], CODECS["sdxl"])
    assert "codec" not in guessed("VAELoaderKJ", vae_name="abc.safetensors")["VAE"].facts


def test_samplers_of_packs() -> None:
    done = guessed("KSampler (Efficient)", model=FLUX, latent_image=EMPTY, optional_vae=VAE)
    assert done["LATENT"].samples == (1, 16, 32, 64)
    assert done["IMAGE"] == ImageShape(1, 256, 512)
    assert (done["MODEL"], done["VAE"]) == (FLUX, VAE)


def test_encoders_of_packs() -> None:
    found = guessed("INPAINT_VAEEncodeInpaintConditioning", vae=VAE, pixels=ImageShape(1, 100, 70))
    assert found["LATENT"].samples == (1, 16, 12, 8)


def test_nothing_is_made_up() -> None:
    assert guessed("Power Lora Loader (rgthree)")["MODEL"] == Opaque("MODEL")
