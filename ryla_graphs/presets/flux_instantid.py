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

    InstantID is made for SDXL; on a Flux model it crashes or does nothing. So Flux draws the picture, and SDXL with
    InstantID redraws it: pose and place come from the Flux picture, the identity from the reference. With `faceOnly`,
    which needs Impact Pack and its Subpack, every pixel outside the faces stays as Flux drew it. The negative prompt
    acts in the second stage, and above a cfg of 1 in the first one too.

    Faces: if the reference shows no face, the run ends with an error; if it shows several, the largest counts. If the
    Flux picture shows no face, the run succeeds without likeness: with `faceOnly` the picture comes back unchanged,
    otherwise the whole picture guides the second stage. If it shows several, InstantID places the largest, and
    `faceOnly` redraws all.

    The weights of Flux.1 Dev and of InsightFace's antelopev2 are licensed for non-commercial use.
    """
    picture = refine(p, load_second_stage(p), draw_flux(p), p.prompt)
    saved = SaveImage(images=picture, filename_prefix="flux_instantid").named("save")
    return Workflow(saved).noting(second_stage_notes(p))
