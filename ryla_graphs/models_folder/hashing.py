"""The sha256 of large files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

CHUNK = 4 * 2**20


def sha256_of(path: Path, on_bytes: Callable[[int], None] = lambda _: None) -> str:
    """The sha256 of a file in hexadecimal; `on_bytes` gets the length of every piece hashed."""
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(CHUNK))
    with path.open("rb", buffering=0) as file:
        while read := file.readinto(buffer):
            digest.update(buffer[:read])
            on_bytes(read)
    return digest.hexdigest()
