"""Content in full or in part: the `Range` header with one range of bytes (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from fastapi import Response
from fastapi.responses import StreamingResponse

from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.records import Asset
from ryla_graphs.server.safety.serving import content_headers

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Span(NamedTuple):
    """Bytes from `start` to before `end`."""

    start: int
    end: int


def span_of(header: str | None, size: int) -> Span | None:
    """The part that is asked for; None for all of it. Raises `ValueError` where there is no such part."""
    asked = _RANGE.fullmatch(header.strip()) if header else None
    if asked is None or asked.groups() == ("", ""):
        return None  # several ranges, or another unit: to be ignored
    first, last = asked.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < int(first):
            return None
    if start >= size or start >= end:
        raise ValueError(header)
    return Span(start, end)


def content_of(asset: Asset, here: Deployment, asked: Mapping[str, str]) -> Response:
    """The answer with the content of an asset, or the part of it that the headers ask for."""
    tag = f'"{asset.hash}"'
    headers = content_headers(asset.media_type, asset.name) | {"Accept-Ranges": "bytes", "ETag": tag}
    wanted = asked.get("range") if asked.get("if-range", tag) == tag else None
    try:
        span = span_of(wanted, asset.size)
    except ValueError:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{asset.size}"})
    start, end = span or (0, asset.size)
    headers["Content-Length"] = str(end - start)
    if span is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{asset.size}"
    status = 200 if span is None else 206
    return StreamingResponse(here.store.blobs.stream(asset.hash, start, end), status, headers)
