"""The boxes of ISO and QuickTime: MP4, MOV, M4A with their tags, AVIF and HEIC with their Exif.

ComfyUI writes ``prompt`` and ``workflow`` as keys of ``mdta``; VideoHelperSuite writes one JSON object as the comment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ryla_graphs.formats.embedded import exif
from ryla_graphs.formats.embedded.cursor import Content, Cursor, Fault, Text, decoded

_NESTED = (b"moov", b"udta", b"trak")
_UTF16 = 2


def texts(file: Cursor) -> Iterator[Text]:
    """The tags of a film and of its tracks."""
    for kind, box in _boxes(file):
        if kind in _NESTED:
            yield from texts(box)
        elif kind == b"meta":
            yield from _tags(box)
        elif kind[:1] == b"\xa9" and box.left >= 4:  # a tag of old QuickTime
            length, _ = box.numbers(">HH")
            yield decoded(kind[1:]), decoded(box.take(min(length, box.left)))


def picture_texts(file: Cursor) -> Iterator[Text]:
    """The Exif of an AVIF or HEIC."""
    for kind, box in _boxes(file):
        if kind == b"meta":
            box.skip(4)
            parts = dict(_boxes(box))
            for place, inside in _exif_places(parts):
                item = (parts[b"idat"] if inside else file).at(place - (0 if inside else file.start))
                head = item.number(">I")
                yield from exif.texts(Cursor(item.content, item.place + head, item.end, item.budget))


def is_picture(content: Content) -> bool:
    """Whether a file with a box ``ftyp`` is a picture."""
    brands = content[8 : min(int.from_bytes(content[:4], "big"), 128)]
    return any(brands[at : at + 4] in _PICTURES for at in range(0, len(brands), 4))


_PICTURES = (b"avif", b"avis", b"mif1", b"msf1", b"heic", b"heix")


def _boxes(file: Cursor) -> Iterator[tuple[bytes, Cursor]]:
    while file.left >= 8:
        length, kind = file.numbers(">I4s")
        if length == 1:
            length = file.number(">Q") - 8
        yield kind, file.part(length - 8 if length else file.left)


def _tags(meta: Cursor) -> Iterator[Text]:
    """Tags, found by name or by their number in a table of names."""
    if meta.at(0).numbers(">I4s")[1] != b"hdlr":  # QuickTime has no version before the boxes here
        meta.skip(4)
    names: list[str] = []
    for kind, box in _boxes(meta):
        if kind == b"keys":
            names = list(_names(box))
        elif kind == b"ilst":
            for name, tag in _boxes(box):
                yield from _tag(_named(name, names), tag)


def _names(box: Cursor) -> Iterator[str]:
    box.skip(4)
    for _ in range(box.number(">I")):
        length, _space = box.numbers(">I4s")
        yield decoded(box.take(length - 8))


def _named(kind: bytes, names: list[str]) -> str:
    number = int.from_bytes(kind, "big")
    return names[number - 1] if 0 < number <= len(names) else decoded(kind.lstrip(b"\xa9"))


def _tag(name: str, tag: Cursor) -> Iterator[Text]:
    for kind, box in _boxes(tag):
        if kind == b"name":  # of a free tag
            box.skip(4)
            name = decoded(box.take(box.left))
        elif kind == b"data":
            form, _language = box.numbers(">II")
            text = box.take(box.left)
            yield name, text.decode("utf-16-be", "replace") if form == _UTF16 else decoded(text)


def _exif_places(parts: Mapping[bytes, Cursor]) -> Iterator[tuple[int, bool]]:
    """Where the Exif items begin, and whether they lie in the box ``idat``."""
    if b"iinf" in parts and b"iloc" in parts:
        wanted = set(_exif_items(parts[b"iinf"]))
        for item, place, inside in _places(parts[b"iloc"]):
            if item in wanted and (not inside or b"idat" in parts):
                yield place, inside


def _exif_items(box: Cursor) -> Iterator[int]:
    version = box.number(">I") >> 24
    box.skip(4 if version else 2)
    for _, entry in _boxes(box):
        version = entry.number(">I") >> 24
        item = entry.number(">I" if version > 2 else ">H")
        if version >= 2 and entry.numbers(">H4s")[1] == b"Exif":
            yield item


def _places(box: Cursor) -> Iterator[tuple[int, int, bool]]:
    """Each item's id, where its first part begins, and whether that is in ``idat``."""
    version = box.number(">I") >> 24
    sizes = box.number(">H")
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    for _ in range(box.number(">I" if version > 1 else ">H")):
        item = box.number(">I" if version > 1 else ">H")
        method = box.number(">H") & 15 if version else 0
        box.skip(2)  # in this file
        base = _sized(box, base_size)
        first: int | None = None
        for _ in range(box.number(">H")):
            box.skip(index_size if version else 0)
            place = base + _sized(box, offset_size)
            box.skip(length_size)
            first = place if first is None else first
        if first is not None and method < 2:
            yield item, first, method == 1


def _sized(box: Cursor, size: int) -> int:
    if size > 8:
        raise Fault(f"a number of {size} bytes at byte {box.place:,}")
    return int.from_bytes(box.take(size), "big")
