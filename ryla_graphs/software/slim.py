"""The Python packages that ryla_graphs needs without ComfyUI: for servers, scheduled work and pulling weights."""

from __future__ import annotations

import re
from collections.abc import Iterable

NAMES = frozenset(
    (
        *("aiohappyeyeballs", "aiohttp", "aiosignal", "annotated-doc", "annotated-types", "anyio", "attrs", "blake3"),
        *("certifi", "charset-normalizer", "click", "fastapi", "filelock", "frozenlist", "fsspec", "h11", "hf-xet"),
        *("httpcore", "httpcore2", "httptools", "httpx", "httpx2", "huggingface-hub", "idna", "markdown-it-py"),
        *("mdurl", "multidict", "networkx", "opentelemetry-api", "packaging", "pillow", "prometheus-client"),
        *("propcache", "pydantic", "pydantic-core", "pygments", "python-dotenv", "python-multipart", "pyyaml"),
        *("regex", "requests", "rich", "shellingham", "sniffio", "starlette", "tqdm", "truststore", "typer"),
        *("typing-extensions", "typing-inspection", "urllib3", "uvicorn", "uvloop", "watchfiles"),
        *("websocket-client", "websockets", "yarl"),
    )
)
"""The packages of the extras ``server`` and ``weights`` with their dependencies, for all versions; a test compares them
with what is installed. If a lock does not pin one, its versions do not need it."""


def slim(pins: Iterable[str]) -> tuple[str, ...]:
    """The pins that are needed without ComfyUI, each once."""
    kept = {pin for pin in pins if normalized(pin.partition("==")[0]) in NAMES}
    return tuple(sorted(kept))


def normalized(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
