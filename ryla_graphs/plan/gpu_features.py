"""What a GPU must be able to do besides holding the weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ryla_graphs.families import FAMILIES
from ryla_graphs.plan.gpus import GPU
from ryla_graphs.plan.stages import Stage
from ryla_graphs.validation.view import View


class Requirement(NamedTuple):
    """The lowest compute capability that a class runs on."""

    capability: tuple[int, int]
    why: str


CLASSES: Mapping[str, Requirement] = {
    "ApplyPulidFlux": Requirement((8, 0), "PuLID for Flux does not work below compute capability 8.0"),
}
"""Classes that some cards cannot run. Source: the README of balazik/ComfyUI-PuLID-Flux."""


def requirements_of(card: GPU, view: View, stages: Iterable[Stage]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Why a card cannot run a graph at all, and what makes the graph slower there than the card's figures suggest."""
    classes = {view.nodes[number].schema.class_type for number in view.reached & view.nodes.keys()}
    refused = sorted(
        CLASSES[name].why for name in classes & CLASSES.keys() if card.capability < CLASSES[name].capability
    )
    slowed: set[str] = set()
    for stage in {stage.alike: stage for stage in stages}.values():
        if not card.bf16 and stage.model is not None:
            precision = "fp16" if stage.model.fp16 else "fp32, at a fraction of its speed"
            slowed.add(f"it has no bf16: {FAMILIES[stage.model.family].label} runs in {precision}")
        if not card.bf16 and stage.vae is not None:
            slowed.add("it has no bf16: the VAE runs in fp32")
        if not card.fp8 and any(piece.fast for piece in stage.pieces):
            slowed.add("it cannot multiply in fp8: fp8_e4m3fn_fast is no faster there")
    return tuple(refused), tuple(sorted(slowed))
