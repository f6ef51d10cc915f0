"""Flux.1 Dev: a picture from a picture and text."""

from __future__ import annotations

from pydantic import Field

from ryla_graphs.nodes import SaveImage, VAEEncode
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Denoise, Megapixels
from ryla_graphs.presets.parts.flux import CFG_ADVICE, FluxParams, Guided, flux_text, load_flux, sample_flux
from ryla_graphs.presets.parts.pictures import GIVEN, Picture, load_picture, scaled
from ryla_graphs.presets.parts.sampling import negative_notice
from ryla_graphs.workflow import Workflow


class FluxImg2ImgParams(Guided, FluxParams):
    """Parameters of `flux_img2img`."""

    base_image: Picture = Field(description=f"The picture to redraw: {GIVEN}")
    denoise: Denoise = 0.6
    megapixels: Megapixels = 1.0


@preset(
    "flux-img2img",
    FluxImg2ImgParams,
    example={"prompt": "an oil painting of a woman", "baseImage": "me.png"},
    min_comfyui="0.6.0",  # the first whose ImageScaleToTotalPixels keeps to `resolution_steps`
)
def flux_img2img(p: FluxImg2ImgParams) -> Workflow:
    """A picture redrawn by a prompt with Flux.1 Dev.

    The base picture is scaled to `megapixels`, with sides that are multiples of 16. `denoise` says how much is
    redrawn: 0.3 keeps the shapes, 0.9 little more than the colours. The weights of Flux.1 Dev are licensed for non-
    commercial use.
    """
    loaded = load_flux(p)
    base = scaled(load_picture(p.base_image, "base"), p.megapixels)
    canvas = VAEEncode(pixels=base, vae=loaded.vae).named("canvas")
    picture = sample_flux(p, loaded, flux_text(p, loaded, p.prompt), canvas, denoise=p.denoise)
    saved = SaveImage(images=picture, filename_prefix="flux_img2img").named("save")
    return Workflow(saved).noting(negative_notice(p, CFG_ADVICE))
