"""The latents that models compute with, and how each family samples. Facts: ComfyUI 0.33's own tables of models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ryla_graphs.shapes.models.noise import (
    Cascade,
    Continuous,
    ContinuousV,
    CosmosFlow,
    Diffusion,
    Flow,
    FluxFlow,
    Sampling,
)
from ryla_graphs.shapes.unknown import Whole, most, rounded


class Format(NamedTuple):
    """The latents of a model: channels, dimensions besides batch and channels, and what one step stands for."""

    channels: int
    dimensions: int = 2
    space: int = 8
    time: int = 1
    sound: Callable[[Whole], tuple[Whole, ...]] | None = None
    """For models that make sound with a video: the latents of the sound without their batch, by its steps of time."""


def frames_of_minimax(steps: Any) -> Any:
    """The frames of steps of time in MiniMax H3: of every five steps, the first is one frame, the others are four."""
    return steps // 5 * 17 + most(0, steps % 5 * 4 - 3)


def _sound_of_minimax(steps: Whole) -> tuple[Whole, ...]:
    return 32, 2, rounded(frames_of_minimax(steps) * 5 / 3)


FORMATS: Mapping[str, Format] = {
    "sd15": Format(4),
    "sdxl": Format(4),
    "sd-x4": Format(4),
    "cascade-c": Format(16, space=42),
    "cascade-b": Format(4, space=4),
    "sd3": Format(16),
    "flux": Format(16),
    "flux2": Format(128, space=16),
    "wan21": Format(16, 3, time=4),
    "wan22": Format(48, 3, 16, 4),
    "hunyuan-video": Format(16, 3, time=4),
    "hunyuan-video-15": Format(32, 3, 16, 4),
    "hunyuan-image": Format(64, space=32),
    "hunyuan-image-refiner": Format(64, 3),
    "hunyuan-3d": Format(64, 1),
    "ltxv": Format(128, 3, 32, 8),
    "mochi": Format(12, 3, time=6),
    "cosmos": Format(16, 3, time=8),
    "cogvideox": Format(16, 3, time=4),
    "seedvr2": Format(16, 3),
    "minimax-h3": Format(24, 3, 16, 4, _sound_of_minimax),
    "stable-audio": Format(64, 1, time=2048),
    "stable-audio-3": Format(256, 1, time=4096),
    "ace": Format(8),
    "ace15": Format(64, 1, time=1764),
    "minimax-music": Format(128, 1, time=512),
    "trellis2": Format(32),
    "triposplat": Format(16),
    "pixels": Format(3, space=1),
}
"""By the names of `ryla_graphs.families.LATENT_FORMATS`."""

SAMPLINGS: Mapping[str, Sampling] = {
    "sd15": Diffusion(),
    "sd2": Diffusion(),
    "sdxl": Diffusion(),
    "sdxl-refiner": Diffusion(),
    "svd": Continuous(0.002, 700.0),
    "stable-zero123": Diffusion(),
    "sd-x4-upscaler": Diffusion(0.0001, 0.02),
    "cascade-c": Cascade(2.0),
    "cascade-b": Cascade(1.0),
    "sd3": Flow(3.0),
    "aura-flow": Flow(1.73, 1.0),
    "pixart": Diffusion(0.0001, 0.02, "sqrt_linear"),
    "pixart-alpha": Diffusion(0.0001, 0.02, "sqrt_linear"),
    "hunyuan-dit": Diffusion(0.00085, 0.018),
    "flux1": FluxFlow(),
    "flux2": FluxFlow(2.02),
    "chroma": FluxFlow(),
    "chroma-radiance": FluxFlow(),
    "lumina2": Flow(6.0, 1.0),
    "z-image": Flow(3.0, 1.0),
    "hidream": Flow(),
    "hidream-o1": Flow(3.0),
    "longcat-image": FluxFlow(),
    "omnigen2": Flow(2.6, 1.0),
    "boogu": Flow(3.16, 1.0),
    "ovis-image": FluxFlow(),
    "kandinsky5": Flow(10.0),
    "kandinsky5-image": Flow(3.0),
    "ernie-image": Flow(3.0),
    "ideogram4": Flow(1.0, 1.0),
    "lens": FluxFlow(1.829),
    "mage-flow": Flow(6.0, 1.0),
    "qwen-image": FluxFlow(),
    "krea2": FluxFlow(),
    "joyimage": Flow(1.5),
    "anima": Flow(3.0, 1.0),
    "pixeldit": Flow(4.0),
    "pid": Flow(1.5),
    "wan": Flow(8.0),
    "wan22-5b": Flow(8.0),
    "hunyuan-video": Flow(7.0),
    "hunyuan-video-15": Flow(7.0),
    "hunyuan-image": Flow(5.0),
    "hunyuan-image-refiner": Flow(4.0),
    "ltxv": FluxFlow(2.37),
    "ltxav": FluxFlow(2.37),
    "mochi": Flow(6.0, 1.0),
    "cosmos": Continuous(0.002, 80.0),
    "cosmos-predict2": CosmosFlow(0.002, 80.0),
    "cogvideox": Diffusion(zero_snr=True),
    "seedvr2": Flow(1.0),
    "minimax-h3": Flow(12.0),
    "hunyuan3d": Flow(1.0, 1.0),
    "trellis2": Flow(3.0),
    "triposplat": Flow(3.0),
    "stable-audio": ContinuousV(0.03, 500.0),
    "stable-audio-3": Flow(2.0, 1.0),
    "ace": Flow(3.0),
    "ace15": Flow(3.0, 1.0),
    "minimax-music": Flow(multiplier=1.0),
}
"""By family."""

OF_VARIANTS: Mapping[tuple[str, str], Sampling] = {
    ("flux1", "schnell"): Flow(1.0, 1.0),
}
"""Variants that sample differently from their family."""
