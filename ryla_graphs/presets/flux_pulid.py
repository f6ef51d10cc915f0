"""Flux.1 Dev with a face from a reference picture by PuLID, in one stage."""

from __future__ import annotations

from pydantic import Field

from ryla_graphs.nodes import (
    ApplyPulidFlux,
    PulidFluxEvaClipLoader,
    PulidFluxInsightFaceLoader,
    PulidFluxModelLoader,
    SaveImage,
)
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import WeightFile
from ryla_graphs.presets.parts.faces import face_notes
from ryla_graphs.presets.parts.flux import (
    CFG_ADVICE,
    FluxPictureParams,
    flux_canvas,
    flux_text,
    load_flux,
    sample_flux,
)
from ryla_graphs.presets.parts.instantid import PROVIDERS, FaceProvider, ReferenceImage
from ryla_graphs.presets.parts.pictures import load_picture
from ryla_graphs.presets.parts.sampling import negative_notice
from ryla_graphs.workflow import Workflow


class FluxPulidParams(FluxPictureParams):
    """Parameters of `flux_pulid`."""

    reference_image: ReferenceImage
    pulid_strength: float = Field(
        default=0.9, ge=-1, le=5, description="How strongly the face acts; 0 is off, 0.8 to 1 is usual"
    )
    pulid_start: float = Field(
        default=0.0, ge=0, le=1, description="Share of the steps before the face acts; 0.1 to 0.2 looks more natural"
    )
    face_provider: FaceProvider = "CPU"
    pulid_name: WeightFile = Field(
        default="pulid_flux_v0.9.1.safetensors", description="PuLID's weights in models/pulid"
    )


@preset(
    "flux-pulid",
    FluxPulidParams,
    example={"prompt": "a woman reading in a cafe", "referenceImage": "me.png"},
)
def flux_pulid(p: FluxPulidParams) -> Workflow:
    """A picture from text with Flux.1 Dev and PuLID, with the face of a reference picture.

    Has only one stage, so it is faster than `flux-instantid`, and the whole picture is drawn by Flux; the prompt
    decides the pose. If the reference shows no face, that is not an error, and the picture shows some other face.
    Needs a GPU with compute capability 8.0 or newer (no T4) and, from ComfyUI 0.3.67 on, a fix in the pack: see
    `ryla-graphs plan flux-pulid`. The weights of Flux.1 Dev and of InsightFace's antelopev2 are licensed for non-
    commercial use.
    """
    loaded = load_flux(p)
    model = ApplyPulidFlux(
        model=loaded.model,
        pulid_flux=PulidFluxModelLoader(pulid_file=p.pulid_name).named("pulid"),
        eva_clip=PulidFluxEvaClipLoader().named("eva-clip"),
        face_analysis=PulidFluxInsightFaceLoader(provider=PROVIDERS[p.face_provider]).named("face-analysis"),
        image=load_picture(p.reference_image, "reference"),
        weight=p.pulid_strength,
        start_at=p.pulid_start,
        end_at=1.0,
    ).named("identity")
    picture = sample_flux(p, loaded._replace(model=model), flux_text(p, loaded, p.prompt), flux_canvas(p))
    saved = SaveImage(images=picture, filename_prefix="flux_pulid").named("save")
    return Workflow(saved).noting((*negative_notice(p, CFG_ADVICE), *face_notes("pulid")))
