"""Files that a simulated run saves: ComfyUI's names, valid content, a mark in the metadata."""

from __future__ import annotations

import io
import json
import re
import struct
import time
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ryla_graphs.engines.simulator.drawing import MARK

_DATE = re.compile(r"%(year|month|day|hour|minute|second)%")
_DATE_FORMATS = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}


class FileNames:
    """Names as ComfyUI counts them: `prefix_00001_.png`, each prefix from 1."""

    def __init__(self) -> None:
        self._counters: dict[tuple[str, str], int] = {}

    def next(self, prefix: str, suffix: str, size: tuple[int, int], *, folder: str = "output") -> tuple[str, str]:
        """Name and subfolder of the next file of a prefix."""
        prefix = expand_prefix(prefix, size)
        subfolder, _, stem = prefix.rpartition("/")
        number = self._counters.get((folder, prefix), 0) + 1
        self._counters[folder, prefix] = number
        return f"{stem}_{number:05}_{suffix}", subfolder


def expand_prefix(prefix: str, size: tuple[int, int]) -> str:
    """The tokens that ComfyUI's server replaces in a file name prefix."""
    prefix = prefix.replace("\\", "/").strip("/")
    prefix = prefix.replace("%width%", str(size[0])).replace("%height%", str(size[1]))
    return _DATE.sub(lambda token: time.strftime(_DATE_FORMATS[token[1]]), prefix)


def png(image: Image.Image, prompt: Mapping[str, Any], ui: Mapping[str, Any] | None = None) -> bytes:
    """A PNG with the prompt and the editor's file in its metadata, as ComfyUI writes them, and a mark: simulated."""
    info = PngInfo()
    info.add_text("simulated", MARK)
    info.add_text("software", "ryla_graphs simulator")
    info.add_text("prompt", json.dumps(prompt))
    if ui is not None:
        info.add_text("workflow", json.dumps(ui))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=info, compress_level=1)
    return buffer.getvalue()


def animation(frames: Sequence[Image.Image], fps: float, kind: str) -> bytes:
    """An animated WebP or PNG."""
    buffer = io.BytesIO()
    milliseconds = int(1000 / fps)
    frames[0].save(buffer, kind, save_all=True, append_images=list(frames[1:]), duration=milliseconds, loop=0)
    return buffer.getvalue()


def motion_jpeg_mp4(frames: Sequence[Image.Image], fps: float) -> bytes:
    """An MP4 whose frames are JPEGs: what can be made without a video encoder, and players play."""
    pictures = [_jpeg(frame) for frame in frames]
    width, height = frames[0].size
    scale = 12_800
    each = round(scale / fps)
    total = each * len(pictures)
    head = _box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
    data_start = len(head) + 8
    offsets, position = [], data_start
    for picture in pictures:
        offsets.append(position)
        position += len(picture)
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    mvhd = (
        struct.pack(">IIIIIIHH8x", 0, 0, 0, scale, total, 0x10000, 0x100, 0) + matrix + bytes(24) + struct.pack(">I", 2)
    )
    tkhd = struct.pack(">IIIIII8xHHHH", 3, 0, 0, 1, 0, total, 0, 0, 0, 0) + matrix
    tkhd += struct.pack(">II", width << 16, height << 16)
    entry = struct.pack(">6xH16xHHIIIH32sHh", 1, width, height, 0x480000, 0x480000, 0, 1, b"", 24, -1)
    stbl = _box(
        b"stbl",
        _box(b"stsd", struct.pack(">II", 0, 1) + _box(b"jpeg", entry)),
        _box(b"stts", struct.pack(">IIII", 0, 1, len(pictures), each)),
        _box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
        _box(b"stsz", struct.pack(f">III{len(pictures)}I", 0, 0, len(pictures), *map(len, pictures))),
        _box(b"stco", struct.pack(f">II{len(offsets)}I", 0, len(offsets), *offsets)),
    )
    dinf = _box(b"dinf", _box(b"dref", struct.pack(">II", 0, 1) + _box(b"url ", struct.pack(">I", 1))))
    minf = _box(b"minf", _box(b"vmhd", struct.pack(">I8x", 1)), dinf, stbl)
    mdhd = _box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, scale, total, 0x55C4, 0))
    hdlr = _box(b"hdlr", struct.pack(">II4s12x", 0, 0, b"vide") + b"simulated\0")
    trak = _box(b"trak", _box(b"tkhd", tkhd), _box(b"mdia", mdhd, hdlr, minf))
    return head + _box(b"mdat", *pictures) + _box(b"moov", _box(b"mvhd", mvhd), trak)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def safetensors(name: str, shape: Sequence[int]) -> bytes:
    """A file with one tensor of zeros."""
    count = 4
    for length in shape:
        count *= length
    header = {
        name: {"dtype": "F32", "shape": list(shape), "data_offsets": [0, count]},
        "__metadata__": {"simulated": MARK},
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(count)


def glb() -> bytes:
    """A 3D file with an empty scene."""
    text = json.dumps({"asset": {"version": "2.0", "generator": MARK}, "scene": 0, "scenes": [{}]}).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text), len(text), 0x4E4F534A) + text
