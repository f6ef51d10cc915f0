"""Conditionings combined, averaged, cut to areas and times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import rows
from ryla_graphs.shapes.rules.keyed import both, keyed
from ryla_graphs.shapes.tensors import joined, together
from ryla_graphs.shapes.values import Conditioning, LatentShape, MaskShape

_WRITES: Mapping[str, tuple[str, ...]] = {
    "ConditioningSetArea": ("area", "strength", "set_area_to_bounds"),
    "ConditioningSetAreaPercentage": ("area", "strength", "set_area_to_bounds"),
    "ConditioningSetAreaPercentageVideo": ("area", "strength", "set_area_to_bounds"),
    "ConditioningSetAreaStrength": ("strength",),
    "ConditioningSetMask": ("mask", "set_area_to_bounds", "mask_strength"),
    "FluxGuidance": ("guidance",),
    "FluxDisableGuidance": ("guidance",),
    "FluxKontextMultiReferenceLatentMethod": ("reference_latents_method",),
    "StableCascade_StageB_Conditioning": ("stable_cascade_prior",),
    "GLIGENTextBoxApply": ("gligen",),
}
"""Classes that add keys to the input `conditioning` or `conditioning_to`, and which keys."""


def _writes(names: tuple[str, ...]) -> Any:
    def work(conditioning: Any = None, conditioning_to: Any = None) -> Any:
        given = conditioning if conditioning is not None else conditioning_to
        return keyed(given, **dict.fromkeys(names))

    return work


rows(_writes, dict(_WRITES))


@rule("ConditioningSetTimestepRange")
def set_timesteps(conditioning: Any, start: Any, end: Any) -> Any:
    return keyed(conditioning, start_percent=start, end_percent=end)


def _there(conditioning: Any) -> Any:
    if conditioning is None:
        raise NodeFails("there is no conditioning")
    return conditioning


@rule("ConditioningMultiply", "ConditioningZeroOut")
def changed(conditioning: Any) -> Any:
    return _there(conditioning)


def combined(first: Any, second: Any) -> Any:
    """The entries of both; unknown if either is unknown."""
    if not isinstance(_there(first), Conditioning) or not isinstance(_there(second), Conditioning):
        return second if isinstance(first, Conditioning) else first
    return Conditioning(first.entries + second.entries)


@rule("ConditioningCombine")
def combine(conditioning_1: Any, conditioning_2: Any) -> Any:
    return combined(conditioning_1, conditioning_2)


def _first(conditioning: Any) -> tuple[Any, ...]:
    entries = _there(conditioning).entries
    if not entries:
        raise NodeFails("its conditioning is empty")
    shape: tuple[Any, ...] = entries[0][0]
    return shape


@rule("ConditioningConcat")
def concat(conditioning_to: Any, conditioning_from: Any) -> Any:
    if not isinstance(conditioning_to, Conditioning) or not isinstance(conditioning_from, Conditioning):
        return _there(conditioning_to)
    behind = _first(conditioning_from)
    return Conditioning(tuple((joined(shape, behind, dim=1), keys) for shape, keys in conditioning_to.entries))


@rule("ConditioningAverage")
def average(conditioning_to: Any, conditioning_from: Any) -> Any:
    """The second is cut or padded to the length of each entry of the first."""
    if not isinstance(conditioning_to, Conditioning) or not isinstance(conditioning_from, Conditioning):
        return _there(conditioning_to)
    other = _first(conditioning_from)
    pooled = {"pooled_output": None} if "pooled_output" in conditioning_from.entries[0][1] else {}
    entries = (
        (together(shape, (other[0], shape[1], *other[2:])), {**keys, **pooled})
        for shape, keys in conditioning_to.entries
    )
    return Conditioning(tuple(entries))


@rule("ReferenceLatent")
def reference_latent(conditioning: Any, latent: LatentShape | None = None) -> Any:
    return _there(conditioning) if latent is None else keyed(conditioning, reference_latents=None)


@rule("ReferenceTimbreAudio")
def reference_sound(conditioning: Any, latent: LatentShape | None = None) -> Any:
    return _there(conditioning) if latent is None else keyed(conditioning, reference_audio_timbre_latents=None)


@rule("ConditioningStableAudio")
def stable_audio(positive: Any, negative: Any) -> tuple[Any, Any]:
    return both(positive, negative, seconds_start=None, seconds_total=None)


@rule("LTXVConditioning")
def ltxv(positive: Any, negative: Any) -> tuple[Any, Any]:
    return both(positive, negative, frame_rate=None)


@rule("PiDConditioning")
def pid(positive: Any, latent: LatentShape) -> Any:
    if len(latent.samples) not in (4, 5):
        raise NodeFails(f"it takes latents of pictures, not of {len(latent.samples)} dimensions")
    return keyed(positive, lq_latent=None, degrade_sigma=None)


def properties(conditioning: Any, hooks: Any, mask: MaskShape | None, timesteps: Any) -> Any:
    """A conditioning with hooks, a mask and a range of times, if given."""
    keys: dict[str, Any] = {}
    if hooks is not None:
        keys["hooks"] = hooks
    if mask is not None:
        keys |= dict.fromkeys(("mask", "set_area_to_bounds", "mask_strength"))
    if timesteps is not None:
        start, end = timesteps if isinstance(timesteps, list) else (None, None)
        keys |= {"start_percent": start, "end_percent": end}
    return keyed(conditioning, **keys)
