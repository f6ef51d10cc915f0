"""Latents of zeros: a row for each class that takes a size in pixels, and rules for those that count differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import rows
from ryla_graphs.shapes.unknown import Number, Whole, least, most, rounded, whole
from ryla_graphs.shapes.values import LatentShape, Opaque


class Empty(NamedTuple):
    """What an empty latent is like: channels, and what one step stands for in space and time."""

    channels: int
    space: int = 8
    time: int | None = None
    says_space: bool = False
    """Whether it tells samplers what one step stands for, so that they may fit it to another model."""


_EMPTY: Mapping[str, Empty] = {
    "EmptyLatentImage": Empty(4, says_space=True),
    "EmptySD3LatentImage": Empty(16, says_space=True),
    "EmptyFlux2LatentImage": Empty(128, 16),
    "EmptyHunyuanImageLatent": Empty(64, 32),
    "EmptyChromaRadianceLatentImage": Empty(3, 1),
    "EmptyHiDreamO1LatentImage": Empty(3, 1),
    "EmptyHunyuanLatentVideo": Empty(16, 8, 4, says_space=True),
    "EmptyHunyuanVideo15Latent": Empty(32, 16, 4, says_space=True),
    "EmptyARVideoLatent": Empty(16, 8, 4),
    "EmptyLTXVLatentVideo": Empty(128, 32, 8, says_space=True),
    "EmptyMochiLatentVideo": Empty(12, 8, 6),
    "EmptyCosmosLatentVideo": Empty(16, 8, 8),
}


def empty_latent(kind: Empty) -> Any:
    """A rule for a class that gives an empty latent of a size in pixels."""

    def work(width: Whole, height: Whole, batch_size: Whole = 1, length: Whole = 1) -> LatentShape:
        sides = height // kind.space, width // kind.space
        keys = {"downscale_ratio_spacial": kind.space} if kind.says_space else {}
        if kind.time is None:
            return LatentShape((batch_size, kind.channels, *sides), space=kind.space, keys=keys, empty=True)
        samples = batch_size, kind.channels, (length - 1) // kind.time + 1, *sides
        return LatentShape(samples, space=kind.space, time=kind.time, keys=keys, empty=True)

    return work


rows(empty_latent, dict(_EMPTY))


def video(
    batch: Whole, channels: Whole, length: Whole, height: Whole, width: Whole, *, space: Whole = 8, time: Whole = 4
) -> LatentShape:
    """The empty latent of a video of a size in pixels."""
    samples = batch, channels, (length - 1) // time + 1, height // space, width // space
    return LatentShape(samples, space=space, time=time, empty=True)


@rule("EmptyQwenImageLayeredLatentImage")
def empty_layers(width: Whole, height: Whole, layers: Whole, batch_size: Whole = 1) -> LatentShape:
    """One layer more than requested: the picture that they make together."""
    return LatentShape((batch_size, 16, layers + 1, height // 8, width // 8), empty=True)


@rule("StableCascade_EmptyLatentImage")
def empty_cascade(
    width: Whole, height: Whole, compression: Whole, batch_size: Whole = 1
) -> tuple[LatentShape, LatentShape]:
    first = LatentShape((batch_size, 16, height // compression, width // compression), space=compression, empty=True)
    return first, LatentShape((batch_size, 4, height // 4, width // 4), space=4, empty=True)


@rule("EmptyLatentHunyuan3Dv2")
def empty_body(resolution: Whole, batch_size: Whole = 1) -> LatentShape:
    return LatentShape((batch_size, 64, resolution), keys={"type": "hunyuan3dv2"}, empty=True)


@rule("EmptyTrellis2LatentStructure")
def empty_structure(batch_size: Whole = 1) -> LatentShape:
    return LatentShape((batch_size, 32, 16, 16, 16), space=1, keys={"type": "trellis2"}, empty=True)


def sound(batch: Whole, *dims: Whole, every: int | None = None) -> LatentShape:
    """The empty latent of a sound."""
    keys = {"type": "audio", **({} if every is None else {"downscale_ratio_temporal": every})}
    return LatentShape((batch, *dims), space=1, time=every or 1, keys=keys, empty=True)


@rule("EmptyLatentAudio")
def empty_audio(seconds: Number, batch_size: Whole = 1) -> LatentShape:
    return sound(batch_size, 64, rounded(seconds * 44_100 / 2048 / 2) * 2, every=2048)


@rule("EmptyAceStepLatentAudio")
def empty_ace_audio(seconds: Number, batch_size: Whole = 1) -> LatentShape:
    return sound(batch_size, 8, 16, whole(seconds * 44_100 / 512 / 8))


@rule("EmptyAceStep1.5LatentAudio")
def empty_ace15_audio(seconds: Number, batch_size: Whole = 1) -> LatentShape:
    return sound(batch_size, 64, rounded(seconds * 48_000 / 1920), every=1764)


@rule("EmptyMiniMaxMusic3LatentAudio")
def empty_music(seconds: Number, batch_size: Whole = 1) -> LatentShape:
    frames = least(9000, most(1, rounded(seconds * 25)))
    return sound(batch_size, 128, most(1, whole(frames * 44_100 / 24_000 * 960 / 512)), every=512)


@rule("LTXVEmptyLatentAudio")
def empty_ltxv_audio(frames_number: Whole, frame_rate: Number, audio_vae: Any, batch_size: Whole = 1) -> LatentShape:
    """As the sound VAE of LTX-2 counts: 16,000 Hz, 160 samples per spectrum step, 4 spectrum steps per latent step."""
    if not isinstance(audio_vae, Opaque):
        raise NodeFails("there is no sound VAE")
    return sound(batch_size, 8, rounded(frames_number / frame_rate * 25), 16)
