"""Pictures that a model looks at cost tokens in every step."""

from __future__ import annotations

import pytest

from ryla_graphs.plan.architectures import ARCHITECTURES
from ryla_graphs.plan.plan import StagePlan
from tests.plan.prompts import Prompt, flux, node, planned


def referring(*sides: tuple[int, int], unet: str = "flux1-dev-kontext_fp8_scaled.safetensors") -> Prompt:
    """A graph whose prompt looks at empty latents of some sizes."""
    prompt = flux(unet=unet, positive=["text", 0])
    for place, (width, height) in enumerate(sides):
        prompt[f"latent{place}"] = node("EmptySD3LatentImage", width=width, height=height, batch_size=1)
        behind = prompt["sampler"]["inputs"]["positive"]
        prompt[f"seen{place}"] = node("ReferenceLatent", conditioning=behind, latent=[f"latent{place}", 0])
        prompt["sampler"]["inputs"]["positive"] = [f"seen{place}", 0]
    return prompt


def sampled(prompt: Prompt) -> StagePlan:
    return next(stage for stage in planned(prompt).stages if stage.kind == "sample")


def test_each_reference_adds_its_tokens_to_every_step() -> None:
    """As many as ComfyUI adds: Flux's patches are 16 pixels wide, and it counts the latents of references once."""
    plain, one, two = (sampled(referring(*sides)) for sides in ([], [(1024, 1024)], [(1024, 1024), (512, 512)]))
    model = next(iter(ARCHITECTURES["flux1"]))
    for stage, tokens in ((plain, 4096 + 256), (one, 2 * 4096 + 256), (two, 2 * 4096 + 1024 + 256)):
        expected = stage.evaluations * (model.linear * tokens + model.quadratic * tokens**2) / 1e12
        assert stage.tera_operations == pytest.approx(expected, rel=1e-4)
    assert one.activation_bytes == 2 * plain.activation_bytes
    assert two.activation_bytes == pytest.approx(2.25 * plain.activation_bytes, rel=1e-6)


def test_a_model_that_looks_at_no_references_computes_no_more_for_them() -> None:
    chroma = "Chroma1-HD.safetensors"
    plain, one = sampled(referring(unet=chroma)), sampled(referring((1024, 1024), unet=chroma))
    assert plain.tera_operations is not None and plain.tera_operations == one.tera_operations


@pytest.mark.parametrize("side", [256, 4096])
def test_pictures_that_a_text_encoder_scales_count_a_megapixel(side: int) -> None:
    prompt = flux(unet="qwen_image_edit_2509_fp8_e4m3fn.safetensors")
    plain = sampled(prompt)
    prompt["seen"] = node("EmptyImage", width=side, height=side, batch_size=1, color=0)
    pictures = {"image1": ["seen", 0], "image3": ["seen", 0]}
    prompt["text"] = node("TextEncodeQwenImageEditPlus", prompt="x", clip=["clip", 0], vae=["vae", 0], **pictures)
    assert sampled(prompt).activation_bytes == pytest.approx(3 * plain.activation_bytes, rel=1e-6)
    del prompt["text"]["inputs"]["vae"]
    assert sampled(prompt).activation_bytes == plain.activation_bytes


def test_a_picture_for_kontext_is_scaled_to_a_megapixel() -> None:
    prompt = flux(unet="flux1-dev-kontext_fp8_scaled.safetensors")
    prompt["seen"] = node("EmptyImage", width=4096, height=4096, batch_size=1, color=0)
    prompt["fitted"] = node("FluxKontextImageScale", image=["seen", 0])
    prompt["canvas"] = node("VAEEncode", pixels=["fitted", 0], vae=["vae", 0])
    assert (sampled(prompt).width, sampled(prompt).height) == (1024, 1024)
