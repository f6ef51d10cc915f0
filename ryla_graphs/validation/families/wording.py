"""Messages of the rules about families: what a link carries, which node decided that, and where it was written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ryla_graphs.families.carried import Carried, Origin, sharing_latents
from ryla_graphs.families.encoders import IMAGE_ENCODERS
from ryla_graphs.families.family import FAMILIES, LATENT_FORMATS, latents_of
from ryla_graphs.problems import AtNode, Level, Problem
from ryla_graphs.problems import family_sentences as sentences
from ryla_graphs.problems.family_sentences import NOUNS, Side
from ryla_graphs.validation.mismatches import Disagreement, Mismatch, NoModel, Refused
from ryla_graphs.validation.view import View


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
    """The node that decided: ``UNETLoader '1' (unet_name='flux1-dev.safetensors') in portrait.py:12``."""
    return sentences.written_by(*origin, line=view.sources.get(origin.node))


def refusal(found: Refused, view: View, *, noun: str | None = None) -> str:
    """A class takes one thing and is given another, both named."""
    given = Side(noun or NOUNS.get(found.socket, "link"), _of(found.carried), written_by(found.carried.origin, view))
    return sentences.refusal(found.node.class_type, found.input, named(found.restriction.families), given)


def disagreement(found: Disagreement, view: View, *, ours: str | None = None, theirs: str | None = None) -> str:
    """Two ends of a node that do not belong together, both named."""
    noun = NOUNS.get(found.socket, "link")
    given = Side(noun, ours or _of(found.carried), written_by(found.carried.origin, view))
    other = Side(noun, theirs or _of(found.other), written_by(found.other.origin, view))
    return sentences.disagreement(given, found.against.input, other)


def _of(carried: Carried) -> str:
    variant = f" {carried.variant}" if carried.variant and len(carried.families) == 1 else ""
    return f"{named(carried.families)}{variant}"


def problem(
    mismatch: Mismatch, code: str, message: str, hint: str, *, level: Level = "error", given: Any = None
) -> Problem:
    """The problem of a mismatch."""
    wanted: Collection[str] = ()
    if not isinstance(mismatch, NoModel):
        wanted = mismatch.restriction.families if isinstance(mismatch, Refused) else mismatch.other.families
    return Problem(
        code=code,
        message=message + sentences.also_at(mismatch.also),
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
