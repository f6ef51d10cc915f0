"""A picture with another person's face, by InstantID on SDXL."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Denoise, Megapixels, Prompt, ReplacedBy, Steps
from ryla_graphs.presets.parts.faces import (
    FACE_DETECTOR,
    DetectorName,
    face_detector,
    face_mask,
    face_notes,
    paste,
)
from ryla_graphs.presets.parts.instantid import (
    IdentityParams,
    Redraw,
    identify,
    load_face_tools,
    load_sdxl,
    redraw,
)
from ryla_graphs.presets.parts.loras import LoraParams, apply_loras, triggered
from ryla_graphs.presets.parts.pictures import GIVEN, MaskPicture, Picture, load_mask, load_picture, scaled
from ryla_graphs.presets.parts.sampling import Sampling, encode, negative_notice
from ryla_graphs.sockets import Image, Mask
from ryla_graphs.workflow import Workflow


class FaceSwapParams(IdentityParams, LoraParams, Sampling):
    """Parameters of `face_swap`."""

    prompt: Prompt = "photo of a person, natural skin, detailed face"
    steps: Steps = 30
    cfg: float = Field(default=4.5, ge=1, le=30, description="Guidance; 4 to 5 suit InstantID")
    base_image: Picture = Field(description=f"The picture that gets the face: {GIVEN}")
    denoise: Denoise = 0.7
    megapixels: Megapixels = 1.0
    detector_name: Annotated[DetectorName, ReplacedBy("mask_image")] = FACE_DETECTOR
    mask_image: MaskPicture | None = Field(
        default=None,
        description="Picture of the base picture's shape, white where to redraw; instead of a detector and Impact Pack",
    )
    text_encoder: bool = Field(default=False, description="Apply the LoRAs to the text encoders too")


@preset(
    "face-swap",
    FaceSwapParams,
    example={"baseImage": "scene.png", "referenceImage": "me.png"},
    min_comfyui="0.6.0",  # the first whose ImageScaleToTotalPixels keeps to `resolution_steps`
)
def face_swap(p: FaceSwapParams) -> Workflow:
    """A picture with its largest face redrawn as the face of a reference picture.

    The base picture is scaled to `megapixels`; outside the face, no pixel of the scaled picture changes. The face
    keeps the pose and place it has there. A `prompt` that describes the person helps. No inswapper is used, but
    InsightFace's antelopev2 is licensed for non-commercial use too, and the detector is under AGPL.

    Faces: if the reference shows no face, the run ends with an error; if it shows several, the largest counts. In the
    base picture the largest face is redrawn; if none is found, the picture comes back unchanged.
    """
    loaded = apply_loras(load_sdxl(p), p.stack, text_encoder=p.text_encoder)
    text = encode(p, loaded.clip, triggered(p.prompt, p.stack))
    base = scaled(load_picture(p.base_image, "base"), p.megapixels)
    identity = identify(p, loaded, load_face_tools(p), text, keypoints=base)
    mask = _mask(p, base)
    redrawn = redraw(loaded, identity, base, Redraw(p.steps, p.cfg, p.denoise, p.seed), mask=mask)
    saved = SaveImage(images=paste(redrawn, into=base, mask=mask), filename_prefix="face_swap").named("save")
    notes = face_notes("reference", *(["largest"] if p.mask_image is None else []))
    return Workflow(saved).noting((*negative_notice(p), *notes))


def _mask(p: FaceSwapParams, base: Source[Image]) -> Source[Mask]:
    if p.mask_image is not None:
        return load_mask(p.mask_image)
    return face_mask(face_detector(p.detector_name), base, largest_only=True)
