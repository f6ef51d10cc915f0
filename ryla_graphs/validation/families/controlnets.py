"""Rule: a ControlNet, including InstantID's, runs with the family it was made for."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ryla_graphs.families.family import FAMILIES
from ryla_graphs.problems import Problem
from ryla_graphs.problems import family_hints as hints
from ryla_graphs.validation.families.wording import (
    by_restriction,
    by_socket,
    disagreement,
    named,
    problem,
    refusal,
)
from ryla_graphs.validation.view import View


def controlnets(view: View) -> Iterator[Problem]:
    """The sampler crashes when the ControlNet meets text or latents of another family.

    SDXL's ControlNets read the pooled vector of the text: Flux.1 gives one of another width, and SD 1.5, Z-Image
    and Wan give none, which ends in another error (`controlnet_without_pooled`).
    """
    for found in by_restriction(view, "controlnet"):
        net, model = found.restriction.families, found.carried.families
        if found.socket == "CONTROL_NET":
            yield problem(found, "controlnet_family", refusal(found, view), f"load the ControlNet of {named(net)}")
        else:
            yield problem(found, _code(net, model), f"{refusal(found, view)}{_why(net, model)}", hints.face_for(model))
    for apart in by_socket(view, "CONTROL_NET"):
        net, model = apart.carried.families, apart.other.families
        hint = f"use a ControlNet made for {named(model)}, or leave it out"
        yield problem(apart, _code(net, model), f"{disagreement(apart, view)}{_why(net, model)}", hint)


def _lacks_pooled(net: Collection[str], model: Collection[str]) -> bool:
    takes = all(FAMILIES[name].pooled for name in net if name in FAMILIES)
    return takes and not any(FAMILIES[name].pooled for name in model if name in FAMILIES)


def _code(net: Collection[str], model: Collection[str]) -> str:
    return "controlnet_without_pooled" if _lacks_pooled(net, model) else "controlnet_family"


def _why(net: Collection[str], model: Collection[str]) -> str:
    return "; its text has no pooled vector, which the ControlNet needs" if _lacks_pooled(net, model) else ""
