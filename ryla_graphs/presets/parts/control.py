"""Edges, depth or a pose of a picture, for ControlNets: found by ComfyUI's own nodes, or drawn already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    Canny,
    CheckpointLoaderSimple,
    DA3Inference,
    DA3Render,
    GetImageSize,
    LoadDA3Model,
    SDPoseDrawKeypoints,
    SDPoseKeypointExtractor,
)
from ryla_graphs.presets.base import Megapixels, Parameters, WeightFile
from ryla_graphs.presets.parts.pictures import Picture, load_picture, scaled
from ryla_graphs.sockets import Image, Int

Control = Literal["canny", "depth", "pose", "none"]
READERS: Mapping[Control, str] = {
    "depth": "depth_anything_3_mono_large.safetensors",
    "pose": "sdpose_wholebody_fp16.safetensors",
}
"""The models that read a picture; edges are found without one."""


def _reader(given: dict[str, Any]) -> str | None:
    return READERS.get(given["control"])


class ControlParams(Parameters):
    """What a new picture takes over from another one."""

    control_image: Picture = Field(
        description="The picture whose forms the new one takes, in the server's input folder"
    )
    control: Control = Field(
        default="canny",
        description="What is taken of it: edges, depth, or the pose of a person; none where it is such a map already",
    )
    reader_name: WeightFile | None = Field(
        default_factory=_reader,
        description="What reads depth (in models/geometry_estimation) or a pose (in models/checkpoints)",
    )
    megapixels: Megapixels = 1.0

    @model_validator(mode="after")
    def _reader_fits(self) -> Self:
        if self.reader_name and self.control not in READERS:
            raise ValueError(f"`readerName` has no effect with `control` {self.control}")
        return self


class Guide(NamedTuple):
    """What guides a picture, and the size that both have."""

    map: Source[Image]
    width: Source[Int]
    height: Source[Int]


def guide(p: ControlParams) -> Guide:
    """The map of the control picture."""
    picture = scaled(load_picture(p.control_image, "control"), p.megapixels)
    size = GetImageSize(image=picture).named("size").out
    return Guide(_map(p, picture), size.width, size.height)


def _map(p: ControlParams, picture: Source[Image]) -> Source[Image]:
    if p.control == "canny":
        return Canny(image=picture, low_threshold=0.1, high_threshold=0.3).named("edges")
    if p.reader_name is None:
        return picture
    if p.control == "depth":
        model = LoadDA3Model(model_name=p.reader_name, weight_dtype="default").named("depth-reader")
        return DA3Render(da3_geometry=DA3Inference(da3_model=model, image=picture).named("depth")).named("depth-map")
    reader = CheckpointLoaderSimple(ckpt_name=p.reader_name).named("pose-reader").out
    pose = SDPoseKeypointExtractor(model=reader.model, vae=reader.vae, image=picture).named("pose")
    return SDPoseDrawKeypoints(keypoints=pose, draw_feet=True, score_threshold=0.5).named("skeleton")
