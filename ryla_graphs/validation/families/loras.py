"""Rule: a LoRA changes a model of its own family."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import Problem
from ryla_graphs.validation.families.wording import by_socket, disagreement, named, problem
from ryla_graphs.validation.view import View


def loras(view: View) -> Iterator[Problem]:
    """Otherwise ComfyUI finds none of its layers, logs ``lora key not loaded`` for each, and the LoRA has no effect.

    Chroma takes LoRAs of Flux.1. At strength 0 a LoRA does nothing anyway, so nothing is reported.
    """
    for found in by_socket(view, "lora", "LORA_MODEL"):
        message = f"{disagreement(found, view)}; ComfyUI ignores the LoRA without an error"
        yield problem(found, "lora_family", message, f"use a LoRA that was trained on {named(found.other.families)}")
