"""Edges, depth or a pose of a picture, for ControlNets: found by ComfyUI's own nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

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
from ryla_graphs.presets.parameters import Megapixels, Parameters, ReplacedBy, WeightFile
from ryla_graphs.presets.parts.pictures import GIVEN, Picture, load_picture, scaled
from ryla_graphs.sockets import Image, Int

Control = Literal["canny", "depth", "pose"]
READERS: Mapping[Control, str] = {
    "depth": "depth_anything_3_mono_large.safetensors",
    "pose": "sdpose_wholebody_fp16.safetensors",
}
"""The models that read a picture; edges are found without one."""


def control_map(control: Control, picture: Source[Image], reader_name: str | None) -> Source[Image]:
    """The map of a picture; `reader_name` is what reads depth or a pose."""
    if control == "canny" or reader_name is None:
        return Canny(image=picture, low_threshold=0.1, high_threshold=0.3).named("edges")
    if control == "depth":
        model = LoadDA3Model(model_name=reader_name, weight_dtype="default").named("depth-reader")
        return DA3Render(da3_geometry=DA3Inference(da3_model=model, image=picture).named("depth")).named("depth-map")
    reader = CheckpointLoaderSimple(ckpt_name=reader_name).named("pose-reader").out
    pose = SDPoseKeypointExtractor(model=reader.model, vae=reader.vae, image=picture).named("pose")
    return SDPoseDrawKeypoints(keypoints=pose, draw_feet=True, score_threshold=0.5).named("skeleton")


def _reader(given: dict[str, Any]) -> str | None:
    return None if given["control_is_map"] else READERS.get(given["control"])


class ControlParams(Parameters):
    """What a new picture takes over from another one, whose shape it has."""

    control_image: Picture = Field(description=f"A picture whose shapes guide the new one: {GIVEN}")
    control: Annotated[Control, ReplacedBy("control_is_map")] = Field(
        default="canny", description="What to take from it: its edges, its depth, or the pose of a person"
    )
    control_is_map: bool = Field(
        default=False, description="The picture already shows edges, depth or a skeleton; otherwise they are detected"
    )
    reader_name: WeightFile | None = Field(
        default_factory=_reader,
        description="The model that finds depth (in models/geometry_estimation) or a pose (in models/checkpoints)",
    )
    megapixels: Megapixels = 1.0

    @model_validator(mode="after")
    def _reader_fits(self) -> Self:
        reads = not self.control_is_map and self.control in READERS
        if reads and self.reader_name is None:
            raise ValueError(f"`control` {self.control} needs a `readerName`")
        if self.reader_name and not reads:
            raise ValueError("`readerName` has no effect with edges or with a map")
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
    found = picture if p.control_is_map else control_map(p.control, picture, p.reader_name)
    return Guide(found, size.width, size.height)
