"""Pictures and masks that models make of pictures: larger ones, frames in between, what detectors find."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.registry import Guessed, NodeFails, rule
from ryla_graphs.shapes.rules.common import rows
from ryla_graphs.shapes.unknown import Undecided, Whole, least
from ryla_graphs.shapes.values import ImageShape, MaskShape, Opaque

_FACTOR = re.compile(r"(?<![0-9a-z])(\d{1,2})x|x(\d{1,2})(?![0-9])", re.IGNORECASE)
_SIZED = ("frames", "size")


@rule("UpscaleModelLoader")
def load_upscaler(model_name: str) -> Opaque:
    """Only the file has the factor, but most names tell it, such as ``4x-UltraSharp`` and ``RealESRGAN_x2plus``."""
    found = _FACTOR.search(model_name)
    if found is None:
        return Opaque("UPSCALE_MODEL", {"unknown": f"the name '{model_name}' does not say its factor"})
    return Opaque("UPSCALE_MODEL", {"factor": int(found[1] or found[2])})


@rule("ImageUpscaleWithModel")
def upscale_with_model(image: ImageShape, upscale_model: Opaque) -> ImageShape | Guessed:
    def larger(factor: Whole) -> ImageShape:
        return ImageShape(image.batch, image.height * factor, image.width * factor, image.channels)

    if image.channels != 3:
        raise NodeFails(f"its model takes pictures with 3 channels, not {image.channels}")
    try:
        return larger(upscale_model.fact("factor"))
    except Undecided as why:
        return Guessed((larger(4),), str(why))


@rule("FrameInterpolate")
def interpolate(images: ImageShape, multiplier: Whole) -> ImageShape:
    if images.batch < 2 or multiplier < 2:
        return images
    return ImageShape((images.batch - 1) * multiplier + 1, images.height, images.width)


@rule("RemoveBackground")
def remove_background(image: ImageShape) -> MaskShape:
    return MaskShape(image.batch, image.height, image.width)


def looked_at(kind: str) -> Callable[..., Opaque]:
    """A rule for classes that analyse pictures, when only the frames and size of their findings are known."""

    def work(image: ImageShape, **_: Any) -> Opaque:
        return Opaque(kind, {"frames": image.batch, "size": (image.width, image.height)})

    return work


rows(looked_at, {"DA3Inference": "DA3_GEOMETRY", "MoGeInference": "MOGE_GEOMETRY"})


@rule("MoGePanoramaInference")
def look_around(image: ImageShape) -> Opaque:
    if image.batch != 1:
        raise NodeFails(f"it takes one picture, and not {image.batch}")
    return Opaque("MOGE_GEOMETRY", {"frames": 1, "size": (image.width, image.height)})


@rule("SAM3_VideoTrack")
def track(images: ImageShape) -> Opaque:
    return Opaque("SAM3_TRACK_DATA", {"frames": images.batch, "size": (images.width, images.height)})


def shown(name: str) -> Callable[..., ImageShape]:
    """A rule for classes that draw what was found, in pictures of the size of the analysed ones."""

    def work(**inputs: Any) -> ImageShape:
        return _picture(inputs[name])

    return work


rows(shown, {"DA3Render": "da3_geometry", "MoGeRender": "moge_geometry"})


def _picture(found: Opaque) -> ImageShape:
    frames, (width, height) = (found.fact(name) for name in _SIZED)
    return ImageShape(frames, height, width)


def _mask(found: Opaque) -> MaskShape:
    frames, (width, height) = (found.fact(name) for name in _SIZED)
    return MaskShape(frames, height, width)


@rule("MediaPipeFaceMask")
def face_mask(face_landmarks: Opaque) -> MaskShape:
    return _mask(face_landmarks)


@rule("SAM3_TrackToMask")
def track_mask(track_data: Opaque) -> MaskShape:
    return _mask(track_data)


@rule("MediaPipeFaceMeshVisualize")
def face_mesh(face_landmarks: Opaque, image: ImageShape | None = None) -> ImageShape:
    return _picture(face_landmarks) if image is None else ImageShape(image.batch, image.height, image.width)


@rule("SCAIL2ColoredMask")
def coloured_masks(
    driving_track_data: Opaque, ref_track_data: Opaque | MaskShape | None = None
) -> tuple[ImageShape, ImageShape]:
    masks = _picture(driving_track_data)
    if ref_track_data is None:
        return masks, replace(masks, batch=1)
    if isinstance(ref_track_data, MaskShape):
        return masks, ImageShape(ref_track_data.batch, ref_track_data.height, ref_track_data.width)
    return masks, _picture(ref_track_data)


@rule("SDPoseDrawKeypoints")
def draw_pose(keypoints: Opaque) -> ImageShape:
    return _picture(keypoints)


@rule("SDPoseKeypointExtractor")
def find_pose(image: ImageShape) -> Opaque:
    return Opaque("POSE_KEYPOINT", {"frames": image.batch, "size": (image.width, image.height)})


@rule("SDPoseFaceBBoxes")
def face_boxes(keypoints: Opaque) -> Guessed:
    frames, size = (keypoints.fact(name) for name in _SIZED)
    return Guessed(([[_middle(*size)] for _ in range(least(frames, 4096))],), "one face in the middle of each frame")


@rule("MediaPipeFaceLandmarker")
def find_faces(image: ImageShape) -> Guessed:
    found = looked_at("FACE_LANDMARKS")(image=image)
    return Guessed((found, _boxes(image)), "one face in the middle of each picture")


@rule("RTDETR_detect")
def find_things(image: ImageShape) -> Guessed:
    return Guessed((_boxes(image),), "one thing in the middle of each picture")


@rule("SAM3_Detect")
def find_segments(image: ImageShape, individual_masks: Any = False) -> Guessed:
    return Guessed(
        (MaskShape(image.batch, image.height, image.width), _boxes(image)),
        "one thing in each picture" if individual_masks else "one thing in the middle of each picture",
    )


def _boxes(image: ImageShape) -> list[list[Mapping[str, Any]]]:
    return [[_middle(image.width, image.height)] for _ in range(least(image.batch, 4096))]


def _middle(width: Whole, height: Whole) -> Mapping[str, Any]:
    """A box in the middle, with half the sides."""
    return {"x": width // 4, "y": height // 4, "width": width // 2, "height": height // 2, "score": 1.0}
