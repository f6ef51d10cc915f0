"""Nodes that change how a model samples: they give the same model with another noise schedule."""

from __future__ import annotations

from typing import Any

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
from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.sampling.levels import sampling_of, shift_for
from ryla_graphs.shapes.unknown import product
from ryla_graphs.shapes.values import LatentShape, Opaque


def _with(model: Any, sampling: Sampling) -> Opaque:
    if not isinstance(model, Opaque):
        raise NodeFails("there is no model")
    return model.with_facts(sampling=sampling)


@rule("ModelSamplingSD3")
def flow(model: Any, shift: float) -> Opaque:
    return _with(model, Flow(shift))


@rule("ModelSamplingAuraFlow")
def aura_flow(model: Any, shift: float) -> Opaque:
    return _with(model, Flow(shift, multiplier=1.0))


@rule("MiniMaxH3SigmaShift")
def minimax_flow(model: Any, shift_video: float) -> Opaque:
    return _with(model, Flow(shift_video))


@rule("ModelSamplingFlux")
def flux_flow(model: Any, max_shift: float, base_shift: float, width: Any, height: Any) -> Opaque:
    return _with(model, FluxFlow(shift_for(width * height / 256, base_shift, max_shift, 256)))


@rule("ModelSamplingLTXV")
def ltxv_flow(model: Any, max_shift: float, base_shift: float, latent: LatentShape | None = None) -> Opaque:
    tokens = 4096 if latent is None else product(latent.samples[2:])
    return _with(model, FluxFlow(shift_for(tokens, base_shift, max_shift, 1024)))


@rule("ModelSamplingStableCascade")
def cascade(model: Any, shift: float) -> Opaque:
    return _with(model, Cascade(shift))


@rule("ModelSamplingContinuousV")
def continuous_v(model: Any, sigma_max: float, sigma_min: float) -> Opaque:
    return _with(model, ContinuousV(sigma_min, sigma_max))


@rule("ModelSamplingContinuousEDM")
def continuous(model: Any, sampling: str, sigma_max: float, sigma_min: float) -> Opaque:
    if sigma_min <= 0 or sigma_max <= 0:
        raise NodeFails("the logarithm of its lowest or highest sigma does not exist")
    made = CosmosFlow if sampling == "cosmos_rflow" else Continuous
    return _with(model, made(sigma_min, sigma_max))


@rule("ModelSamplingDiscrete")
def discrete(model: Any, sampling: str, zsnr: bool) -> Opaque:
    # The schedule's start and end are the model's own if it has them.
    own = model.facts.get("sampling") if isinstance(model, Opaque) else None
    base = own if isinstance(own, Diffusion) else Diffusion()
    every = 20 if sampling == "lcm" else 1
    return _with(model, Diffusion(base.start, base.end, base.schedule, base.steps, zsnr, every))


@rule("ModelNoiseScale")
def noise_scale(model: Any) -> Opaque:
    own = sampling_of(model)
    if not isinstance(own, Flow):
        raise NodeFails("it changes only models with a flow and a multiplier")
    return _with(model, own)
