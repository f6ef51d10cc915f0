"""Rule: patches and adapters act on a model they were made for."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.families.rules import UNETS
from ryla_graphs.problems import Problem
from ryla_graphs.problems import family_hints as hints
from ryla_graphs.problems.family_sentences import NOUNS
from ryla_graphs.validation.families.wording import (
    by_restriction,
    by_socket,
    disagreement,
    named,
    problem,
    refusal,
)
from ryla_graphs.validation.mismatches import Refused
from ryla_graphs.validation.view import View

_TYPES = tuple(
    socket
    for socket in NOUNS
    if socket
    not in ("MODEL", "GUIDER", "CLIP", "VAE", "WANVAE", "CONDITIONING", "LATENT", "CONTROL_NET", "lora", "LORA_MODEL")
)
_NOTHING = "it patches layers that this model has not, so it does nothing, or fails"
_FACES = ("InstantID", "Pulid", "IPAdapterFaceID")


def adapters(view: View) -> Iterator[Problem]:
    """A patch for a U-Net's attention does nothing on a transformer and crashes on a U-Net of another width.

    A patch for a transformer's blocks does nothing elsewhere, or fails because there are none.
    """
    for found in by_restriction(view, "attention", "transformer"):
        model = found.carried.families
        crashes = found.restriction.through == "attention" and model <= UNETS
        code = "adapter_width" if crashes else "adapter_without_effect"
        what = "its layers are of another width, so the sampler crashes" if crashes else _NOTHING
        yield problem(found, code, f"{refusal(found, view)}; {what}", _hint(found))
    for apart in by_socket(view, *_TYPES):
        hint = f"load one that is made for {named(apart.other.families)}, or leave it out"
        yield problem(apart, "adapter_family", disagreement(apart, view), hint)


def _hint(found: Refused) -> str:
    if any(word in found.node.class_type for word in _FACES):
        return hints.face_for(found.carried.families)
    return f"take the node out, or use a model of {named(found.restriction.families)}"
