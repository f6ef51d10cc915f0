"""Flux.1 Schnell: a picture from text in four steps."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ryla_graphs.nodes import SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import ReplacedBy, Steps, WeightFile
from ryla_graphs.presets.parts.flux import FluxParams, flux_canvas, flux_text, load_flux, sample_flux
from ryla_graphs.presets.parts.sampling import Canvas, negative_notice
from ryla_graphs.workflow import Workflow


class FluxSchnellParams(Canvas, FluxParams):
    """Parameters of `flux_schnell`."""

    steps: Steps = 4
    unet_name: Annotated[WeightFile, ReplacedBy("flux_checkpoint_name")] = Field(
        default="flux1-schnell.safetensors", description="Diffusion model in models/diffusion_models"
    )


@preset("flux-schnell", FluxSchnellParams, example={"prompt": "a red bicycle"})
def flux_schnell(p: FluxSchnellParams) -> Workflow:
    """A picture from text with Flux.1 Schnell, in four steps.

    Takes a fifth of the steps of `flux-dev`, but follows long prompts less faithfully. The model was trained for 4
    steps at cfg 1, and has no distilled guidance. Apache-2.0, so commercial use is free.
    """
    loaded = load_flux(p)
    picture = sample_flux(p, loaded, flux_text(p, loaded, p.prompt), flux_canvas(p))
    saved = SaveImage(images=picture, filename_prefix="flux_schnell").named("save")
    return Workflow(saved).noting(negative_notice(p))
