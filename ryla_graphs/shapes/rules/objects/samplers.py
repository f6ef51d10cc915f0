"""Samplers, guiders and noise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.sampling.levels import sampling_of
from ryla_graphs.shapes.unknown import Undecided
from ryla_graphs.shapes.values import LatentShape, Opaque

_SAMPLERS = (
    "KSamplerSelect", "SamplerARVideo", "SamplerDPMAdaptative", "SamplerDPMPP_2M_SDE", "SamplerDPMPP_2S_Ancestral",
    "SamplerDPMPP_3M_SDE", "SamplerDPMPP_SDE", "SamplerER_SDE", "SamplerEulerAncestral", "SamplerEulerAncestralCFGPP",
    "SamplerEulerCFGpp", "SamplerLCM", "SamplerLCMUpscale", "SamplerLMS", "SamplerSEEDS2", "VOIDSampler",
)  # fmt: skip


def _gives(socket: str, classes: Iterable[str]) -> None:
    rule(*classes)(lambda: Opaque(socket))


_gives("SAMPLER", _SAMPLERS)
_gives("NOISE", ("DisableNoise", "RandomNoise"))


@rule("SamplerSASolver")
def sa_solver(model: Any, sde_start_percent: Any, sde_end_percent: Any) -> Opaque:
    try:
        sampling = sampling_of(model)
        for percent in (sde_start_percent, sde_end_percent):
            sampling.at_percent(percent)
    except Undecided:
        pass
    return Opaque("SAMPLER")


@rule("VOIDWarpedNoiseSource")
def warped_noise(warped_noise: LatentShape) -> Opaque:
    if warped_noise is None:
        raise NodeFails("there is no noise")
    return Opaque("NOISE")


@rule("BasicGuider", "CFGGuider", "DualCFGGuider", "DualModelGuider", "LTXVDualCFGGuider", "PerpNegGuider")
def guider(model: Any) -> Opaque:
    if model is None:
        raise NodeFails("there is no model")
    return Opaque("GUIDER", {"model": model})


@rule("LatentOperationTonemapReinhard")
def tonemap() -> Opaque:
    return Opaque("LATENT_OPERATION")


@rule("LatentOperationSharpen")
def sharpen(sharpen_radius: Any) -> Opaque:
    return Opaque("LATENT_OPERATION", {"radius": sharpen_radius})
