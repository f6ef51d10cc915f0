"""Videos that are saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from PIL import Image

from ryla_graphs.engines.simulator.files import animation, motion_jpeg_mp4
from ryla_graphs.engines.simulator.frames import Frames
from ryla_graphs.engines.simulator.media import Encoding, has_pyav, planes_of, video_file
from ryla_graphs.engines.simulator.saving.registry import saves
from ryla_graphs.engines.simulator.saving.sounds import prompt_of
from ryla_graphs.engines.simulator.world import Node
from ryla_graphs.shapes.registry import nested
from ryla_graphs.shapes.rules.videos import encoded_audio, saved_rate
from ryla_graphs.shapes.values import ImageShape, VideoShape

_HDR = ("HDR", "HDR PQ")


def _frames(node: Node, pictures: ImageShape) -> Iterator[Image.Image]:
    node.afford(pictures)
    return (node.image(pictures, index) for index in range(int(pictures.batch)))


@saves("SaveVideo")
def save_video(node: Node) -> None:
    video: VideoShape = node["video"]
    inputs = nested(node.call.inputs, node.call.schema)
    given = inputs["format"]
    chosen: Mapping[str, Any] = given if isinstance(given, Mapping) else {"format": given}
    wanted: Any = chosen.get("codec") or inputs.get("codec") or {}
    codec_given: Mapping[str, Any] = wanted if isinstance(wanted, Mapping) else {"codec": wanted}
    kind = "mp4" if chosen["format"] == "auto" else chosen["format"]
    codec = codec_given.get("codec", "auto")
    if codec == "auto":
        codec = "av1" if kind == "webm" else "h264"
    if kind == "webm" and codec != "av1":
        raise node.fail("WebM only supports AV1")
    size = int(video.width), int(video.height)
    if not video.frames or 0 in size:
        raise node.fail("its video has no frames")
    frames = ImageShape(video.frames, video.height, video.width, content=video.content)
    name, subfolder = node.world.names.next(node["filename_prefix"], f".{kind}", size)
    way: Any = codec_given.get("encoding") or {}
    content = _written(node, video, frames, kind, codec, way if isinstance(way, Mapping) else {})
    node.save("video", name, content, subfolder=subfolder)


def _written(node: Node, video: VideoShape, frames: ImageShape, kind: str, codec: str, way: Mapping[str, Any]) -> bytes:
    images, rate = _frames(node, frames), saved_rate(video)
    if not has_pyav() and kind == "mp4" and codec == "h264":
        # What we can write without PyAV: every frame as a JPEG, and no sound.
        return motion_jpeg_mp4(list(images), float(rate))
    deep = video.bits >= 10 or way.get("color_space") in _HDR
    options = {} if way.get("crf") is None else {"crf": str(way["crf"])}
    encoding = Encoding(kind, codec, rate, "yuv420p10le" if deep else "yuv420p", options)
    audio = video.audio if video.file is not None else encoded_audio(video)
    sound = None if audio is None else (planes_of(audio), int(audio.rate))
    return video_file(images, (int(video.width), int(video.height)), encoding, prompt_of(node), sound)


@saves("SaveWEBM")
def save_webm(node: Node) -> None:
    images: ImageShape = node["images"]
    size = int(images.width), int(images.height)
    name, subfolder = node.world.names.next(node["filename_prefix"], ".webm", size)
    codec = node["codec"]
    transparent = images.channels == 4 and codec == "vp9"
    pixels = "yuva420p" if transparent else "yuv420p10le" if codec == "av1" else "yuv420p"
    rate, options = Fraction(round(node["fps"] * 1000), 1000), {"crf": str(node["crf"])}
    encoding = Encoding("webm", codec, rate, pixels, options)
    content = video_file(_frames(node, images), size, encoding, prompt_of(node))
    node.save("video", name, content, subfolder=subfolder)


@saves("SAM3_TrackPreview")
def preview_tracks(node: Node) -> None:
    """The input frames; only a model knows what it found on them."""
    found, pictures = node["track_data"], node.get("images")
    if pictures is None:
        width, height = found.fact("size")
        black = Frames(lambda _: (), lambda _index, _images: Image.new("RGB", (width, height)))
        pictures = ImageShape(found.fact("frames"), height, width, content=black)
    name = f"sam3_track_preview_{node.world.names.hexadecimal(node.key)[:8]}.mp4"
    size = int(pictures.width), int(pictures.height)
    rate = Fraction(round(node.get("fps", 24.0) * 1000), 1000)
    if has_pyav():
        content = video_file(_frames(node, pictures), size, Encoding("mp4", "h264", rate), prompt_of(node))
    else:
        content = motion_jpeg_mp4(list(_frames(node, pictures)), float(rate))
    node.save("video", name, content, folder="temp")


_VHS_KINDS: Mapping[str, tuple[str, str]] = {
    "image/gif": ("gif", ""),
    "image/webp": ("webp", ""),
    "video/ffmpeg-gif": ("gif", ""),
    "video/gifski": ("gif", ""),
    "video/av1-webm": ("webm", "av1"),
    "video/webm": ("webm", "vp9"),
}
"""File type and codec by format; all others are H.264 in MP4."""


@saves("VHS_VideoCombine")
def combine_video(node: Node) -> None:
    """With sound, the reported file is a second one with `-audio` in its name."""
    pictures, fps = node["images"], node["frame_rate"]
    kind, codec = _VHS_KINDS.get(node["format"], ("mp4", "h264"))
    audio = node.get("audio") if codec and has_pyav() else None
    size = int(pictures.width), int(pictures.height)
    name, subfolder = node.world.names.next(node["filename_prefix"], f".{kind}", size)
    stem = name.removesuffix(f"_.{kind}")
    if not codec:
        content = animation(node.images(pictures), fps, kind.upper())
    elif kind == "mp4" and not has_pyav():
        content = motion_jpeg_mp4(node.images(pictures), fps)
    else:
        even = ImageShape(pictures.batch, size[1] // 2 * 2, size[0] // 2 * 2, content=pictures.content)
        frames = (image.crop((0, 0, int(even.width), int(even.height))) for image in _frames(node, pictures))
        encoding = Encoding(kind, codec, Fraction(fps).limit_denominator(1000))
        sound = None if audio is None else (planes_of(audio), int(audio.rate))
        content = video_file(frames, (int(even.width), int(even.height)), encoding, prompt_of(node), sound)
    node.save("video", f"{stem}{'' if audio is None else '-audio'}.{kind}", content, subfolder=subfolder)
