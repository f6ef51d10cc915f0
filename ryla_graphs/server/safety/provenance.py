"""Marks delivered files as generated, and removes the prompt from them.

The mark is IPTC's `DigitalSourceType` in XMP, with the term for media that a trained model made
(http://cv.iptc.org/newscodes/digitalsourcetype/). ComfyUI writes the whole prompt into its files; it is
removed unless the caller wants to keep it.
"""

from __future__ import annotations

import struct

from ryla_graphs.problems import InvalidDocument
from ryla_graphs.server.safety import containers

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
    f"<Iptc4xmpExt:DigitalSourceType>{DIGITAL_SOURCE_TYPE}</Iptc4xmpExt:DigitalSourceType>"
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
).encode()

UNTOUCHED = frozenset({"audio/ogg", "audio/opus", "video/webm", "image/gif"})
"""Media types that may hold a prompt but are delivered unchanged: ComfyUI's ``--disable-metadata`` helps there."""


def delivered(content: bytes, media_type: str, *, mark: bool = True, keep_prompt: bool = False) -> bytes:
    """A file as callers get it: marked as generated, and without prompt or graph. Other types stay unchanged.

    Pixels are not touched: nothing is encoded again.
    """
    if not mark and keep_prompt:
        return content
    xmp = XMP if mark else None
    try:
        return _rewritten(content, media_type, xmp, keep=keep_prompt)
    except (InvalidDocument, struct.error, IndexError, OSError):
        return content  # the content does not match its type, which is not this function's concern


def _rewritten(content: bytes, media_type: str, xmp: bytes | None, *, keep: bool) -> bytes:
    if media_type == "image/png" and content.startswith(containers.PNG_HEAD):
        return containers.png(content, xmp, keep=keep)
    if media_type == "image/jpeg" and content.startswith(b"\xff\xd8"):
        return containers.jpeg(content, xmp, keep=keep)
    if media_type == "image/webp" and content[8:12] == b"WEBP":
        return containers.webp(content, xmp, keep=keep)
    if media_type == "video/mp4" and content[4:8] == b"ftyp":
        return containers.mp4(content, xmp, keep=keep)
    if media_type in ("audio/flac", "audio/x-flac") and content.startswith(b"fLaC") and not keep:
        return containers.flac(content)
    if media_type == "audio/mpeg" and not keep:
        return containers.mp3(content)
    return content
