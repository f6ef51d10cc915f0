"""Z-Image Turbo with a face from a reference picture, in two stages."""

from __future__ import annotations

from ryla_graphs.nodes import SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parts.second_stage import SecondStageParams, load_second_stage, refine, second_stage_notes
from ryla_graphs.presets.parts.z_image import ZImagePictureParams, draw_z_image
from ryla_graphs.workflow import Workflow


class ZImageInstantIDParams(SecondStageParams, ZImagePictureParams):
    """Parameters of `z_image_instantid`."""


@preset(
    "z-image-instantid",
    ZImageInstantIDParams,
    example={"prompt": "a woman reading in a cafe", "referenceImage": "me.png"},
)
def z_image_instantid(p: ZImageInstantIDParams) -> Workflow:
    """A picture from text with Z-Image Turbo, redrawn with the face of a reference picture.

    Z-Image has no identity adapter, and InstantID crashes on it. So Z-Image draws the picture, and SDXL with
    InstantID redraws it, as in `flux-instantid`; faces are treated as described there. InsightFace's antelopev2 is
    licensed for non-commercial use; the rest may be used commercially.
    """
    picture = refine(p, load_second_stage(p), draw_z_image(p), p.prompt)
    saved = SaveImage(images=picture, filename_prefix="z_image_instantid").named("save")
    return Workflow(saved).noting(second_stage_notes(p))
