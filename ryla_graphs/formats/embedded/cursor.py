"""Reading a file in steps that stay inside it and within limits of time and memory."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Any, Protocol

MOST_TEXT = 64 * 2**20
"""The most bytes of metadata to look at in one file; a large workflow has 1 MiB."""
MOST_STEPS = 1_000_000
"""The most parts to look at in one file."""
MOST_DEPTH = 64
"""How deep parts may be nested."""
_LEAST, _TEXT_EACH, _STEPS_EACH = 65_536, 4, 8
"""The base allowance of both for any file, and the extra for each of its bytes: parts may overlap."""


class Content(Protocol):
    """A file: `bytes`, or an `mmap` of one that is too large for memory."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> bytes: ...
    def find(self, part: bytes, start: int = ..., end: int = ..., /) -> int: ...


class Fault(Exception):
    """The file violates its format: it ends early, or lacks something that it announces."""


class Budget:
    """How much reading one file may still cost."""

    def __init__(self, length: int) -> None:
        """The budget for a file of `length` bytes."""
        self._steps = self._most_steps = min(MOST_STEPS, _LEAST + _STEPS_EACH * length)
        self._text = self._most_text = min(MOST_TEXT, _LEAST + _TEXT_EACH * length)
        self._packed = MOST_TEXT

    def step(self) -> None:
        """Count one more part; raises `Fault` if there are too many."""
        self._steps -= 1
        if self._steps < 0:
            raise Fault(f"more than {self._most_steps:,} parts")

    def text(self, length: int, place: int) -> None:
        """Count more metadata; raises `Fault` if it is too much."""
        if length > self._text:
            raise Fault(f"{length:,} bytes of metadata at byte {place:,}; at most {self._most_text:,} are read")
        self._text -= length

    def unpacked(self, length: int, place: int) -> None:
        """Count more unpacked metadata, which may be larger than its file; raises `Fault` if it is too much."""
        if length > self._packed:
            raise Fault(f"{length:,} bytes of metadata at byte {place:,}; at most {MOST_TEXT:,} are read")
        self._packed -= length


class Cursor:
    """A position in a part of a file. Any step out of the part raises `Fault`."""

    __slots__ = ("budget", "content", "depth", "end", "place", "start")

    def __init__(
        self, content: Content, start: int = 0, end: int | None = None, budget: Budget | None = None, depth: int = 0
    ) -> None:
        self.content = content
        self.start = self.place = start
        self.end = len(content) if end is None else end
        self.budget = budget or Budget(len(content))
        self.depth = depth

    @property
    def left(self) -> int:
        """How many bytes follow."""
        return self.end - self.place

    def skip(self, length: int) -> None:
        """Skip `length` bytes."""
        self.budget.step()
        if not 0 <= length <= self.left:
            raise Fault(f"a part at byte {self.place:,} claims {length:,} bytes, but {self.left:,} follow")
        self.place += length

    def take(self, length: int) -> bytes:
        """The next `length` bytes, which count as metadata."""
        place = self.place
        self.skip(length)
        self.budget.text(length, place)
        return self.content[place : self.place]

    def part(self, length: int) -> Cursor:
        """The next `length` bytes as a part of their own; this cursor continues after it."""
        place = self.place
        self.skip(length)
        if self.depth >= MOST_DEPTH:
            raise Fault(f"more than {MOST_DEPTH} parts within each other at byte {place:,}")
        return Cursor(self.content, place, self.place, self.budget, self.depth + 1)

    def at(self, offset: int) -> Cursor:
        """This part again, from `offset` bytes after its start."""
        other = Cursor(self.content, self.start, self.end, self.budget, self.depth)
        other.skip(offset)
        return other

    def numbers(self, form: str) -> Sequence[Any]:
        """The values of a `struct` format, such as ``>I4s``."""
        place = self.place
        self.skip(struct.calcsize(form))
        return struct.unpack(form, self.content[place : self.place])

    def number(self, form: str) -> int:
        """The single number of a `struct` format."""
        (value,) = self.numbers(form)
        return int(value)

    def until(self, end: bytes) -> bytes:
        """The bytes before `end`, which is skipped."""
        found = self.content.find(end, self.place, self.end)
        if found < 0:
            raise Fault(f"the text at byte {self.place:,} does not end")
        text = self.take(found - self.place)
        self.skip(len(end))
        return text

    def find(self, text: bytes) -> bool:
        """Go to where a text begins; returns whether it was found."""
        found = self.content.find(text, self.place, self.end)
        self.place = self.place if found < 0 else found
        return found >= 0

    def inflated(self, data: bytes) -> bytes:
        """Unpack zlib data; raises `Fault` if it is broken or unpacks to too much."""
        unpacker = zlib.decompressobj()
        try:
            text = unpacker.decompress(data, MOST_TEXT + 1)
        except zlib.error:
            raise Fault(f"the packed text before byte {self.place:,} is broken") from None
        self.budget.unpacked(len(text), self.place)
        if not unpacker.eof:
            raise Fault(f"the packed text before byte {self.place:,} ends early")
        return text


Text = tuple[str, str]
"""A key of a file's metadata and its text; if the format has no keys, a label takes the place of the key."""


def decoded(text: bytes) -> str:
    """A text of unknown encoding: UTF-8, else Latin-1, without the zeros at its end."""
    bare = text.rstrip(b"\0")
    try:
        return bare.decode()
    except UnicodeDecodeError:
        return bare.decode("latin-1")
