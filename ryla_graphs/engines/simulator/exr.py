"""Writes OpenEXR files: linear light in 32-bit floats, line by line, uncompressed."""

from __future__ import annotations

import json
import struct
import sys
from array import array
from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image

from ryla_graphs.engines.simulator.drawing import MARK

_FLOAT = 2


def exr(image: Image.Image, prompt: Mapping[str, Any], *, linear: bool = False) -> bytes:
    """A picture as OpenEXR, with the workflow in its attributes; `linear` values are not converted from sRGB."""
    picture = image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGB")
    names = ["Y"] if picture.mode == "L" else list(picture.mode)
    # Channels are sorted by name.
    planes = sorted(zip(names, picture.split(), strict=True), key=lambda plane: plane[0])
    width, height = picture.size
    head = b"\x76\x2f\x31\x01\x02\0\0\0" + b"".join(_attributes(planes, width, height, prompt)) + b"\0"
    lines = [_line(y, planes, width, linear) for y in range(height)]
    start, offsets = len(head) + 8 * height, []
    for line in lines:
        offsets.append(start)
        start += len(line)
    return head + struct.pack(f"<{height}Q", *offsets) + b"".join(lines)


def _attributes(planes: Any, width: int, height: int, prompt: Mapping[str, Any]) -> Iterator[bytes]:
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    channels = b"".join(f"{name}\0".encode() + struct.pack("<iB3xii", _FLOAT, 0, 1, 1) for name, _ in planes)
    yield _attribute("channels", "chlist", channels + b"\0")
    yield _attribute("compression", "compression", b"\0")
    yield _attribute("dataWindow", "box2i", window)
    yield _attribute("displayWindow", "box2i", window)
    yield _attribute("lineOrder", "lineOrder", b"\0")
    yield _attribute("pixelAspectRatio", "float", struct.pack("<f", 1.0))
    yield _attribute("prompt", "string", json.dumps(prompt).encode())
    yield _attribute("screenWindowCenter", "v2f", struct.pack("<2f", 0.0, 0.0))
    yield _attribute("screenWindowWidth", "float", struct.pack("<f", 1.0))
    yield _attribute("simulated", "string", MARK.encode())


def _attribute(name: str, kind: str, value: bytes) -> bytes:
    return f"{name}\0{kind}\0".encode() + struct.pack("<i", len(value)) + value


def _line(y: int, planes: Any, width: int, linear: bool) -> bytes:
    row = b"".join(
        _floats(plane.crop((0, y, width, y + 1)).tobytes(), _EVEN if linear or name == "A" else _LIGHT)
        for name, plane in planes
    )
    return struct.pack("<ii", y, len(row)) + row


def _floats(values: bytes, table: list[float]) -> bytes:
    numbers = array("f", (table[value] for value in values))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


_EVEN = [value / 255 for value in range(256)]
_LIGHT = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in _EVEN]
"""The linear light of each sRGB value."""
