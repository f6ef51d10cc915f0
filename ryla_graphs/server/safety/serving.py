"""Headers for content that somebody else made: never run by a browser."""

from __future__ import annotations

import re
from urllib.parse import quote

_SHOWN = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "video/mp4", "video/webm", "text/plain"})
_SHOWN_KINDS = ("audio/",)
_ODD = re.compile(r"[^A-Za-z0-9._\- ]")


def content_headers(media_type: str, filename: str) -> dict[str, str]:
    """Headers that say what the content is: shown where it is a plain picture, video, sound or text, else saved."""
    shown = media_type in _SHOWN or media_type.startswith(_SHOWN_KINDS)
    plain = _ODD.sub("_", filename)
    disposition = f'{"inline" if shown else "attachment"}; filename="{plain or "file"}"'
    if plain != filename:
        disposition += f"; filename*=UTF-8''{quote(filename, safe='')}"
    return {
        "Content-Type": f"{media_type}; charset=utf-8" if media_type == "text/plain" else media_type,
        "Content-Disposition": disposition,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
