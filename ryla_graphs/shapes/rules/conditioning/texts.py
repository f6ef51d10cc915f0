"""Encoded texts: the length of a conditioning and its further keys."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.models import TextModel
from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.unknown import Unknown, most
from ryla_graphs.shapes.values import Conditioning, Opaque

_UNKNOWN = TextModel((), None)


def encoded(clip: Any, text: Any, *needed: str, **more: Any) -> Any:
    """The conditioning of a text. `needed` names the texts that the node uses individually.

    Raises `NodeFails` if there is no text encoder, or if it does not know such texts.
    """
    model = model_of(clip)
    for name in needed:
        if model.texts and name not in model.texts:
            raise NodeFails(f"its text encoder has no '{name}'")
    if isinstance(text, Unknown):
        return Conditioning((((1, Unknown(text.reason, 1), model.width or 1), {"pooled_output": None, **more}),))
    return Conditioning((model.entry(str(text), **more),))


def model_of(clip: Any) -> TextModel:
    """How a text encoder reads. Raises `NodeFails` if there is none."""
    if clip is None:
        raise NodeFails("there is no text encoder, perhaps because the checkpoint holds none")
    known = clip.facts.get("text") if isinstance(clip, Opaque) else None
    return known if isinstance(known, TextModel) else _UNKNOWN


def _longest(*texts: Any) -> Any:
    """The longest of these texts, which decides; an unknown one if any is unknown."""
    unknown = next((text for text in texts if isinstance(text, Unknown)), None)
    return unknown if unknown is not None else max(map(str, texts), key=len)


@rule("CLIPTextEncode")
def encode(clip: Any, text: Any) -> Any:
    return encoded(clip, text)


@rule("CLIPTextEncodeSDXL")
def encode_sdxl(clip: Any, text_g: Any, text_l: Any) -> Any:
    keys = ("width", "height", "crop_w", "crop_h", "target_width", "target_height")
    return encoded(clip, _longest(text_g, text_l), "l", "g", **dict.fromkeys(keys))


@rule("CLIPTextEncodeSDXLRefiner")
def encode_refiner(clip: Any, text: Any) -> Any:
    return encoded(clip, text, aesthetic_score=None, width=None, height=None)


@rule("CLIPTextEncodePixArtAlpha")
def encode_pixart(clip: Any, text: Any) -> Any:
    return encoded(clip, text, width=None, height=None)


@rule("CLIPTextEncodeSD3")
def encode_sd3(clip: Any, clip_l: Any, clip_g: Any, t5xxl: Any, empty_padding: Any = "none") -> Any:
    model = model_of(clip)
    left_out = empty_padding == "none"
    needed = [name for name, text in (("g", clip_g), ("l", clip_l), ("t5xxl", t5xxl)) if not (left_out and text == "")]
    if model.texts and {"l", "g"} & set(needed):
        # Both are made equally long, so neither works without the other.
        needed += ["l", "g"]
    found = encoded(clip, t5xxl, *needed)
    if not left_out or t5xxl != "" or not isinstance(found, Conditioning):
        return found
    # Without a text for T5, only the two CLIPs' output remains.
    (shape, keys), *_ = found.entries
    return Conditioning((((1, most(77, model.after), shape[2]), keys),))


@rule("CLIPTextEncodeFlux")
def encode_flux(clip: Any, t5xxl: Any, guidance: Any = None) -> Any:
    return encoded(clip, t5xxl, "t5xxl", guidance=guidance)


@rule("CLIPTextEncodeHunyuanDiT")
def encode_hunyuan_dit(clip: Any, bert: Any) -> Any:
    return encoded(clip, bert, "mt5xl")


@rule("CLIPTextEncodeHiDream")
def encode_hidream(clip: Any, t5xxl: Any) -> Any:
    return encoded(clip, t5xxl, "l", "t5xxl", "llama")


@rule("CLIPTextEncodeKandinsky5")
def encode_kandinsky(clip: Any, qwen25_7b: Any) -> Any:
    return encoded(clip, qwen25_7b, "qwen25_7b")


_SYSTEM = 160
"""The most characters of Lumina's system prompts, with the words before the user's own."""


@rule("CLIPTextEncodeLumina2")
def encode_lumina(clip: Any, user_prompt: Any) -> Any:
    return encoded(clip, user_prompt if isinstance(user_prompt, Unknown) else "x" * _SYSTEM + str(user_prompt))


@rule("TextEncodeAceStepAudio")
def encode_ace(clip: Any, tags: Any, lyrics_strength: Any = None) -> Any:
    return encoded(clip, tags, lyrics_strength=lyrics_strength)


@rule("TextEncodeAceStepAudio1.5")
def encode_ace15(clip: Any, tags: Any) -> Any:
    return encoded(clip, tags)


_SONG = "how long a song is, its model decides"


@rule("MiniMaxMusic3TextEncode")
def encode_music(clip: Any, caption: Any, max_duration: Any = 0) -> tuple[Any, Any]:
    """Its own encoder makes the tune, 25 tokens per second; any other encodes an ordinary text."""
    found = encoded(clip, caption, conditioning_scale=None)
    (shape, keys), *_ = found.entries
    if model_of(clip) is _UNKNOWN:
        shape = (1, Unknown(_SONG, 1, most(1, max_duration * 25)), shape[2])
    return Conditioning(((shape, keys),)), shape[1] / 25


@rule("TextEncodeHunyuanVideo_ImageToVideo")
def encode_with_picture(clip: Any, prompt: Any) -> Any:
    return encoded(clip, prompt)


@rule("PhotoMakerEncode")
def encode_photomaker(clip: Any, text: Any) -> Any:
    return encoded(clip, text)


@rule("CLIPTextEncodeControlnet")
def encode_for_controlnet(clip: Any, conditioning: Any) -> Any:
    model_of(clip)
    if not isinstance(conditioning, Conditioning):
        return conditioning
    return conditioning.with_keys(cross_attn_controlnet=None, pooled_output_controlnet=None)
