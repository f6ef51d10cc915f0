"""Stacks of LoRAs, for every family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from ryla_graphs.nodes import LoraLoader, LoraLoaderModelOnly
from ryla_graphs.presets import forms
from ryla_graphs.presets.parameters import ActsWith, Parameters
from ryla_graphs.presets.parts.sampling import Loaded
from ryla_graphs.sockets import Family

SUFFIXES = (".safetensors", ".sft", ".pt", ".pth", ".ckpt", ".bin")
"""The files that ComfyUI lists as LoRAs."""

LoraId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        description="File in models/loras, with or without .safetensors",
        json_schema_extra=forms.LORA,
    ),
]
LoraStrength = Annotated[float, Field(ge=-10, le=10, description="How strongly it acts; 0 is off, 1 is full")]
TriggerWord = Annotated[str, Field(max_length=500, description="Put at the front of the prompt, once")]


class Lora(Parameters):
    """One LoRA of a stack."""

    lora_id: LoraId
    lora_strength: LoraStrength = 0.8
    trigger_word: TriggerWord = ""

    @property
    def file_name(self) -> str:
        """The file's name as the server lists it."""
        return self.lora_id if self.lora_id.endswith(SUFFIXES) else f"{self.lora_id}.safetensors"


Loras = Annotated[tuple[Lora, ...], Field(max_length=16)]


class LoraParams(Parameters):
    """A stack of LoRAs: one by `loraId`, several by `loras`. At strength 0 a LoRA is left out of the graph."""

    lora_id: LoraId | None = Field(default=None, description="File in models/loras, with or without .safetensors")
    lora_strength: Annotated[LoraStrength, ActsWith("lora_id")] = 0.8
    trigger_word: Annotated[TriggerWord, ActsWith("lora_id")] = ""
    loras: Loras = Field(
        default=(), description="LoRAs, applied in this order, each with loraId, loraStrength, triggerWord"
    )

    @property
    def stack(self) -> tuple[Lora, ...]:
        """All LoRAs in the order they are applied."""
        if self.lora_id is None:
            return self.loras
        first = Lora(lora_id=self.lora_id, lora_strength=self.lora_strength, trigger_word=self.trigger_word)
        return (first, *self.loras)


def triggered(prompt: str, stack: Sequence[Lora]) -> str:
    """The prompt with the trigger words of a stack at its front, each once, in order."""
    front = list(dict.fromkeys(lora.trigger_word for lora in stack if lora.trigger_word and lora.lora_strength))
    lead = " ".join(front)
    if not lead or prompt == lead or prompt.startswith((f"{lead} ", f"{lead},")):
        return prompt
    return f"{lead} {prompt}"


def apply_loras(
    loaded: Loaded[Family], stack: Sequence[Lora], *, text_encoder: bool = False, label: str = ""
) -> Loaded[Family]:
    """A model behind a stack of LoRAs, which act on its text encoders too if `text_encoder`."""
    model, clip, vae = loaded
    for place, lora in enumerate(stack, start=1):
        if not lora.lora_strength:
            continue
        name = f"{label}lora-{place}"
        file, strength = lora.file_name, lora.lora_strength
        if text_encoder:
            both = LoraLoader(model=model, clip=clip, lora_name=file, strength_model=strength, strength_clip=strength)
            model, clip = both.named(name).out
        else:
            model = LoraLoaderModelOnly(model=model, lora_name=file, strength_model=strength).named(name)
    return Loaded(model, clip, vae)
