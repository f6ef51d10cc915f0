"""Z-Image Turbo: a picture from text in eight steps."""

from __future__ import annotations

from ryla_graphs.nodes import SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parts.sampling import negative_notice
from ryla_graphs.presets.parts.z_image import ZImagePictureParams, draw_z_image
from ryla_graphs.workflow import Workflow


class ZImageTurboParams(ZImagePictureParams):
    """Parameters of `z_image_turbo`."""


@preset("z-image-turbo", ZImageTurboParams, example={"prompt": "a red bicycle"})
def z_image_turbo(p: ZImageTurboParams) -> Workflow:
    """A picture from text with Z-Image Turbo, in eight steps.

    Turbo is made for 8 steps at cfg 1. (What other tools call a guidance of 0 is a cfg of 1 here.) You can use the
    base model as `unetName`; it needs 25 to 50 steps at a cfg of 3 to 5, where the negative prompt acts. Apache-2.0,
    so commercial use is free.
    """
    saved = SaveImage(images=draw_z_image(p), filename_prefix="z_image").named("save")
    return Workflow(saved).noting(negative_notice(p))
