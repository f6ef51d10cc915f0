"""Flux.1 Kontext: a picture edited as the prompt says."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ryla_graphs.nodes import FluxKontextImageScale, SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import ReplacedBy, WeightFile
from ryla_graphs.presets.parts.flux import CFG_ADVICE, FluxParams, Guided, flux_text, load_flux, sample_flux
from ryla_graphs.presets.parts.pictures import Pictures
from ryla_graphs.presets.parts.references import encoded, refer
from ryla_graphs.presets.parts.sampling import negative_notice
from ryla_graphs.workflow import Workflow


class FluxKontextParams(Pictures, Guided, FluxParams):
    """Parameters of `flux_kontext`."""

    guidance: float = Field(default=2.5, ge=0, le=100, description="Flux's distilled guidance; costs nothing")
    unet_name: Annotated[WeightFile, ReplacedBy("flux_checkpoint_name")] = Field(
        default="flux1-dev-kontext_fp8_scaled.safetensors", description="Kontext model in models/diffusion_models"
    )


@preset("flux-kontext", FluxKontextParams, example={"prompt": "make it night", "image": "me.png"})
def flux_kontext(p: FluxKontextParams) -> Workflow:
    """A picture edited as the prompt says, with Flux.1 Kontext.

    Say what to change and what to keep: "change the car to red, keep everything else". The prompt can refer to up to
    two more pictures, for instance a person to put into the scene. All pictures are scaled to about one megapixel, in
    one of the shapes that Kontext was trained on, and the result has the shape of the first. Kontext's weights are
    licensed for non-commercial use.
    """
    loaded = load_flux(p)
    fitted = {
        name: FluxKontextImageScale(image=picture).named(f"{name}-fitted")
        for name, picture in p.load_pictures().items()
    }
    references = encoded(fitted, loaded.vae)
    text = refer(p, flux_text(p, loaded, p.prompt), references)
    picture = sample_flux(p, loaded, text, references["first"])
    saved = SaveImage(images=picture, filename_prefix="flux_kontext").named("save")
    return Workflow(saved).noting(negative_notice(p, CFG_ADVICE))
