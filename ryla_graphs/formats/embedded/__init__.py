"""Workflows in the metadata of pictures, films, sounds and weight files, as ComfyUI and the common packs save them.

Only metadata is read: no pixel is decoded, and `cursor.Budget` limits how much is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ryla_graphs.formats.embedded import exif, gif, iso, jpeg, matroska, mp3, png, riff, safetensors, scenes, vorbis
from ryla_graphs.formats.embedded.cursor import Content, Cursor, Fault, Text
from ryla_graphs.formats.embedded.found import Found

__all__ = ["Content", "Embedded", "kind_of", "load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """What a file carries."""

    kind: str
    """The format, in words: ``PNG``, ``WebM or Matroska``."""
    workflow: dict[str, Any] | None = None
    """As the editor saved it."""
    prompt: dict[str, Any] | None = None
    """As the server ran it."""
    faults: tuple[str, ...] = ()
    """Where the file violates its format, or what it carries is broken."""
    has_settings: bool = False
    """Whether it has another program's settings, such as Automatic1111's ``parameters``, which are not a graph."""


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    is_it: Callable[[Content], bool]
    texts: Callable[[Cursor], Iterator[Text]]


def _begins(*starts: bytes, at: int = 0) -> Callable[[Content], bool]:
    return lambda content: any(content[at : at + len(start)] == start for start in starts)


def _bare(_: Cursor) -> Iterator[Text]:
    return iter(())


_KINDS = (
    _Kind("PNG", _begins(png.SIGNATURE), png.texts),
    _Kind("JPEG", _begins(b"\xff\xd8\xff"), jpeg.texts),
    _Kind("WebP", lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP", riff.texts),
    _Kind("WAV", lambda content: content[:4] == b"RIFF" and content[8:12] == b"WAVE", riff.texts),
    _Kind("GIF", _begins(b"GIF87a", b"GIF89a"), gif.texts),
    _Kind("AVIF", lambda content: content[4:8] == b"ftyp" and iso.is_picture(content), iso.picture_texts),
    _Kind("MP4", _begins(b"ftyp", b"moov", b"mdat", at=4), iso.texts),
    _Kind("WebM or Matroska", _begins(b"\x1aE\xdf\xa3"), matroska.texts),
    _Kind("FLAC", _begins(b"fLaC"), vorbis.flac_texts),
    _Kind("Ogg", _begins(b"OggS"), vorbis.ogg_texts),
    _Kind("MP3", _begins(b"ID3"), mp3.texts),
    _Kind("MP3", _begins(b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2"), _bare),
    _Kind("GLB", _begins(b"glTF"), scenes.glb_texts),
    _Kind("EXR", _begins(b"v/1\x01"), scenes.exr_texts),
    _Kind("TIFF", _begins(b"II*\0", b"MM\0*"), exif.texts),
    _Kind("SVG", scenes.is_svg, scenes.svg_texts),
    _Kind("safetensors file", safetensors.is_one, safetensors.texts),
)


def kind_of(content: Content) -> str | None:
    """The format of a file that may carry a workflow, such as ``PNG``; None for other formats."""
    return next((kind.name for kind in _KINDS if kind.is_it(content)), None)


def load(content: Content) -> Embedded | None:
    """What a file carries; None if its format cannot carry a workflow.

    Everything before a fault counts: a truncated film still has its workflow if that came first. A broken file raises
    nothing; `Embedded.faults` says where it is broken.
    """
    kind = next((kind for kind in _KINDS if kind.is_it(content)), None)
    if kind is None:
        return None
    found = Found()
    try:
        for key, text in kind.texts(Cursor(content)):
            found.add(key, text)
            if found.complete:
                break
    except Fault as fault:
        found.faults.append(str(fault))
    return Embedded(
        kind=kind.name,
        workflow=found.workflow,
        prompt=found.prompt,
        faults=tuple(found.faults),
        has_settings=found.has_settings,
    )
