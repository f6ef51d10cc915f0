"""Counts the blocks of a WebM: its header does not say how many there are, and its duration is only a claim."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.server.safety.footage import Footage, Odd, Parts, Track, footage_of

_ENTERED = frozenset({0x18538067, 0x1654AE6B, 0xAE, 0xE0, 0x1F43B675, 0xA0})
"""Segment, Tracks, TrackEntry, Video, Cluster, BlockGroup. What they hold is read as if it lay beside them, since a
live recording does not know their sizes."""
_TRACK, _NUMBER, _TYPE, _CODEC, _WIDTH, _HEIGHT = 0xAE, 0xD7, 0x83, 0x86, 0xB0, 0xBA
_BLOCKS = frozenset({0xA1, 0xA3})
_ENCRYPTED = 0xAF
_VIDEO = 1


def footage(content: bytes, parts: Parts) -> Footage:
    """The pictures of a WebM. Raises `Odd` and `TooManyParts`."""
    tracks: list[Track] = []
    numbers: list[int] = []
    blocks: dict[int, int] = {}
    for kind, start, end in _elements(content, parts):
        if kind in _BLOCKS:
            number, count = _block(content, start, end)
            blocks[number] = blocks.get(number, 0) + count
        elif kind == _ENCRYPTED or (kind == _TRACK and blocks):
            raise Odd  # a reader that meets blocks first looks for tracks where an index says
        elif kind == _TRACK:
            tracks.append(Track())
            numbers.append(0)
        elif tracks:
            _read(content[start:end] if end - start <= 64 else b"", kind, tracks, numbers)
    for number, track in zip(numbers, tracks, strict=True):
        track.packets = blocks.get(number, 0)
    return footage_of(tracks)


def _read(value: bytes, kind: int, tracks: list[Track], numbers: list[int]) -> None:
    """Read one element of the latest track."""
    track = tracks[-1]
    if kind == _NUMBER:
        numbers[-1] = int.from_bytes(value)
    elif kind == _TYPE:
        track.is_video = int.from_bytes(value) == _VIDEO
    elif kind == _CODEC:
        track.codecs = (value.rstrip(b"\0").decode("latin-1"),)
    elif kind == _WIDTH:
        track.width = int.from_bytes(value)
    elif kind == _HEIGHT:
        track.height = int.from_bytes(value)


def _elements(content: bytes, parts: Parts) -> Iterator[tuple[int, int, int]]:
    """Each element, with where its content starts and ends; those that are entered end where they start."""
    place = 0
    while place < len(content):
        parts.count()
        kind, place = _whole(content, place, keep=True)
        size, place = _whole(content, place, keep=False)
        end = place if kind in _ENTERED else place + size
        if (size < 0 and kind not in _ENTERED) or end > len(content):
            raise Odd
        yield kind, place, end
        place = end


def _whole(content: bytes, place: int, *, keep: bool) -> tuple[int, int]:
    """A number whose first bit that is set says how long it is, and the place behind it; -1 for an unknown size."""
    first = content[place] if place < len(content) else 0
    length = 9 - first.bit_length()
    if length > (4 if keep else 8) or place + length > len(content):
        raise Odd
    value = int.from_bytes(content[place : place + length])
    mark = 1 << 7 * length
    if not keep:
        value = -1 if value == 2 * mark - 1 else value - mark
    return value, place + length


def _block(content: bytes, start: int, end: int) -> tuple[int, int]:
    """The number of a block's track, and how many packets are laced into it."""
    number, place = _whole(content, start, keep=False)
    if place + 3 > end:
        raise Odd
    laced = content[place + 2] & 0x06
    if laced and place + 3 >= end:
        raise Odd
    return number, content[place + 3] + 1 if laced else 1
