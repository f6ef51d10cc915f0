"""Boxes, descriptions, and what detectors find in pictures."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.unknown import Undecided
from ryla_graphs.shapes.values import Opaque


@rule("PrimitiveBoundingBox")
def box(x: Any, y: Any, width: Any, height: Any) -> dict[str, Any]:
    return {"x": x, "y": y, "width": width, "height": height}


@rule("MediaPipeFaceLandmarker", "RTDETR_detect", "SAM3_Detect", "SDPoseFaceBBoxes")
def detect_boxes() -> Any:
    raise Undecided("what a detector finds, only the run knows")


@rule("SDPoseKeypointExtractor")
def detect_pose() -> Opaque:
    return Opaque("POSE_KEYPOINT")


@rule("SAM3_VideoTrack")
def track() -> Opaque:
    return Opaque("SAM3_TRACK_DATA")


@rule("TrainLoraNode")
def train(steps: Any = 0, model: Any = None) -> tuple[Any, Any, Any]:
    if model is None:
        raise NodeFails("there is no model")
    return Opaque("LORA_MODEL"), Opaque("LOSS_MAP"), steps
