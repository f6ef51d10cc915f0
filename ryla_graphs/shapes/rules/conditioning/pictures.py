"""Texts encoded together with pictures, for models that edit; the pictures' latents stand next to the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.rules.conditioning.texts import encoded
from ryla_graphs.shapes.rules.keyed import keyed
from ryla_graphs.shapes.rules.latents.coding import codec_of
from ryla_graphs.shapes.unknown import Whole, most
from ryla_graphs.shapes.values import Conditioning, ImageShape, LatentShape


def _given(pictures: Any) -> list[ImageShape]:
    return [picture for picture in pictures if picture is not None]


def _referenced(text: Any, vae: Any, pictures: list[ImageShape], **more: Any) -> Any:
    """A text with the latents of pictures next to it, if there are pictures and a VAE for them."""
    keys = dict(more)
    if vae is not None and pictures:
        codec_of(vae)
        keys["reference_latents"] = len(pictures)
    return keyed(text, **keys) if keys else text


@rule("TextEncodeQwenImageEdit")
def qwen_edit(clip: Any, prompt: Any, vae: Any = None, image: ImageShape | None = None) -> Any:
    return _referenced(encoded(clip, prompt), vae, _given((image,)))


@rule("TextEncodeQwenImageEditPlus")
def qwen_edit_plus(
    clip: Any,
    prompt: Any,
    vae: Any = None,
    image1: ImageShape | None = None,
    image2: ImageShape | None = None,
    image3: ImageShape | None = None,
) -> Any:
    return _referenced(encoded(clip, prompt), vae, _given((image1, image2, image3)))


@rule("TextEncodeZImageOmni")
def z_image(
    clip: Any,
    prompt: Any,
    image_encoder: Any = None,
    vae: Any = None,
    image1: ImageShape | None = None,
    image2: ImageShape | None = None,
    image3: ImageShape | None = None,
) -> Any:
    pictures = _given((image1, image2, image3))
    more: dict[str, Any] = {"reference_latents_text_embeds": len(pictures) + 1} if pictures else {}
    if pictures and image_encoder is not None:
        more["clip_vision_outputs"] = len(pictures)
    return _referenced(encoded(clip, prompt), vae, pictures, **more)


@rule("TextEncodeJoyImageEdit")
def joy_image(clip: Any, prompt: Any, vae: Any = None, images: Mapping[str, ImageShape] | None = None) -> Any:
    return _referenced(encoded(clip, prompt), vae, _given((images or {}).values()))


@rule("TextEncodeBooguEdit")
def boogu(
    clip: Any, prompt: Any, negative_prompt: Any = "", vae: Any = None, images: Mapping[str, ImageShape] | None = None
) -> tuple[Any, Any]:
    pictures = _given((images or {}).values())
    return (
        _referenced(encoded(clip, prompt), vae, pictures),
        _referenced(encoded(clip, negative_prompt), vae, pictures),
    )


@rule("TextEncodeMageFlowEdit")
def mage_flow(
    clip: Any,
    prompt: Any,
    negative_prompt: Any = "",
    vae: Any = None,
    images: Mapping[str, ImageShape] | None = None,
    width: Whole = 0,
    height: Whole = 0,
    batch_size: Whole = 1,
) -> tuple[Any, Any, LatentShape]:
    """A side of 0 takes that of the first picture, or 1024; all are multiples of 16."""
    pictures = _given((images or {}).values())
    first = pictures[0] if pictures else ImageShape(1, 1024, 1024)
    wide, high = (most(16, side // 16 * 16) for side in (width or first.width, height or first.height))
    positive, negative = boogu(clip, prompt, negative_prompt, vae, images)
    return positive, negative, LatentShape((batch_size, 128, high // 16, wide // 16), space=16, empty=True)


@rule("LotusConditioning")
def lotus() -> Conditioning:
    """Always the same two tokens."""
    return Conditioning((((1, 2, 1024), {}),))
