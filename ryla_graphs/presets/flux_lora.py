"""Flux.1 Dev with LoRAs."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from ryla_graphs.nodes import SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parts.flux import CFG_ADVICE, FluxPictureParams, draw_flux
from ryla_graphs.presets.parts.sampling import negative_notice
from ryla_graphs.workflow import Workflow


class FluxLoraParams(FluxPictureParams):
    """Parameters of `flux_lora`: one LoRA by `loraId`, or several by `loras`."""

    @model_validator(mode="after")
    def _some_lora(self) -> Self:
        if not self.stack:
            raise ValueError("a LoRA is needed: give loraId or loras")
        return self


@preset(
    "flux-lora",
    FluxLoraParams,
    example={"prompt": "a portrait", "loraId": "character", "triggerWord": "ohwx"},
)
def flux_lora(p: FluxLoraParams) -> Workflow:
    """A picture from text with Flux.1 Dev and one or several LoRAs.

    Like `flux-dev`, but requires a LoRA. A trigger word goes to the front of the prompt, unless it is in it already.
    LoRAs apply to the diffusion model only, unless `textEncoder` is set. At strength 0 a LoRA and its trigger word
    are left out. The weights of Flux.1 Dev are licensed for non-commercial use.
    """
    saved = SaveImage(images=draw_flux(p), filename_prefix="flux_lora").named("save")
    return Workflow(saved).noting(negative_notice(p, CFG_ADVICE))
