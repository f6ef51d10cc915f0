"""``GET /`` and ``GET /page/…``: the page and its files, for everybody, since they hold no secret."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from ryla_graphs.problems import NotFound

router = APIRouter(include_in_schema=False)

STATIC = Path(__file__).parent / "static"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
"""`no-cache` lets a browser keep a file and ask whether it is still the same: an upgrade shows at once."""


class Served(NamedTuple):
    """A file as it is sent."""

    content: bytes
    media_type: str
    tag: str


@cache
def files() -> dict[str, Served]:
    """Every file of the page by its path below ``/page/``."""
    paths = sorted(path for path in STATIC.rglob("*") if path.suffix in MEDIA_TYPES)
    return {path.relative_to(STATIC).as_posix(): _served(path) for path in paths}


def _served(path: Path) -> Served:
    content = path.read_bytes()
    return Served(content, MEDIA_TYPES[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


@router.get("/")
async def show_page(request: Request) -> Response:
    """The page itself."""
    return _sent("index.html", request)


@router.get("/page/{name:path}")
async def show_file(name: str, request: Request) -> Response:
    """A file that the page is made of."""
    return _sent(name, request)


def _sent(name: str, request: Request) -> Response:
    found = files().get(name)
    if found is None:
        raise NotFound(f"the page has no file '{name[:100]}'")
    headers = HEADERS | {"ETag": found.tag}
    if request.headers.get("if-none-match") == found.tag:
        return Response(status_code=304, headers=headers)
    return Response(found.content, headers=headers, media_type=found.media_type)
