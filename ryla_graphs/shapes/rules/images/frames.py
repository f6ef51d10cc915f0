"""Pictures with something drawn on them, and frames laid out in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.registry import Call, NodeFails, rule
from ryla_graphs.shapes.rules.common import same_shape
from ryla_graphs.shapes.rules.loading import load_image
from ryla_graphs.shapes.unknown import Whole, least, whole
from ryla_graphs.shapes.values import AudioShape, ImageShape, MaskShape, Opaque, VideoShape

_WANDANCER_RATE = 30
_TARGETS = 4


@rule("Painter")
def paint(width: Whole, height: Whole, image: ImageShape | None = None) -> tuple[ImageShape, MaskShape]:
    """Painted on the first picture, or on a plain background."""
    if image is None:
        return ImageShape(1, height, width), MaskShape(1, height, width)
    return replace(image, batch=1, content=None), MaskShape(1, image.height, image.width)


@rule("WanMoveVisualizeTracks")
def draw_tracks(images: ImageShape, tracks: Any = None) -> ImageShape:
    """The frames repeat as often as they fit whole into the length of the tracks."""
    if tracks is None:
        return images
    wanted, frames = tracks["track_path"].shape[0], images.batch
    if frames == wanted:
        return same_shape(images)
    repeated = wanted // frames * frames
    if repeated == 0:
        raise NodeFails(f"there are more frames than the {wanted} of its tracks")
    return ImageShape(repeated, images.height, images.width, images.channels)


@rule("WanDancerPadKeyframes")
def pad_keyframes(
    images: ImageShape, segment_length: Whole, segment_index: Whole, audio: AudioShape
) -> tuple[ImageShape, MaskShape, AudioShape]:
    """Key frames at their positions in one piece of a dance, and the matching sound."""
    seconds = segment_length / _WANDANCER_RATE
    start = segment_index * seconds
    first, last = (whole(moment * audio.rate) for moment in (start, least(start + seconds, audio.seconds)))
    piece = least(audio.samples, last) - least(audio.samples, first)
    sound = AudioShape(audio.batch, audio.channels, max(piece, 0), audio.rate)
    size = images.height, images.width
    return ImageShape(segment_length, *size, images.channels), MaskShape(segment_length, *size), sound


@rule("WanDancerPadKeyframesList")
def pad_many_keyframes(images: ImageShape, segment_length: Whole, num_segments: int, audio: AudioShape) -> Any:
    pieces = [pad_keyframes(images, segment_length, index, audio) for index in range(num_segments)]
    return tuple(list(values) for values in zip(*pieces, strict=True))


@rule("RenderSplat")
def render_splat(
    splat: Opaque, width: Whole, height: Whole, frames: Whole, bg_image: ImageShape | None = None
) -> tuple[ImageShape, MaskShape]:
    """One picture, or that many in a turn around the object; a negative number turns the other way."""
    if bg_image is not None and bg_image.channels < 3:
        raise NodeFails("its background has no colours")
    count = splat.facts.get("batch", 1) * (abs(frames) or 1)
    return ImageShape(count, height, width), MaskShape(count, height, width)


@rule("RenderMesh")
def render_mesh(mesh: Opaque, width: Whole, height: Whole) -> tuple[ImageShape, MaskShape]:  # noqa: ARG001 - it has one
    return ImageShape(1, height, width), MaskShape(1, height, width)


@rule("GLSLShader")
def shade(size_mode: Mapping[str, Any], images: Mapping[str, ImageShape]) -> tuple[ImageShape, ...]:
    """Always four pictures with alpha, even if the shader does not write to all."""
    if not images:
        raise NodeFails("it needs a picture")
    first, *others = images.values()
    if any(other.batch < first.batch for other in others):
        raise NodeFails("a later batch of its pictures is shorter than the first")
    custom = size_mode["size_mode"] == "custom"
    width, height = (size_mode["width"], size_mode["height"]) if custom else (first.width, first.height)
    return tuple(ImageShape(first.batch, height, width, 4) for _ in range(_TARGETS))


@rule("Load3D")
def load_3d(model_file: str, image: Any, call: Call) -> tuple[Any, ...]:
    """What the web page has drawn of a 3D body: a picture, its mask, its normals, perhaps a recording."""
    if not isinstance(image, Mapping):
        raise NodeFails("the web page has drawn nothing for it")
    picture, _ = load_image(image["image"], call)
    _, mask = load_image(image["mask"], call)
    normals, _ = load_image(image["normal"], call)
    recording = call.file(image["recording"], VideoShape) if image["recording"] else None
    is_file = bool(model_file) and model_file != "none"
    body = Opaque("FILE_3D", {"format": model_file.rpartition(".")[2].lower()}) if is_file else None
    info, path = image.get("model_3d_info", []), model_file if is_file else ""
    return picture, mask, path, normals, image["camera_info"], recording, body, info
