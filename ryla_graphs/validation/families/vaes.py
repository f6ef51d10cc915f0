"""Rule: a VAE reads the latents it was made for."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.families.family import latents_of
from ryla_graphs.problems import Problem
from ryla_graphs.problems import family_hints as hints
from ryla_graphs.validation.families.wording import by_socket, disagreement, latents, problem
from ryla_graphs.validation.view import View


def vaes(view: View) -> Iterator[Problem]:
    """With another number of channels it crashes; with the same number from another family the picture is garbage."""
    for found in by_socket(view, "VAE", "WANVAE"):
        hint = f"use {hints.vae_for(latents_of(found.other.families))}"
        yield problem(found, "vae_family", disagreement(found, view, ours=f"for {latents(found.carried)},"), hint)
