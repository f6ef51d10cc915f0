"""Writes the files of a simulated run: valid content, with a mark in the metadata."""

from __future__ import annotations

import io
import json
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ryla_graphs.engines.simulator.drawing import MARK

_MAKE, _MODEL = 0x010F, 0x0110


def png(
    image: Image.Image, prompt: Mapping[str, Any], guessed: Sequence[str] = (), ui: Mapping[str, Any] | None = None
) -> bytes:
    """A PNG with metadata: the prompt, the editor's file, the simulated mark, and the guesses."""
    info = PngInfo()
    for name, text in _texts(prompt, guessed):
        info.add_text(name, text)
    if ui is not None:
        info.add_text("workflow", json.dumps(ui))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=info, compress_level=1)
    return buffer.getvalue()


def _texts(prompt: Mapping[str, Any], guessed: Sequence[str] = ()) -> list[tuple[str, str]]:
    texts = [("simulated", MARK), ("software", "ryla_graphs simulator"), ("prompt", json.dumps(prompt))]
    return [*texts, ("guessed", "\n".join(guessed))] if guessed else texts


def deep_png(image: Image.Image, prompt: Mapping[str, Any], guessed: Sequence[str] = ()) -> bytes:
    """A PNG with 16 bits per channel, which Pillow cannot write for colours."""
    picture = image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGB")
    width, height = picture.size
    kind = {"L": 0, "RGB": 2, "RGBA": 6}[picture.mode]
    # An 8-bit value v is v * 257 in 16 bits: the same byte twice.
    pixels, data = bytearray(2 * width * height * len(picture.getbands())), picture.tobytes()
    pixels[0::2], pixels[1::2] = data, data
    stride = len(pixels) // height
    rows = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, len(pixels), stride))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))]
    chunks += [
        (b"tEXt", name.encode() + b"\0" + text.encode("latin-1", "replace")) for name, text in _texts(prompt, guessed)
    ]
    chunks += [(b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def animation(
    frames: Sequence[Image.Image], fps: float, kind: str, prompt: Mapping[str, Any] | None = None, **options: Any
) -> bytes:
    """An animated WebP, PNG or GIF, with the workflow where ComfyUI stores it in that format."""
    buffer = io.BytesIO()
    milliseconds = int(1000 / fps)
    if prompt is not None and kind == "PNG":
        info = PngInfo()
        for name, text in _texts(prompt):
            info.add(b"comf", name.encode() + b"\0" + text.encode("latin-1", "replace"), after_idat=True)
        options["pnginfo"] = info
    elif prompt is not None and kind == "WEBP":
        exif = Image.Exif()
        exif[_MODEL], exif[_MAKE] = f"prompt:{json.dumps(prompt)}", f"simulated:{json.dumps(MARK)}"
        options["exif"] = exif
    if kind == "GIF":
        options["loop"] = 0
    frames[0].save(buffer, kind, save_all=True, append_images=list(frames[1:]), duration=milliseconds, **options)
    return buffer.getvalue()


def svg(prompt: Mapping[str, Any]) -> bytes:
    """A drawing with the mark on it, and the workflow as metadata."""
    said = json.dumps({"prompt": prompt}, indent=2).replace("]]>", "]] >")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">\n'
        f"<metadata><![CDATA[{said}]]></metadata>\n"
        '<rect width="512" height="512" fill="#404a5a"/>\n'
        f'<text x="16" y="40" fill="#ffd246" font-family="sans-serif" font-size="24">{MARK}</text>\n</svg>\n'
    ).encode()


def motion_jpeg_mp4(frames: Sequence[Image.Image], fps: float) -> bytes:
    """An MP4 whose frames are JPEGs, which needs no video encoder, and which players can play."""
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


def safetensors(tensors: Mapping[str, Sequence[int]], prompt: Mapping[str, Any]) -> bytes:
    """A safetensors file with tensors of zeros in these shapes."""
    header: dict[str, Any] = {"__metadata__": {"simulated": MARK, "prompt": json.dumps(prompt)}}
    position = 0
    for name, shape in tensors.items():
        start, position = position, position + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [start, position]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(position)


def glb() -> bytes:
    """A 3D file with an empty scene."""
    text = json.dumps({"asset": {"version": "2.0", "generator": MARK}, "scene": 0, "scenes": [{}]}).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text), len(text), 0x4E4F534A) + text
