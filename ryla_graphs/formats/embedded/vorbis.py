"""Vorbis comments, as in FLAC, Ogg and Opus: ``KEY=text``."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.formats.embedded.cursor import Cursor, Text, decoded

_FLAC_COMMENTS = 4
_PACKETS = (b"OpusTags", b"\x03vorbis", b"\x81theora", b"\x84")
"""How a packet of comments begins: Opus, Vorbis, Theora, and FLAC in Ogg, as the last block or not."""
_FIRST_PACKETS = 8


def comments(block: Cursor) -> Iterator[Text]:
    """The comments of one block."""
    block.skip(block.number("<I"))  # the name of the program that wrote it
    for _ in range(block.number("<I")):
        key, _, text = decoded(block.take(block.number("<I"))).partition("=")
        yield key, text


def flac_texts(file: Cursor) -> Iterator[Text]:
    """The comments of a FLAC."""
    file.skip(4)
    last = 0
    while not last:
        head = file.number(">I")
        last, kind = head >> 31, head >> 24 & 0x7F
        block = file.part(head & 0xFFFFFF)
        if kind == _FLAC_COMMENTS:
            yield from comments(block)


def ogg_texts(file: Cursor) -> Iterator[Text]:
    """The comments of each stream in an Ogg; they are among its first packets."""
    for packet in _packets(file):
        for head in _PACKETS:
            if packet.startswith(head) or (head == b"\x84" and packet[:1] == b"\x04"):
                rest = Cursor(packet, budget=file.budget)
                rest.skip(4 if head == b"\x84" else len(head))
                yield from comments(rest)
                break


def _packets(file: Cursor) -> Iterator[bytes]:
    """The first packets of each stream, joined from the pages that they span."""
    begun: dict[int, list[bytes]] = {}
    counts: dict[int, int] = {}
    while file.left >= 27:
        _mark, _place, stream, _number, _sum, segments = file.numbers("<4sxxQIIIB")
        counts.setdefault(stream, 0)
        parts = begun.setdefault(stream, [])
        for length in file.numbers(f"{segments}B"):
            if counts[stream] >= _FIRST_PACKETS:
                file.skip(length)
                continue
            parts.append(file.take(length))
            if length < 255:
                yield b"".join(parts)
                parts.clear()
                counts[stream] += 1
        if all(count >= _FIRST_PACKETS for count in counts.values()):
            return
