"""Flux.1 Fill: a part of a picture redrawn, or the picture made larger on its sides."""

from __future__ import annotations

from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import DifferentialDiffusion, ImagePadForOutpaint, InpaintModelConditioning, SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Megapixels, ReplacedBy, WeightFile
from ryla_graphs.presets.parts.faces import paste
from ryla_graphs.presets.parts.flux import CFG_ADVICE, FluxParams, Guided, flux_text, load_flux, sample_flux
from ryla_graphs.presets.parts.masks import MaskedParams, load_masked, mask_notes
from ryla_graphs.presets.parts.pictures import load_picture, scaled
from ryla_graphs.presets.parts.sampling import Conditionings, negative_notice
from ryla_graphs.sockets import Image, Mask
from ryla_graphs.workflow import Workflow

Added = Annotated[int, Field(ge=0, le=4096, multiple_of=16)]


class FluxFillParams(MaskedParams, Guided, FluxParams):
    """Parameters of `flux_fill`."""

    guidance: float = Field(default=30.0, ge=0, le=100, description="Flux's distilled guidance; Fill wants about 30")
    megapixels: Megapixels = 1.0
    left: Added = Field(
        default=0, description="Pixels to add on the left, a multiple of 16; the other sides work the same"
    )
    top: Added = Field(default=0, description="Pixels to add above")
    right: Added = Field(default=0, description="Pixels to add on the right")
    bottom: Added = Field(default=0, description="Pixels to add below")
    feathering: int = Field(
        default=24, ge=0, le=512, description="Over how many pixels the added sides blend into the picture"
    )
    unet_name: Annotated[WeightFile, ReplacedBy("flux_checkpoint_name")] = Field(
        default="flux1-fill-dev.safetensors", description="Fill model in models/diffusion_models"
    )

    @property
    def grows(self) -> bool:
        """Whether sides are added, instead of a part redrawn."""
        return any((self.left, self.top, self.right, self.bottom))

    @property
    def redraws_by_mask(self) -> bool:
        """Whether a mask says what is redrawn."""
        return not self.grows

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.grows and self.mask_image is not None:
            raise ValueError("give `maskImage` to redraw a part, or `left`, `top`, `right`, `bottom` to add sides")
        if not self.grows and self.feathering != type(self).model_fields["feathering"].default:
            raise ValueError("`feathering` has no effect without `left`, `top`, `right` or `bottom`")
        return self


class _Hole(NamedTuple):
    """A picture, and what of it is to be drawn."""

    picture: Source[Image]
    mask: Source[Mask]


@preset(
    "flux-fill",
    FluxFillParams,
    example={"prompt": "a woman with a red hat", "baseImage": "me.png"},
    min_comfyui="0.6.0",  # the first whose ImageScaleToTotalPixels keeps to `resolution_steps`
)
def flux_fill(p: FluxFillParams) -> Workflow:
    """A part of a picture redrawn, or its sides extended, with Flux.1 Fill.

    The picture is scaled to `megapixels`. The white part of `maskImage` is redrawn or, without a mask, the
    transparent part of the picture. With `left`, `top`, `right` or `bottom`, the picture is extended by that many
    pixels instead. The prompt describes the whole picture as it should be. Nothing else in the scaled picture
    changes. Fill's weights are licensed for non-commercial use.
    """
    loaded = load_flux(p)
    hole = _extended(p) if p.grows else _masked(p)
    text = flux_text(p, loaded, p.prompt)
    filling = InpaintModelConditioning(
        positive=text.positive,
        negative=text.negative,
        vae=loaded.vae,
        pixels=hole.picture,
        mask=hole.mask,
        # The added area has no pixels yet to stay close to.
        noise_mask=not p.grows,
    ).named("canvas")
    if not p.grows:
        loaded = loaded._replace(model=DifferentialDiffusion(model=loaded.model).named("soft-edges"))
    conditionings = Conditionings(filling.out.positive, filling.out.negative)
    picture = sample_flux(p, loaded, conditionings, filling.out.latent)
    pasted = paste(picture, into=hole.picture, mask=hole.mask)
    saved = SaveImage(images=pasted, filename_prefix="flux_fill").named("save")
    return Workflow(saved).noting((*negative_notice(p, CFG_ADVICE), *([] if p.grows else mask_notes(p))))


def _masked(p: FluxFillParams) -> _Hole:
    picture, mask = load_masked(p)
    return _Hole(scaled(picture, p.megapixels), mask)


def _extended(p: FluxFillParams) -> _Hole:
    base = scaled(load_picture(p.base_image, "base"), p.megapixels)
    sides = {"left": p.left, "top": p.top, "right": p.right, "bottom": p.bottom}
    extended = ImagePadForOutpaint(image=base, **sides, feathering=p.feathering).named("extended").out
    return _Hole(extended.image, extended.mask)
