"""Input files of the sizes that were recorded."""

from __future__ import annotations

import io
import math
import struct
import wave
from functools import lru_cache
from typing import Any

from PIL import Image

_RATE = 22_050


def made(name: str, facts: dict[str, Any]) -> bytes:
    """A file of a kind and size."""
    return _made(name, tuple(sorted(facts.items())))


@lru_cache(maxsize=256)
def _made(name: str, facts: tuple[tuple[str, Any], ...]) -> bytes:
    known = dict(facts)
    match known["kind"]:
        case "image":
            return _picture(name, known)
        case "video":
            return _video(known)
        case "audio":
            return _sound(known["channels"], known["sample_rate"], known["seconds"])
        case "3d":
            return _splat() if name.endswith(".ply") else _cube()
        case _:
            return b"a text"


def _picture(name: str, facts: dict[str, Any]) -> bytes:
    size, mode, orientation = (facts["width"], facts["height"]), facts["mode"], facts["exif_orientation"]
    image: Image.Image = Image.linear_gradient("L").resize(size)
    image = (
        image.convert("I").point(lambda value: value * 256).convert("I;16") if mode == "I;16" else image.convert(mode)
    )
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").rotate(90).resize(size))
    kind = {"jpg": "JPEG"}.get(name.rpartition(".")[2], name.rpartition(".")[2].upper())
    options: dict[str, Any] = {}
    if facts["frames"] > 1:
        # Nearly equal frames would be merged into one.
        colours = ((60 * index, 255 - 60 * index, 80) for index in range(1, facts["frames"]))
        others = [Image.new("RGB", size, colour).convert(mode) for colour in colours]
        options |= {"save_all": True, "append_images": others, "duration": 100}
    if orientation is not None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _sound(channels: int, rate: int, seconds: float) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        samples = (round(8000 * math.sin(index / 20)) for index in range(round(rate * seconds)))
        file.writeframes(b"".join(struct.pack("<h", sample) * channels for sample in samples))
    return buffer.getvalue()


def _video(facts: dict[str, Any]) -> bytes:
    """H.264 and AAC in an MP4."""
    import av  # noqa: PLC0415 - only where a video is asked for

    frame_of: Any = av.VideoFrame.from_image
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=round(facts["fps"]))
        stream.width, stream.height, stream.pix_fmt = facts["width"], facts["height"], "yuv420p"
        sound = container.add_stream("aac", rate=_RATE, layout="mono") if facts["audio"] else None
        for index in range(facts["frames"]):
            image = Image.new("RGB", (facts["width"], facts["height"]), (index * 9 % 256, 80, 120))
            container.mux(stream.encode(frame_of(image)))
        container.mux(stream.encode(None))
        if sound is not None:
            _encode_tone(container, sound, facts["frames"] / facts["fps"])
    return buffer.getvalue()


def _encode_tone(container: Any, stream: Any, seconds: float) -> None:
    import av  # noqa: PLC0415 - only where a video is asked for

    total, each = round(_RATE * seconds), 1024
    for start in range(0, total, each):
        count = min(each, total - start)
        frame = av.AudioFrame(format="fltp", layout="mono", samples=count)
        frame.sample_rate, frame.pts = _RATE, start
        tone = [math.sin((start + index) / 20) / 4 for index in range(count)]
        data = struct.pack(f"<{count}f", *tone)
        frame.planes[0].update(data.ljust(frame.planes[0].buffer_size, b"\0"))
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _splat(count: int = 200) -> bytes:
    """A point cloud of a radiance field."""
    names = ["x", "y", "z", *(f"f_dc_{i}" for i in range(3)), "opacity"]
    names += [*(f"scale_{i}" for i in range(3)), *(f"rot_{i}" for i in range(4))]
    head = ["ply", "format binary_little_endian 1.0", f"element vertex {count}"]
    head += [*(f"property float {name}" for name in names), "end_header", ""]
    points = (struct.pack("<14f", i % 7 / 7, i % 5 / 5, i % 3 / 3, *[0.5] * 11) for i in range(count))
    return "\n".join(head).encode() + b"".join(points)


def _cube() -> bytes:
    """A glTF of eight corners and twelve faces."""
    import json  # noqa: PLC0415 - only here

    corners = b"".join(struct.pack("<3f", x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1))
    faces = struct.pack("<36H", *(index % 8 for index in range(36)))
    body = corners + faces
    facts = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": len(body)}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(corners)},
            {"buffer": 0, "byteOffset": len(corners), "byteLength": len(faces)},
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 8, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 1]},
            {"bufferView": 1, "componentType": 5123, "count": 36, "type": "SCALAR"},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
        "scene": 0,
    }
    text = json.dumps(facts).encode()
    text += b" " * (-len(text) % 4)
    length = 12 + 8 + len(text) + 8 + len(body)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(body), 0x004E4942) + body
    return struct.pack("<4sII", b"glTF", 2, length) + chunks
