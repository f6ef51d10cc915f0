"""Reads the header of a safetensors file with distrust: it believes only what the file itself bears out.

The format: eight bytes with the header's length N, little-endian; N bytes of JSON, ``{tensor: {"dtype", "shape",
"data_offsets"}, "__metadata__": {text: text}}``; then the tensors, without gaps, to the end of the file.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from ryla_graphs.families import Header
from ryla_graphs.problems import AtFile, InvalidWeights, Problem, shorten

MAX_HEADER = 32 * 2**20
"""In bytes. Headers of the largest models are below one megabyte, training metadata of LoRAs below ten."""

MAX_AXES = 16
"""The most axes of one tensor; models have up to five."""

BITS: Mapping[str, int] = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I8", "U8", "BOOL"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}
"""The bits of a number of each type; the size of other types is not checked."""

SAFETENSORS = (".safetensors", ".sft")
"""The file name extensions of safetensors files."""

_ZIP = b"PK\x03\x04"
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (_ZIP, "pickle", "a PyTorch pickle (zip)"),
    (b"\x80\x02", "pickle", "a Python pickle"),
    (b"\x80\x04", "pickle", "a Python pickle"),
    (b"GGUF", "gguf", "a GGUF file"),
    (b"version https://git-lfs", "pointer", "a Git LFS pointer, not the file itself"),
    (b"<", "page", "a web page, most likely the answer to a refused download"),
    (b"{", "json", "JSON text"),
)


def read_header(path: Path) -> Header:
    """The header of a safetensors file; only the header is read.

    Raises `InvalidWeights` with one problem: ``empty_file``, ``truncated_file``, ``pickled_file``,
    ``not_safetensors`` or ``bad_header``; `OSError` if the file cannot be read.
    """
    with path.open("rb") as file:
        return header_of(file, os.fstat(file.fileno()).st_size, path)


def header_of(file: BinaryIO, size: int, path: Path) -> Header:
    """The header of a safetensors file of `size` bytes, only the beginning of which must be in `file`.

    `path` names it in messages. Raises as `read_header` does.
    """
    length = _length(file, size, path)
    try:
        header = json.loads(file.read(length), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        _fail(path, "bad_header", f"its header is no JSON that makes sense: {shorten(str(error))}")
    if not isinstance(header, dict):
        _fail(path, "bad_header", f"its header is {type(header).__name__}, expected an object")
    _covers(header, size - 8 - length, path)
    return header


def check_other(path: Path) -> None:
    """Check what can be checked in a file whose name is not that of a safetensors file.

    Raises `InvalidWeights`: ``empty_file``, ``truncated_file`` for a zip without its end, or ``not_weights`` for the
    web pages and pointers that failed downloads leave; `OSError` if it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(32)
    if not start:
        _fail(path, "empty_file", "is empty")
    kind, words = _kind(start)
    if kind in ("page", "pointer", "json"):
        _fail(path, "not_weights", f"is {words}", _HINTS.get(kind, _AGAIN))
    if start.startswith(_ZIP) and not zipfile.is_zipfile(path):
        _fail(path, "truncated_file", "is a zip whose end is missing")


def _kind(start: bytes) -> tuple[str, str]:
    return next(((kind, words) for magic, kind, words in _MAGIC if start.startswith(magic)), ("other", ""))


def _length(file: BinaryIO, size: int, path: Path) -> int:
    """The header's length, after checking that this is a safetensors file that contains the whole header."""
    if size == 0:
        _fail(path, "empty_file", "is empty")
    start = file.read(32)
    length = int.from_bytes(start[:8], "little")
    if start[8:9] != b"{":
        kind, words = _kind(start)
        code = "pickled_file" if kind == "pickle" else "not_safetensors"
        _fail(path, code, f"is {words or 'no safetensors file'}", _HINTS.get(kind, _AGAIN))
    if length > MAX_HEADER:
        _fail(path, "bad_header", f"says that its header has {length:,} bytes; at most {MAX_HEADER:,} are read")
    if length > size - 8:
        _fail(path, "truncated_file", f"has {size:,} bytes and ends within its header", _AGAIN)
    file.seek(8)
    return length


_AGAIN = "delete it and fetch it again"
_HINTS: Mapping[str, str] = {
    "pickle": "loading a pickle may run code; get the safetensors file, or give it its true ending if you trust it",
    "gguf": "load it with a GGUF loader, under a name that ends in .gguf",
    "pointer": "fetch the file itself: `git lfs pull`",
    "page": _AGAIN,
}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _covers(header: dict[str, Any], data: int, path: Path) -> None:
    """Check that the tensors cover the rest of the file: no gap, no overlap, nothing beyond."""
    spans = sorted(_span(name, entry, path) for name, entry in header.items() if name != "__metadata__")
    end = 0
    for start, stop, name in spans:
        if start != end:
            _fail(path, "bad_header", f"tensor {shorten(name)} begins at {start}, expected {end}")
        end = stop
    if end > data:
        _fail(path, "truncated_file", f"{data:,} of its {end:,} bytes of tensors are there", _AGAIN)
    if end < data:
        _fail(path, "bad_header", f"{data - end:,} bytes lie behind its last tensor", _AGAIN)


def _span(name: str, entry: Any, path: Path) -> tuple[int, int, str]:
    if not isinstance(entry, dict):
        _fail(path, "bad_header", f"tensor {shorten(name)} is {shorten(entry)}, expected an object")
    dtype, shape, offsets = entry.get("dtype"), _naturals(entry.get("shape")), _naturals(entry.get("data_offsets"))
    if not isinstance(dtype, str) or shape is None or offsets is None or len(offsets) != 2:
        _fail(path, "bad_header", f"tensor {shorten(name)} lacks a dtype, a shape or two data_offsets")
    start, stop = offsets
    bits = prod(shape) * BITS[dtype] if dtype in BITS else (stop - start) * 8
    if stop < start or (bits + 7) // 8 != stop - start:
        _fail(path, "bad_header", f"tensor {shorten(name)} of {dtype} {shape} cannot take bytes {start} to {stop}")
    return start, stop, name


def _naturals(value: Any) -> list[int] | None:
    """A list of at most `MAX_AXES` whole numbers; None for anything else."""
    if not isinstance(value, list) or len(value) > MAX_AXES:
        return None
    return value if all(type(number) is int and 0 <= number < 2**63 for number in value) else None


def _fail(path: Path, code: str, message: str, hint: str | None = _AGAIN) -> NoReturn:
    problem = Problem(code=code, message=message, subject=AtFile(path.name), level="error", hint=hint)
    raise InvalidWeights([problem], headline=f"'{path}' is no sound weight file")
