"""Files that carry a workflow, made here: each container, as ComfyUI and the common packs write it."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from PIL import Image, features
from PIL.PngImagePlugin import PngInfo

PROMPT: dict[str, Any] = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 32, "batch_size": 1, "color": 7}},
    "2": {
        "class_type": "SaveImage",
        "inputs": {"images": ["1", 0], "filename_prefix": "straße ✓"},
        "_meta": {"title": "Größe"},
    },
}
WORKFLOW: dict[str, Any] = {
    "last_node_id": 2,
    "last_link_id": 1,
    "nodes": [
        {
            "id": 1,
            "type": "EmptyImage",
            "pos": [0, 0],
            "size": [200, 100],
            "flags": {},
            "order": 0,
            "mode": 0,
            "inputs": [],
            "outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [1]}],
            "properties": {},
            "widgets_values": [64, 32, 1, 5],
        },
        {
            "id": 2,
            "type": "SaveImage",
            "title": "Größe",
            "pos": [300, 0],
            "size": [200, 100],
            "flags": {},
            "order": 1,
            "mode": 0,
            "inputs": [{"name": "images", "type": "IMAGE", "link": 1}],
            "outputs": [],
            "properties": {},
            "widgets_values": ["straße ✓"],
        },
    ],
    "links": [[1, 1, 0, 2, 0, "IMAGE"]],
    "groups": [],
    "config": {},
    "extra": {},
    "version": 0.4,
}
"""The same graph, but for the colour: so that one sees which of the two was used."""

P, W = json.dumps(PROMPT), json.dumps(WORKFLOW)
BOTH = json.dumps({"prompt": PROMPT, "workflow": WORKFLOW})
HELPER_SUITE = json.dumps({"prompt": P, "workflow": WORKFLOW, "CreationTime": "2026-01-01 00:00:00"})
"""What VideoHelperSuite writes as a comment: the prompt as a text in the JSON, the workflow as an object."""


def saved(form: str, **options: Any) -> bytes:
    """A small picture, saved by Pillow."""
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "tan").save(content, form, **options)
    return content.getvalue()


def png(write: Callable[[PngInfo], None]) -> bytes:
    """A PNG with texts."""
    info = PngInfo()
    write(info)
    return saved("PNG", pnginfo=info)


def chunk(kind: bytes, data: bytes, *, length: int | None = None) -> bytes:
    """A chunk of a PNG, of any length that one likes to claim."""
    size = len(data) if length is None else length
    return struct.pack(">I", size) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(*chunks: bytes) -> bytes:
    """A PNG of chunks, without a picture."""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)) + b"".join(chunks)


def exif(tags: Mapping[int, Any], comment: bytes | None = None) -> Image.Exif:
    """Exif with some tags, and a user's comment."""
    facts = Image.Exif()
    for tag, value in tags.items():
        facts[tag] = value
    if comment is not None:
        facts.get_ifd(0x8769)[0x9286] = comment
    return facts


LABELLED = {0x0110: f"prompt:{P}", 0x010F: f"workflow:{W}"}
"""ComfyUI's: the camera's model and maker."""
UNICODE = b"UNICODE\0" + BOTH.encode("utf-16-be")
"""piexif's comment."""


_CODECS = {"ogg": ("libopus", "flt"), "webm": ("libopus", "flt"), "flac": ("flac", "s16")}


def film(form: str, metadata: Mapping[str, str], options: Mapping[str, str] | None = None) -> bytes:
    """A film or sound with tags, written by FFmpeg."""
    av = pytest.importorskip("av")
    codec, samples = _CODECS.get(form, ("aac", "fltp"))
    content = io.BytesIO()
    with av.open(content, mode="w", format=form, options=dict(options or {})) as container:
        container.metadata.update(metadata)
        sound = container.add_stream(codec, rate=48000, layout="mono")
        frame = av.AudioFrame(format=samples, layout="mono", samples=960)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = 48000
        frame.pts = 0
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return content.getvalue()


def safetensors(metadata: Mapping[str, str]) -> bytes:
    """A file of no tensors with metadata, as a latent has it."""
    header = json.dumps({"__metadata__": metadata}).encode()
    return struct.pack("<Q", len(header)) + header


def id3(version: int, frames: bytes) -> bytes:
    """An ID3 tag."""
    size = len(frames)
    sevens = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, 0, 0]) + sevens + frames


def free_text(key: str, text: str) -> bytes:
    """A frame of ID3v2.3 in UTF-16, as taggers on Windows write it."""
    body = b"\x01" + f"{key}\0".encode("utf-16") + text.encode("utf-16")
    return b"TXXX" + struct.pack(">IH", len(body), 0) + body


def glb(extras: Mapping[str, Any]) -> bytes:
    """A scene, as ComfyUI saves it."""
    text = json.dumps({"asset": {"version": "2.0", "extras": extras}}).encode()
    return b"glTF" + struct.pack("<II", 2, 20 + len(text)) + struct.pack("<I", len(text)) + b"JSON" + text


def wav(fact: str) -> bytes:
    """A sound with a comment."""
    text = fact.encode() + b"\0" * (len(fact.encode()) % 2)
    facts = b"INFO" + b"ICMT" + struct.pack("<I", len(text)) + text
    body = b"WAVE" + b"fmt " + struct.pack("<I", 16) + bytes(16) + b"LIST" + struct.pack("<I", len(facts)) + facts
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _tagged(info: PngInfo) -> None:
    info.add_text("prompt", P)
    info.add_text("workflow", W)


def _packed(info: PngInfo) -> None:
    info.add_text("prompt", P, zip=True)
    info.add_itxt("workflow", json.dumps(WORKFLOW, ensure_ascii=False), zip=True)


def _saver(info: PngInfo) -> None:
    info.add_text("parameters", "a fox\nNegative prompt: blurry\nSteps: 20, Sampler: euler, CFG scale: 7")
    _tagged(info)


MADE: Mapping[str, Callable[[], bytes]] = {
    "PNG": lambda: png(_tagged),
    "PNG packed": lambda: png(_packed),
    "PNG of an image saver": lambda: png(_saver),
    "JPEG": lambda: saved("JPEG", exif=exif(LABELLED)),
    "JPEG comment": lambda: saved("JPEG", comment=BOTH.encode()),
    "JPEG user comment": lambda: saved("JPEG", exif=exif({}, UNICODE)),
    "JPEG user comment, little": lambda: saved("JPEG", exif=exif({}, b"UNICODE\0" + BOTH.encode("utf-16-le"))),
    "JPEG user comment, plain": lambda: saved("JPEG", exif=exif({}, b"ASCII\0\0\0" + BOTH.encode())),
    "JPEG of an image saver": lambda: saved("JPEG", exif=exif({0x010F: f"Prompt: {P}", 0x010E: f"Workflow: {W}"})),
    "WebP": lambda: saved("WEBP", exif=exif(LABELLED)),
    "WebP with a head": lambda: saved("WEBP", exif=b"Exif\0\0" + exif(LABELLED).tobytes().removeprefix(b"Exif\0\0")),
    "AVIF": lambda: saved("AVIF", exif=exif(LABELLED)),
    "AVIF user comment": lambda: saved("AVIF", exif=exif({0x0131: "a pack"}, UNICODE)),
    "TIFF": lambda: saved("TIFF", exif=exif({270: BOTH})),
    "GIF": lambda: saved("GIF", comment=BOTH.encode()),
    "MP4": lambda: film("mp4", {"prompt": P, "workflow": W}, {"movflags": "use_metadata_tags"}),
    "MP4 of VideoHelperSuite": lambda: film("mp4", {"comment": HELPER_SUITE}),
    "MOV": lambda: film("mov", {"comment": HELPER_SUITE}),
    "MKV of VideoHelperSuite": lambda: film("matroska", {"comment": HELPER_SUITE}),
    "WebM": lambda: film("webm", {"prompt": P, "workflow": W}),
    "FLAC": lambda: film("flac", {"prompt": P, "workflow": W}),
    "latent": lambda: safetensors({"prompt": P, "workflow": W}),
    "Ogg": lambda: film("ogg", {"prompt": P, "workflow": W}),
    "MP3 of old": lambda: id3(3, free_text("prompt", P) + free_text("workflow", W) + bytes(32)),
    "GLB": lambda: glb({"prompt": P, "workflow": W}),
    "SVG": f"<svg xmlns='x'>\n<metadata><![CDATA[\n{BOTH}\n]]></metadata></svg>".encode,
    "WAV": lambda: wav(BOTH),
}
"""Files by what they are; each carries both, the prompt and the workflow."""


def made(name: str) -> bytes:
    """One of `MADE`; skips the test where Pillow cannot write it."""
    if name.startswith("AVIF") and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF")
    return MADE[name]()
