"""Silence as a FLAC file, which needs no encoder."""

from __future__ import annotations

import hashlib
import struct

_BLOCK = 4096


def flac_silence(seconds: float, rate: int = 44_100) -> bytes:
    """A FLAC file of one channel with 16 bits, all zeros: each frame is a constant."""
    samples = max(16, round(seconds * rate))
    info = struct.pack(">HH", _BLOCK, _BLOCK) + bytes(6)
    info += ((rate << 44) | (0 << 41) | (15 << 36) | samples).to_bytes(8, "big")
    info += hashlib.md5(bytes(2 * samples), usedforsecurity=False).digest()
    stream = b"fLaC" + b"\x80" + len(info).to_bytes(3, "big") + info
    frames, left, number = [], samples, 0
    while left > 0:
        frames.append(_frame(number, min(_BLOCK, left)))
        left -= _BLOCK
        number += 1
    return stream + b"".join(frames)


def _frame(number: int, length: int) -> bytes:
    # Sync code; then the block size in 16 bits; rate and sample size as in the stream's header; one channel.
    head = b"\xff\xf8\x70\x00" + chr(number).encode("utf-8", "surrogatepass") + struct.pack(">H", length - 1)
    body = head + bytes([_crc(head, 0x07, 8)]) + b"\x00" + b"\x00\x00"
    return body + struct.pack(">H", _crc(body, 0x8005, 16))


def _crc(data: bytes, polynomial: int, bits: int) -> int:
    value, top, mask = 0, 1 << (bits - 1), (1 << bits) - 1
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = ((value << 1) ^ polynomial if value & top else value << 1) & mask
    return value
