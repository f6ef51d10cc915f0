"""Flux.1 Dev with a face from a reference picture, in two stages."""

from __future__ import annotations

from ryla_graphs.nodes import SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parts.flux import FluxPictureParams, draw_flux
from ryla_graphs.presets.parts.second_stage import SecondStageParams, load_second_stage, refine, second_stage_notes
from ryla_graphs.workflow import Workflow


class FluxInstantIDParams(SecondStageParams, FluxPictureParams):
    """Parameters of `flux_instantid`."""


@preset(
    "flux-instantid",
    FluxInstantIDParams,
    example={"prompt": "a woman reading in a cafe", "referenceImage": "me.png"},
)
def flux_instantid(p: FluxInstantIDParams) -> Workflow:
    """A picture from text with Flux.1 Dev, redrawn with the face of a reference picture.

    InstantID is a method for SDXL: on a Flux model it crashes or does nothing. So Flux draws the picture,
    and SDXL with InstantID redraws it: pose and place come from the Flux picture, identity from the
    reference. With `faceOnly`, which needs Impact Pack and its Subpack, every pixel outside the faces
    stays Flux's. The negative prompt acts in the second stage, and in the first one too at a cfg above 1.

    Faces: a reference without one ends the run with an error; of several the largest counts. A Flux
    picture without one gets no likeness, and nothing fails: with `faceOnly` it comes back as it was, else
    it guides the second stage as a whole. Of several faces in it InstantID places the largest; `faceOnly`
    redraws all.

    Flux.1 Dev's weights and InsightFace's antelopev2 are licensed for non-commercial use.
    """
    picture = refine(p, load_second_stage(p), draw_flux(p), p.prompt)
    saved = SaveImage(images=picture, filename_prefix="flux_instantid").named("save")
    return Workflow(saved).noting(second_stage_notes(p))
