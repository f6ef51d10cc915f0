"""Content in full or in part: the `Range` header with one range of bytes (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from fastapi import Response
from fastapi.responses import StreamingResponse

from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.records import Asset
from ryla_graphs.server.safety.serving import content_headers
from ryla_graphs.server.threads import in_thread

PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
"""Headers of content: no shared cache may keep it, and a private cache must revalidate it."""

IN_MEMORY = 4 * 2**20
"""Content up to this many bytes is sent in one piece."""

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Span(NamedTuple):
    """Bytes from `start` to before `end`."""

    start: int
    end: int


def span_of(header: str | None, size: int) -> Span | None:
    """The requested part; None for all of it. Raises `ValueError` if the content has no such part."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None  # several ranges, or another unit: RFC 9110 lets us ignore them
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < int(first):
            return None
    if start >= size or start >= end:
        raise ValueError(header)
    return Span(start, end)


def is_known(tag: str, request_headers: Mapping[str, str]) -> bool:
    """Whether ``If-None-Match`` names this tag; weak and strong tags compare equal here (RFC 9110, 13.1.2)."""
    known = request_headers.get("if-none-match", "")
    return known.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in known.split(","))


def not_changed(tag: str) -> Response:
    """The 304 answer to a caller who has the content already."""
    return Response(status_code=304, headers={"ETag": tag} | PRIVATE)


async def content_of(
    asset: Asset,
    here: Deployment,
    request_headers: Mapping[str, str] | None = None,
    said: Mapping[str, str] | None = None,
) -> Response:
    """The answer with an asset's content, or with the part that the headers ask for; `said` are further headers."""
    tag, request_headers = f'"{asset.hash}"', request_headers or {}
    headers = content_headers(asset.media_type, asset.name) | {"Accept-Ranges": "bytes", "ETag": tag} | PRIVATE
    headers |= said or {}
    if is_known(tag, request_headers):
        return not_changed(tag)
    try:
        wanted = request_headers.get("range") if request_headers.get("if-range", tag) == tag else None
        span = span_of(wanted, asset.size)
    except ValueError:
        message = f"the content has {asset.size} bytes; it has no part {(request_headers.get('range') or '')[:100]}"
        size = {"Content-Range": f"bytes */{asset.size}"}
        raise RequestError("range_not_satisfiable", message, headers=size) from None
    if span is None and asset.size <= IN_MEMORY:
        held = here.blobs.held(asset.hash)
        return Response(await in_thread(here.blobs.read, asset.hash) if held is None else held, headers=headers)
    start, end = span or (0, asset.size)
    headers["Content-Length"] = str(end - start)
    if span is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{asset.size}"
    pieces = here.blobs.stream(asset.hash, start, end)
    return StreamingResponse(pieces, 200 if span is None else 206, headers)
