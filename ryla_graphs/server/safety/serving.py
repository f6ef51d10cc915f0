"""Headers for untrusted content, so that no browser executes it."""

from __future__ import annotations

import re
from urllib.parse import quote

_SHOWN = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "video/mp4", "video/webm", "text/plain"})
_SHOWN_KINDS = ("audio/",)
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_ODD = re.compile(r"[^A-Za-z0-9._\- ]")


def content_headers(media_type: str, filename: str) -> dict[str, str]:
    """Headers for a file: browsers show plain pictures, videos, sounds and text, and save everything else."""
    media_type = media_type if _MEDIA_TYPE.fullmatch(media_type) else "application/octet-stream"
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
