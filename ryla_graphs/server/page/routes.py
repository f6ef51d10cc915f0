"""``GET /`` and ``GET /page/…``: the page and its files. They need no token, since they hold no secret."""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from ryla_graphs.problems import NotFound
from ryla_graphs.server.http.content import is_known

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
HEADERS = {"X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
OF_PAGES = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Further headers of files that a browser may open as documents; scripts and styles need none."""
ASK, KEEP = "no-cache", "public, max-age=31536000, immutable"
"""`ASK` lets a browser cache a file but makes it revalidate. A file with the version in its URL never changes, so
`KEEP` lets a browser use it without asking; the page itself names the version, so an upgrade shows at once."""
_VERSION = re.compile(r"(v[0-9a-f]{12})/(.+)")
_REFUSED = re.compile(r"q=0(\.0*)?")
_OURS = b'"/page/'


class Served(NamedTuple):
    """A file of the page, ready to send."""

    content: bytes
    packed: bytes | None
    """The content compressed with gzip, if that is smaller."""
    media_type: str
    tag: str


@cache
def version() -> str:
    """A hash over all files of the page."""
    every = hashlib.sha256()
    for path in _paths():
        every.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return f"v{every.hexdigest()[:12]}"


@cache
def files() -> dict[str, Served]:
    """Every file of the page by its path below ``/page/``."""
    return {path.relative_to(STATIC).as_posix(): _served(path) for path in _paths()}


def _paths() -> list[Path]:
    return sorted(path for path in STATIC.rglob("*") if path.suffix in MEDIA_TYPES)


def _served(path: Path) -> Served:
    content = path.read_bytes()
    if path.suffix == ".html":
        content = _with_addresses(content)
    packed = gzip.compress(content, mtime=0)
    tag = hashlib.sha256(content).hexdigest()[:32]
    return Served(content, packed if len(packed) < len(content) else None, MEDIA_TYPES[path.suffix], tag)


def _with_addresses(page: bytes) -> bytes:
    """The page with the version in all URLs, and with preload links, so that browsers load all modules at once."""
    modules = (path.relative_to(STATIC).as_posix() for path in _paths() if path.suffix == ".js")
    links = "".join(f'<link rel="modulepreload" href="/page/{name}">\n' for name in modules)
    whole = page.replace(b"</head>", links.encode() + b"</head>")
    return whole.replace(_OURS, _OURS + version().encode() + b"/")


@router.get("/")
async def show_page(request: Request) -> Response:
    """The page itself."""
    return _sent("index.html", request, ASK)


@router.get("/page/{name:path}")
async def show_file(name: str, request: Request) -> Response:
    """A file of the page. For another version's URL, it sends the current file."""
    versioned = _VERSION.fullmatch(name)
    if versioned is None:
        return _sent(name, request, ASK)
    return _sent(versioned[2], request, KEEP if versioned[1] == version() else ASK)


def _sent(name: str, request: Request, caching: str) -> Response:
    found = files().get(name)
    if found is None:
        raise NotFound(f"the page has no file '{name[:100]}'")
    packed = found.packed if _unpacks(request.headers.get("accept-encoding", "")) else None
    tag = f'"{found.tag}"' if packed is None else f'"{found.tag}.gzip"'
    own = OF_PAGES if name.endswith((".html", ".svg")) else {}
    headers = HEADERS | own | {"ETag": tag, "Cache-Control": caching}
    if is_known(tag, request.headers):
        return Response(status_code=304, headers=headers)
    if packed is not None:
        return Response(packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=found.media_type)
    return Response(found.content, headers=headers, media_type=found.media_type)


def _unpacks(accepted: str) -> bool:
    """Whether an ``Accept-Encoding`` names gzip and does not refuse it."""
    parts = (part.partition(";") for part in accepted.lower().split(","))
    return any(name.strip() == "gzip" and _REFUSED.fullmatch(quality.strip()) is None for name, _, quality in parts)
