"""Flux.1 Redux: variations of a picture, or a mixture of several."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import CLIPVisionEncode, CLIPVisionLoader, SaveImage, StyleModelApply, StyleModelLoader
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import WeightFile
from ryla_graphs.presets.parts.flux import (
    CFG_ADVICE,
    FluxPictureParams,
    flux_canvas,
    flux_text,
    load_flux,
    sample_flux,
)
from ryla_graphs.presets.parts.pictures import Pictures
from ryla_graphs.presets.parts.sampling import negative_notice
from ryla_graphs.sockets import Conditioning, Flux1
from ryla_graphs.workflow import Workflow


class FluxReduxParams(Pictures, FluxPictureParams):
    """Parameters of `flux_redux`."""

    prompt: str = Field(default="", max_length=20_000, description="What to show, in words; optional")
    redux_strength: float = Field(
        default=1.0,
        ge=0,
        le=10,
        description="How much the pictures count against the prompt; 0.2 to 0.6 leaves it room",
    )
    crop: Literal["center", "none"] = Field(
        default="center", description="Use the middle square of each picture, or all of it squeezed into a square"
    )
    style_model_name: WeightFile = Field(
        default="flux1-redux-dev.safetensors", description="Redux model in models/style_models"
    )
    clip_vision_name: WeightFile = Field(
        default="sigclip_vision_patch14_384.safetensors", description="SigLIP model in models/clip_vision"
    )


@preset("flux-redux", FluxReduxParams, example={"image": "me.png"})
def flux_redux(p: FluxReduxParams) -> Workflow:
    """Variations of a picture, or a mixture of several, with Flux.1 Dev and Redux.

    Redux shows Flux what the pictures contain, not their pixels: subject, style and colours come back, but not exact
    places and faces. The result has the size that you ask for. The weights of Flux.1 Dev and Redux are licensed for
    non-commercial use.
    """
    loaded = load_flux(p)
    text = flux_text(p, loaded, p.prompt)
    redux = StyleModelLoader(style_model_name=p.style_model_name).named("redux")
    vision = CLIPVisionLoader(clip_name=p.clip_vision_name).named("clip-vision")
    shown: Source[Conditioning[Flux1]] = text.positive
    for name, picture in p.load_pictures().items():
        seen = CLIPVisionEncode(clip_vision=vision, image=picture, crop=p.crop).named(f"seen-{name}")
        shown = StyleModelApply(
            conditioning=shown,
            style_model=redux,
            clip_vision_output=seen,
            strength=p.redux_strength,
            strength_type="multiply",
        ).named(f"shown-{name}")
    picture = sample_flux(p, loaded, text._replace(positive=shown), flux_canvas(p))
    saved = SaveImage(images=picture, filename_prefix="flux_redux").named("save")
    return Workflow(saved).noting(negative_notice(p, CFG_ADVICE))
