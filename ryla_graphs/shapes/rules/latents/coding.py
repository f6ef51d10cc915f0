"""From pictures to latents and back, as the VAE does it."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.models import CODECS, Codec
from ryla_graphs.shapes.registry import Guessed, NodeFails, rule
from ryla_graphs.shapes.rules.keyed import both
from ryla_graphs.shapes.tensors import Dims, copied, differ, surely
from ryla_graphs.shapes.unknown import Unknown, rounded
from ryla_graphs.shapes.values import AudioShape, ImageShape, LatentShape, MaskShape, Opaque

Outputs = tuple[Any, ...]
"""The outputs of a rule, perhaps only guessed."""


def codec_of(vae: Any, usual: str = "flux") -> Codec:
    """How a VAE encodes; an unknown one counts as the usual VAE of its node.

    Raises `NodeFails` if there is no VAE.
    """
    if vae is None:
        raise NodeFails("there is no VAE")
    if not isinstance(vae, Opaque) or "codec" not in vae.facts:
        return CODECS[usual]
    codec: Codec | None = vae.facts["codec"]
    if codec is None:
        raise NodeFails("the checkpoint holds no VAE")
    return codec


def is_known(vae: Any) -> bool:
    """Whether it is known how a VAE encodes."""
    return isinstance(vae, Opaque) and "codec" in vae.facts


def latent_of(samples: Dims, codec: Codec, **more: Any) -> LatentShape:
    """Latents made by a VAE."""
    return LatentShape(samples, space=codec.decoded, time=codec.time or 4, **more)


def _unsure(vae: Any, *outputs: Any) -> Outputs:
    if is_known(vae):
        return outputs
    why = vae.facts.get("unknown") if isinstance(vae, Opaque) else None
    return Guessed(outputs, why or "nothing is known about its VAE")


@rule("VAEEncode")
def encode(pixels: ImageShape, vae: Any = None) -> Outputs:
    codec = codec_of(vae)
    return _unsure(vae, latent_of(codec.encode(pixels), codec))


@rule("VAEEncodeTiled")
def encode_tiled(pixels: ImageShape, vae: Any = None, tile_size: Any = 512, overlap: Any = 64) -> Outputs:
    codec = codec_of(vae)
    samples = codec.encode(pixels)
    if not codec.own_tiles:
        _fits_tiles(codec, pixels, tile_size, overlap)
    return _unsure(vae, latent_of(samples, codec))


def _fits_tiles(codec: Codec, pixels: ImageShape, tile: Any, overlap: Any) -> None:
    """Raise if tiles overlap by their whole size, so that they never advance. Larger overlaps are not checked."""
    wide, high = pixels.width // codec.space * codec.space, pixels.height // codec.space * codec.space
    tiles = ((tile, tile),) if codec.time is not None else ((tile, tile), (tile // 2, tile * 2), (tile * 2, tile // 2))
    for across, down in tiles:
        for side, step in ((wide, across), (high, down)):
            if not differ(step, overlap) and surely(lambda side=side, step=step: side > step):
                raise NodeFails(f"tiles of {step} pixels with an overlap of {overlap} never reach the end")


@rule("VAEDecode", "VAEDecodeTiled")
def decode(samples: LatentShape, vae: Any = None) -> ImageShape:
    if vae is None:
        raise NodeFails("there is no VAE")
    if is_known(vae):
        codec = codec_of(vae)
        return codec.decode(_as_sampled_for(samples, codec))
    if len(samples.samples) < 4:
        raise NodeFails("latents of a sound decode to no pictures")
    # If the VAE is unknown, its latents tell how much it enlarges them.
    return ImageShape(samples.batch * samples.frames, samples.height, samples.width)


def _as_sampled_for(latent: LatentShape, codec: Codec) -> Dims:
    """Latents fitted to an unknown model, which this VAE must belong to."""
    dims = latent.samples
    said = latent.keys.get("downscale_ratio_spacial")
    if len(dims) < 4 or not isinstance(dims[1], Unknown) or codec.flat or not said:
        return dims
    dims = (dims[0], codec.channels, *dims[2:-2], *(rounded(side * said / codec.decoded) for side in dims[-2:]))
    return (*dims[:2], 1, *dims[2:]) if codec.time is not None and len(dims) == 4 else dims


def _cut(pixels: ImageShape, factor: int) -> ImageShape:
    """Pictures cut to sides that are multiples of a factor."""
    height, width = pixels.height // factor * factor, pixels.width // factor * factor
    return ImageShape(pixels.batch, height, width, pixels.channels)


def _multiplied(mask: MaskShape, pixels: ImageShape) -> None:
    """Multiply each channel of a picture by the mask, in place."""
    if surely(lambda: pixels.channels < 3):
        raise NodeFails("its picture has fewer than three channels")
    copied((mask.batch, pixels.height, pixels.width), (pixels.batch, pixels.height, pixels.width))


@rule("VAEEncodeForInpaint")
def encode_for_inpaint(pixels: ImageShape, mask: MaskShape, vae: Any = None) -> Outputs:
    codec = codec_of(vae)
    kept = _cut(pixels, codec.space)
    _multiplied(mask, kept)
    masked = mask.batch, 1, kept.height, kept.width
    return _unsure(vae, latent_of(codec.encode(kept), codec, noise_mask=masked))


@rule("InpaintModelConditioning")
def inpaint_conditioning(
    positive: Any, negative: Any, pixels: ImageShape, mask: MaskShape, vae: Any = None, noise_mask: Any = True
) -> Outputs:
    codec = codec_of(vae)
    kept = _cut(pixels, 8)
    _multiplied(mask, kept)
    masked = mask.batch, 1, kept.height, kept.width
    pair = both(positive, negative, concat_latent_image=codec.encode(kept), concat_mask=masked)
    latent = latent_of(codec.encode(pixels), codec, noise_mask=masked if noise_mask else None)
    return _unsure(vae, *pair, latent)


def _sounds(audio: AudioShape | None, vae: Any, usual: str) -> Outputs:
    """The latents of a sound, resampled to the rate of its VAE; an incomplete last step is cut off."""
    if audio is None:
        raise NodeFails("there is no sound")
    codec = codec_of(vae, usual)
    if not codec.flat or codec.rate is None:
        raise NodeFails("its VAE encodes no sound")
    length = -(-audio.samples * codec.rate // audio.rate) // codec.space
    dims = (audio.batch, codec.channels, *codec.before, length, *codec.after)
    return _unsure(vae, LatentShape(dims, space=1, time=codec.space))


@rule("VAEEncodeAudio")
def encode_sound(audio: AudioShape, vae: Any = None) -> Outputs:
    return _sounds(audio, vae, "stable-audio")


@rule("LTXVAudioVAEEncode")
def encode_ltxv_sound(audio: AudioShape, audio_vae: Any = None) -> Outputs:
    return _sounds(audio, audio_vae, "ltxv-audio")
