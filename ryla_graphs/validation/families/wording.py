"""How rules about families speak: what a wire carries, who says so, and where that is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ryla_graphs.families.carried import Carried, Origin, sharing_latents
from ryla_graphs.families.encoders import IMAGE_ENCODERS
from ryla_graphs.families.family import FAMILIES, LATENT_FORMATS, latents_of
from ryla_graphs.problems import AtNode, Level, Problem, shorten
from ryla_graphs.validation.mismatches import Disagreement, Mismatch, NoModel, Refused
from ryla_graphs.validation.view import View

NOUNS = {
    "MODEL": "model",
    "GUIDER": "guider",
    "CLIP": "text encoder",
    "VAE": "VAE",
    "CONDITIONING": "conditioning",
    "LATENT": "latent",
    "CONTROL_NET": "ControlNet",
    "STYLE_MODEL": "style model",
    "MODEL_PATCH": "patch",
    "CLIP_VISION": "image encoder",
    "CLIP_VISION_OUTPUT": "encoded picture",
    "LORA_MODEL": "LoRA",
    "INSTANTID": "InstantID adapter",
    "PULIDFLUX": "PuLID adapter",
    "IPADAPTER": "IP-Adapter",
    "lora": "LoRA",
}
"""What messages call the things on wires."""

_BASES = {"header": "its header says so", "name": "by its name", "manifest": "", "type": "", "class": ""}


def named(families: Collection[str]) -> str:
    """Families as messages list them: ``Flux.1``, ``SDXL or SD3``, ``Flux.1's 16-channel latents``."""
    known = [FAMILIES[name].label for name in FAMILIES if name in families]
    known += [IMAGE_ENCODERS[name] for name in IMAGE_ENCODERS if name in families]
    if len(known) > 3:
        formats = latents_of(families)
        if frozenset(families) == sharing_latents(frozenset(families)):
            return " or ".join(LATENT_FORMATS[name].label for name in LATENT_FORMATS if name in formats)
        return f"{known[0]}, {known[1]} or one of {len(known) - 2} others"
    return " or ".join(known) or "something unknown"


def latents(carried: Carried) -> str:
    """The latents that a VAE or a latent has."""
    formats = latents_of(carried.families)
    return " or ".join(LATENT_FORMATS[name].label for name in LATENT_FORMATS if name in formats)


def written_by(origin: Origin, view: View) -> str:
    """Who says it: ``UNETLoader '1' (unet_name='flux1-dev.safetensors') in portrait.py:12``."""
    facts = [f"{name}={shorten(value)}" for name, value in origin.inputs if value is not None]
    facts += [_BASES[origin.basis]] if _BASES[origin.basis] else []
    line = view.sources.get(origin.node)
    told = f" ({', '.join(facts)})" if facts else ""
    return f"{origin.class_type} '{origin.node}'{told}" + (f" in {line}" if line else "")


def refusal(found: Refused, view: View, *, noun: str | None = None) -> str:
    """A class takes one thing and is given another, both named."""
    return (
        f"`{found.node.class_type}.{found.input}` takes {named(found.restriction.families)}; "
        f"this {noun or NOUNS.get(found.socket, 'wire')} is {_of(found.carried)} from "
        f"{written_by(found.carried.origin, view)}"
    )


def disagreement(found: Disagreement, view: View, *, ours: str | None = None, theirs: str | None = None) -> str:
    """Two ends of a node that do not go together, both named."""
    return (
        f"this {NOUNS.get(found.socket, 'wire')} is {ours or _of(found.carried)} from "
        f"{written_by(found.carried.origin, view)}, but `{found.against.input}` carries "
        f"{theirs or _of(found.other)} from {written_by(found.other.origin, view)}"
    )


def _of(carried: Carried) -> str:
    variant = f" {carried.variant}" if carried.variant and len(carried.families) == 1 else ""
    return f"{named(carried.families)}{variant}"


def problem(
    mismatch: Mismatch, code: str, message: str, hint: str, *, level: Level = "error", given: Any = None
) -> Problem:
    """The problem of a mismatch."""
    if mismatch.also:
        places = ", ".join(f"'{number}'" for number in mismatch.also[:4])
        message += f"; the same at {places}" + (f" and {len(mismatch.also) - 4} more" if len(mismatch.also) > 4 else "")
    wanted: Collection[str] = ()
    if not isinstance(mismatch, NoModel):
        wanted = mismatch.restriction.families if isinstance(mismatch, Refused) else mismatch.other.families
    return Problem(
        code=code,
        message=message,
        subject=AtNode(node=mismatch.node.id, class_type=mismatch.node.class_type, input=mismatch.input),
        level=level,
        given=given if given is not None else mismatch.node.inputs.get(mismatch.input),
        expected=named(wanted) if wanted else None,
        hint=hint,
    )


def by_socket(view: View, *types: str) -> Iterator[Disagreement]:
    """The disagreements at inputs of these types."""
    return (found for found in view.mismatches if isinstance(found, Disagreement) and found.socket in types)


def by_restriction(view: View, *through: str) -> Iterator[Refused]:
    """The inputs that a class refuses, by what the input acts through."""
    return (found for found in view.mismatches if isinstance(found, Refused) and found.restriction.through in through)
