"""Guesses, from the name of a weight file of unpublished size, how many bytes it has and how many are loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ryla_graphs.families import FAMILIES
from ryla_graphs.plan.architectures import ARCHITECTURES, Architecture, architectures
from ryla_graphs.weights import Content, Weight, sizes
from ryla_graphs.weights.precision import Quantisation, quantisation
from ryla_graphs.weights.sizes import Parameters, Size

Held = Callable[[str, str], int | None]
"""The bytes of a file in a models folder, by folder and name; None if it is missing."""

CONTENTS: Mapping[str, Content] = {
    "diffusion_models": "diffusion model",
    "text_encoders": "text encoder",
    "vae": "vae",
    "controlnet": "controlnet",
    "clip_vision": "clip vision",
    "upscale_models": "upscaler",
    "model_patches": "adapter",
    "ipadapter": "adapter",
    "gligen": "adapter",
}
"""What files in a folder contain, unless more is known about a file."""
PARTS: tuple[Content, ...] = ("diffusion model", "text encoder", "vae")
"""What an all-in-one checkpoint holds."""

_ANY_VAE = Parameters(18e6, 1.3e9)
_PACKED_VISION = Parameters(304e6, 1.845e9)
_SIXTEEN = Quantisation("16 bits", "bf16", 16, 16)
_OLD = Quantisation("16 or 32 bits", "mixed", 16, 32)
_SMALL: frozenset[Content] = frozenset({"vae", "upscaler"})
"""Models that are published in 16 or 32 bits, whatever the precision of the models they come with."""


class Sized(NamedTuple):
    """The size of a file, or of a part of one."""

    stored: Size
    loaded: Size
    """In the GPU's memory; ComfyUI turns models of 32 bits into 16."""
    precision: Quantisation
    why: str
    """How it was found, in words."""


def guessed(name: str, content: Content | None, family: str | None, model: Architecture | None) -> Sized | None:
    """The size of a file, or part of one, that the manifest lacks; None if nothing is known about it."""
    found = _parameters(name, content, family, model)
    if found is None:
        return None
    how = _stored_as(name, content, family)
    loaded = _SIXTEEN if how.most_bits > 16 and content not in _SMALL else how
    return Sized(found.stored(how), found.stored(loaded), loaded, f"{_billions(found)} in {how.name}")


def packed(name: str, content: Content, family: str | None, model: Architecture | None) -> Sized | None:
    """The same for one part of an all-in-one checkpoint."""
    if content in ("text encoder", "clip vision"):
        found = sizes.packed_encoders(family or "") if content == "text encoder" else _PACKED_VISION
        if found is None:
            return None
        how = _stored_as(name, content, family)
        loaded = _SIXTEEN if how.most_bits > 16 else how
        return Sized(found.stored(how), found.stored(loaded), loaded, f"{_billions(found)} in {how.name}")
    return guessed(name, content, family, model)


def _parameters(
    name: str, content: Content | None, family: str | None, model: Architecture | None
) -> Parameters | None:
    match content:
        case "diffusion model" if model is not None:
            rows = architectures(model.family, name)
            if len(rows) > 1 and (named := sizes.nominal(name)) is not None:
                return named  # its size is unknown, but its name says one
            return Parameters(min(row.least for row in rows), max(row.parameters for row in rows))
        case "diffusion model":
            return sizes.diffusion(family or "", name)
        case "text encoder":
            return sizes.encoder(name) or sizes.nominal(name)
        case "vae":
            known = FAMILIES.get(family or "")
            return sizes.vae((known and known.latents) or "") or _ANY_VAE
        case "clip vision":
            return sizes.vision(name)
        case "controlnet":
            return sizes.controlnet(family or "", name) or _part_of_its_model(family)
        case "adapter":
            return _part_of_its_model(family)
        case "upscaler":
            return sizes.UPSCALER
        case _:
            return None


def _part_of_its_model(family: str | None) -> Parameters | None:
    """The size of a ControlNet or adapter of which only the family is known: at most the size of its model."""
    rows = ARCHITECTURES.get(family or "", ())
    return Parameters(0.0, max(row.parameters for row in rows)) if rows else None


def _stored_as(name: str, content: Content | None, family: str | None) -> Quantisation:
    named = quantisation(name)
    if content in _SMALL:
        return named if named is not None and named.least_bits >= 16 else _OLD
    if named is not None:
        return named
    # Models of 2022 and 2023 were published in 32 bits too.
    known = FAMILIES.get(family or "")
    return _OLD if known is not None and known.unet else _SIXTEEN


def _billions(found: Parameters) -> str:
    least, most = (f"{each / 1e9:.2g}" if each < 1e10 else f"{each / 1e9:.1f}" for each in found[:2])
    return f"{most} billion parameters" if least == most else f"{least} to {most} billion parameters"


def like(family: str | None, manifest: tuple[Weight, ...]) -> Weight | None:
    """A checkpoint of a family whose parts are known, as a stand-in for one whose parts are not."""
    return next((row for row in manifest if row.parts and row.family == family), None) if family else None
