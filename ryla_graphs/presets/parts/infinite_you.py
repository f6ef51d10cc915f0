"""A face by InfiniteYou on Flux.1 Dev, to compare other methods with; no preset, as it has not run with its weights."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ryla_graphs.catalogs import bundled
from ryla_graphs.graph.any_node import AnyNode
from ryla_graphs.nodes import SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Strength, WeightFile
from ryla_graphs.presets.parts.flux import FluxPictureParams, flux_canvas, flux_text, load_flux, sample_flux
from ryla_graphs.presets.parts.instantid import PROVIDERS, FaceProvider, ReferenceImage
from ryla_graphs.presets.parts.pictures import load_picture
from ryla_graphs.presets.parts.sampling import Conditionings
from ryla_graphs.workflow import Workflow

PACK = "bytedance/ComfyUI_InfiniteYou"


class FluxInfiniteYouParams(FluxPictureParams):
    """Parameters of `flux_infinite_you`."""

    reference_image: ReferenceImage
    infuse_strength: Strength = 1.0
    face_provider: FaceProvider = "CPU"
    infusenet_name: WeightFile = Field(
        default="sim_stage1/infusenet_sim_fp8e4m3fn.safetensors", description="InfuseNet in models/infinite_you"
    )
    projection_name: WeightFile = Field(
        default="sim_stage1/image_proj_model.bin", description="Image projection in models/infinite_you"
    )


@preset(
    "flux-infinite-you",
    FluxInfiniteYouParams,
    example={"prompt": "a woman reading in a cafe", "referenceImage": "me.png"},
)
def flux_infinite_you(p: FluxInfiniteYouParams) -> Workflow:
    """A picture from text with Flux.1 Dev and InfiniteYou, with the face and the pose of a reference picture."""
    loaded, reference = load_flux(p), load_picture(p.reference_image, "reference")
    tools = _node(
        "IDEmbeddingModelLoader",
        "face-tools",
        image_proj_model_name=p.projection_name,
        image_proj_num_tokens=8,
        face_analysis_provider=PROVIDERS[p.face_provider],
        face_analysis_det_size="AUTO",
    )
    detector, recogniser, projection = (tools.output(slot) for slot in range(3))
    who = _node(
        "ExtractIDEmbedding",
        "identity",
        face_detector=detector,
        arcface_model=recogniser,
        image_proj_model=projection,
        image=reference,
    )
    pose = _node(
        "ExtractFacePoseImage", "pose", face_detector=detector, image=reference, width=p.width, height=p.height
    )
    text = flux_text(p, loaded, p.prompt)
    infused = _node(
        "InfuseNetApply",
        "infuse",
        positive=text.positive,
        negative=text.negative,
        id_embedding=who.output(0),
        control_net=_node("InfuseNetLoader", "infusenet", controlnet_name=p.infusenet_name).output(0),
        image=pose.output(0),
        vae=loaded.vae,
        strength=p.infuse_strength,
        start_percent=0.0,
        end_percent=1.0,
    )
    picture = sample_flux(p, loaded, Conditionings(infused.output(0), infused.output(1)), flux_canvas(p))
    return Workflow(SaveImage(images=picture, filename_prefix="flux_infinite_you").named("save"))


def _node(of: str, name: str, **inputs: Any) -> AnyNode:
    return AnyNode(of=of, inputs=inputs, catalog=bundled(PACK)).named(name)
