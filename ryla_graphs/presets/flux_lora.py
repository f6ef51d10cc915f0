"""Flux.1 Dev with LoRAs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from ryla_graphs.nodes import LoraLoader, LoraLoaderModelOnly, SaveImage
from ryla_graphs.presets.base import Parameters, preset
from ryla_graphs.presets.flux import FluxParams, FluxWeights, load_flux, negative_notice, sample_flux
from ryla_graphs.workflow import Workflow

LoraId = Annotated[
    str, Field(min_length=1, max_length=255, description="File in models/loras, with or without .safetensors")
]
LoraStrength = Annotated[float, Field(ge=-10, le=10, description="How strongly it acts; 0 is off, 1 is full")]


class Lora(Parameters):
    """One LoRA of a stack."""

    lora_id: LoraId
    lora_strength: LoraStrength = 0.8
    trigger_word: str = Field(default="", max_length=500, description="Put at the front of the prompt, once")

    @property
    def file_name(self) -> str:
        """The file's name as the server lists it."""
        return self.lora_id if "." in self.lora_id.rsplit("/", 1)[-1] else f"{self.lora_id}.safetensors"


class FluxLoraParams(FluxParams):
    """Parameters of `flux_lora`: one LoRA by `loraId`, or several by `loras`."""

    lora_id: LoraId | None = Field(default=None, description="File in models/loras, with or without .safetensors")
    lora_strength: LoraStrength = 0.8
    trigger_word: str = Field(default="", max_length=500, description="Put at the front of the prompt, once")
    loras: tuple[Lora, ...] = Field(default=(), max_length=16, description="More LoRAs, applied in this order")
    text_encoder: bool = Field(
        default=False, description="Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them"
    )

    @model_validator(mode="after")
    def _some_lora(self) -> FluxLoraParams:
        if not self.stack:
            raise ValueError("a LoRA is needed: give loraId or loras")
        return self

    @property
    def stack(self) -> tuple[Lora, ...]:
        """All LoRAs in the order they are applied."""
        if self.lora_id is None:
            return self.loras
        first = Lora(lora_id=self.lora_id, lora_strength=self.lora_strength, trigger_word=self.trigger_word)
        return (first, *self.loras)


def triggered(prompt: str, triggers: list[str]) -> str:
    """The prompt with the trigger words at its front, each once, in order."""
    front: list[str] = []
    for trigger in triggers:
        if trigger and trigger not in front:
            front.append(trigger)
    lead = " ".join(front)
    if not lead or prompt == lead or prompt.startswith((f"{lead} ", f"{lead},")):
        return prompt
    return f"{lead} {prompt}"


def apply_loras(p: FluxLoraParams, weights: FluxWeights) -> FluxWeights:
    """The weights behind the stack of LoRAs."""
    model, clip, vae = weights
    for place, lora in enumerate(p.stack, start=1):
        name = f"lora-{place}"
        if p.text_encoder:
            both = LoraLoader(
                model=model,
                clip=clip,
                lora_name=lora.file_name,
                strength_model=lora.lora_strength,
                strength_clip=lora.lora_strength,
            ).named(name)
            model, clip = both.out
        else:
            model = LoraLoaderModelOnly(model=model, lora_name=lora.file_name, strength_model=lora.lora_strength).named(
                name
            )
    return FluxWeights(model, clip, vae)


@preset("flux-lora", FluxLoraParams)
def flux_lora(p: FluxLoraParams) -> Workflow:
    """A picture from text with Flux.1 Dev and one or several LoRAs.

    A trigger word goes to the front of the prompt, unless it is already there. LoRAs act on the
    diffusion model only, unless `textEncoder` is set.
    """
    weights = apply_loras(p, load_flux(p))
    picture = sample_flux(p, weights, triggered(p.prompt, [lora.trigger_word for lora in p.stack]))
    saved = SaveImage(images=picture, filename_prefix="flux_lora").named("save")
    return Workflow(saved).noting(negative_notice(p))
