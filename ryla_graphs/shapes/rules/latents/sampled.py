"""Samplers, and nodes that add noise: the latents keep their size once they fit the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.models import Format
from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.tensors import Dims, differ
from ryla_graphs.shapes.unknown import Unknown, most, rounded
from ryla_graphs.shapes.values import LatentShape, Opaque, Sigmas

_SPACE, _TIME = "downscale_ratio_spacial", "downscale_ratio_temporal"


def fitted(latent: LatentShape, model: Any) -> LatentShape:
    """Latents as a model takes them: empty ones are made to fit. Raises `NodeFails` if they cannot be."""
    form = model.facts.get("format") if isinstance(model, Opaque) else None
    if latent.more:
        return latent
    if not isinstance(form, Format):
        return _unfitted(latent)
    dims: Dims = latent.samples
    if len(dims) < 2:
        raise NodeFails("its latents have no channels")
    if latent.empty:
        dims = (dims[0], form.channels, *dims[2:])
        dims = _scaled(dims, latent.keys.get(_SPACE), form.space)
    if form.dimensions == 3 and len(dims) == 4:
        dims = (*dims[:2], 1, *dims[2:])
    if latent.empty and (every := latent.keys.get(_TIME)) and differ(every, form.time):
        dims = (*dims[:2], most(1, rounded(dims[2] * (every / form.time))), *dims[3:])
    if differ(dims[1], form.channels):
        raise NodeFails(f"its model computes with {form.channels} channels, not with {dims[1]}")
    if len(dims) == 5 and form.dimensions == 2:
        raise NodeFails("its model computes with pictures, not with videos")
    more: tuple[Dims, ...] = ()
    if latent.empty and form.sound is not None and len(dims) == 5:
        more = ((dims[0], *form.sound(dims[2])),)
    space = form.space if latent.empty and latent.keys.get(_SPACE) else latent.space
    return replace(latent, samples=dims, space=space, more=more)


_ANY_MODEL = "the number of channels that the model computes with is unknown"


def _unfitted(latent: LatentShape) -> LatentShape:
    """Empty latents for an unknown model: the VAE that decodes them tells how many channels they have."""
    if not latent.empty or len(latent.samples) < 4:
        return latent
    return replace(latent, samples=(latent.samples[0], Unknown(_ANY_MODEL, 1), *latent.samples[2:]))


def _scaled(dims: Dims, said: Any, space: int) -> Dims:
    if not said or not differ(said, space) or len(dims) < 4:
        return dims
    return (*dims[:-2], *(rounded(side * (said / space)) for side in dims[-2:]))


def sampled(latent: LatentShape, model: Any) -> LatentShape:
    """The output of a sampler."""
    fit = fitted(latent, model)
    known = not isinstance(fit.samples[1], Unknown) if len(fit.samples) > 1 else True
    keys = {key: value for key, value in fit.keys.items() if not known or key not in (_SPACE, _TIME)}
    return replace(fit, keys=keys, empty=False, content=None)


@rule("KSampler", "KSamplerAdvanced")
def sample(latent_image: LatentShape, model: Any = None) -> LatentShape:
    return sampled(latent_image, model)


def _in_steps(latent: LatentShape, model: Any, sigmas: Any) -> tuple[LatentShape, LatentShape]:
    if isinstance(sigmas, Sigmas) and not sigmas.values:
        # Nothing to do: the input is only fitted.
        kept = replace(fitted(latent, model), content=None)
        return kept, kept
    done = sampled(latent, model)
    return done, done


@rule("SamplerCustom")
def sample_custom(latent_image: LatentShape, model: Any = None, sigmas: Any = None) -> tuple[LatentShape, LatentShape]:
    return _in_steps(latent_image, model, sigmas)


@rule("SamplerCustomAdvanced")
def sample_advanced(
    latent_image: LatentShape, guider: Any = None, sigmas: Any = None
) -> tuple[LatentShape, LatentShape]:
    model = guider.facts.get("model") if isinstance(guider, Opaque) else None
    return _in_steps(latent_image, model, sigmas)


@rule("AddNoise")
def add_noise(latent_image: LatentShape, sigmas: Any = None) -> LatentShape:
    if isinstance(sigmas, Sigmas) and not sigmas.values:
        return latent_image
    return replace(latent_image, empty=False, content=None)
