"""Counts the samples of an MP4: in the tables of its `moov` box, wherever it lies, and in its fragments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ryla_graphs.server.safety.footage import Footage, Odd, Parts, Track, footage_of

_HOLD = frozenset({"mdia", "minf", "stbl", "edts"})
"""The boxes of a track whose contents are read."""
_NO_PICTURES = frozenset(
    {"tx3g", "text", "tmcd", "wvtt", "stpp", "c608", "mebx", "mp4a", "Opus", "fLaC", "alac", "ac-3"}
)
_TABLES = frozenset({b"stsd", b"stsz", b"stz2", b"elst", b"trun"})
_EMPTY_EDIT = -1


class _Box(NamedTuple):
    kind: str
    start: int
    """Of its content."""
    end: int


def footage(content: bytes, parts: Parts) -> Footage:
    """The pictures of an MP4. Raises `Odd` and `TooManyParts`."""
    movie = _Movie()
    tables = movies = 0
    for box in _boxes(content, 0, len(content), parts):
        if box.kind == "mdat":
            continue
        tables += sum(content.count(kind, box.start, box.end) for kind in _TABLES)
        movies += box.kind == "moov"
        if box.kind == "moov":
            _read_movie(content, box, movie, parts)
        elif box.kind == "moof":
            _read_fragment(content, box, movie, parts)
    # A reader takes one of several movies, and finds tables in boxes where no writer puts them.
    if movies != 1 or tables != movie.tables:
        raise Odd
    return footage_of(movie.with_fragments())


@dataclass(slots=True)
class _Movie:
    tracks: list[tuple[int, Track]] = field(default_factory=list)
    """Each with its number."""
    in_fragments: dict[int, int] = field(default_factory=dict)
    """Samples by the number of their track."""
    tables: int = 0
    """How many of `_TABLES` were read."""

    def with_fragments(self) -> Iterator[Track]:
        for number, track in self.tracks:
            track.packets += self.in_fragments.get(number, 0)
            yield track
        known = {number for number, _ in self.tracks}
        yield from (Track(True, (), count) for number, count in self.in_fragments.items() if number not in known)


def _boxes(content: bytes, start: int, end: int, parts: Parts) -> Iterator[_Box]:
    while start < end:
        parts.count()
        size, kind, head = _number(content, start, 4, end), content[start + 4 : start + 8].decode("latin-1"), 8
        if size == 1:
            size, head = _number(content, start + 8, 8, end), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            raise Odd
        yield _Box(kind, start + head, start + size)
        start += size


def _number(content: bytes, place: int, size: int, end: int) -> int:
    if place + size > end:
        raise Odd
    return int.from_bytes(content[place : place + size])


def _read_movie(content: bytes, outer: _Box, movie: _Movie, parts: Parts) -> None:
    for box in _boxes(content, outer.start, outer.end, parts):
        if box.kind == "cmov":  # a compressed one
            raise Odd
        if box.kind == "trak":
            track, number = Track(), 0
            for inner in _inside(content, box, parts):
                number = _read(content, inner, track, parts) or number
                movie.tables += inner.kind.encode("latin-1") in _TABLES
            track.is_video = track.is_video or not track.codecs
            movie.tracks.append((number, track))


def _inside(content: bytes, holder: _Box, parts: Parts) -> Iterator[_Box]:
    """The boxes in one, and in those of its boxes that hold others, to the depth at which a track keeps its tables."""
    waiting = [holder]
    while waiting:
        outer = waiting.pop()
        for box in _boxes(content, outer.start, outer.end, parts):
            if box.kind in _HOLD:
                waiting.append(box)
            else:
                yield box


def _read(content: bytes, box: _Box, track: Track, parts: Parts) -> int:
    """Read one box of a track; the number of the track if the box has it, else 0."""
    start, end = box.start, box.end
    match box.kind:
        case "tkhd":
            wide = 12 if _number(content, start, 1, end) else 0  # times of eight bytes instead of four
            sides = (_number(content, start + place + wide, 2, end) for place in (76, 80))
            track.width, track.height = map(max, (track.width, track.height), sides)
            return _number(content, start + (20 if wide else 12), 4, end)
        case "stsd":
            _descriptions(content, box, track, parts)
        case "stsz" | "stz2":
            track.packets += _number(content, start + 8, 4, end)
        case "elst":
            track.shown = max(track.shown, _edits(content, box, parts))
    return 0


def _descriptions(content: bytes, box: _Box, track: Track, parts: Parts) -> None:
    for entry in _boxes(content, box.start + 8, box.end, parts):
        track.codecs += (entry.kind,)
        if entry.kind not in _NO_PICTURES:
            track.is_video = True
            if entry.end - entry.start >= 28:
                sides = (_number(content, entry.start + place, 2, entry.end) for place in (24, 26))
                track.width, track.height = map(max, (track.width, track.height), sides)


def _edits(content: bytes, box: _Box, parts: Parts) -> int:
    """How many edits show something of the track: each may show all of it."""
    size = 8 if _number(content, box.start, 1, box.end) else 4
    count = _number(content, box.start + 4, 4, box.end)
    parts.count(count)
    row = 2 * size + 4
    times = (box.start + 8 + index * row + size for index in range(count))
    shown = [content[at : at + size] for at in times if at + size <= box.end]
    return sum(int.from_bytes(time, signed=True) != _EMPTY_EDIT for time in shown)


def _read_fragment(content: bytes, outer: _Box, movie: _Movie, parts: Parts) -> None:
    for box in _boxes(content, outer.start, outer.end, parts):
        number = 0
        for inner in _boxes(content, box.start, box.end, parts) if box.kind == "traf" else ():
            if inner.kind == "tfhd":
                number = _number(content, inner.start + 4, 4, inner.end)
            elif inner.kind == "trun":
                movie.tables += 1
                count = _number(content, inner.start + 4, 4, inner.end)
                movie.in_fragments[number] = movie.in_fragments.get(number, 0) + count
