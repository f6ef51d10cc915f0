"""Rule: a latent with content goes to a model with the same latents."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.families.carried import Carried
from ryla_graphs.families.family import LATENT_FORMATS, latents_of
from ryla_graphs.problems import Problem
from ryla_graphs.problems import family_hints as hints
from ryla_graphs.validation.families.wording import by_socket, disagreement, latents, problem
from ryla_graphs.validation.mismatches import Disagreement
from ryla_graphs.validation.view import View


def latents_of_models(view: View) -> Iterator[Problem]:
    """Core samplers fit a latent of zeros to any model; one with content keeps its channels, and the model crashes.

    If only the meaning of the numbers differs, nothing crashes, but the picture is garbage.
    """
    for found in by_socket(view, "LATENT"):
        message = disagreement(found, view, ours=latents(found.carried))
        yield problem(found, _code(found), message, _hint(found))


def _channels(carried: Carried) -> set[int]:
    found = (LATENT_FORMATS[name].channels for name in latents_of(carried.families))
    return {channels for channels in found if channels is not None}


def _code(found: Disagreement) -> str:
    ours, theirs = _channels(found.carried), _channels(found.other)
    if not ours or not theirs or ours & theirs:
        return "latent_family"
    return "latent_with_fewer_channels" if max(ours) < min(theirs) else "latent_with_more_channels"


def _hint(found: Disagreement) -> str:
    return f"encode the picture with {hints.vae_for(latents_of(found.other.families))}; {hints.STAGES}"
