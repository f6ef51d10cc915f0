"""The Python packages that ryla_graphs needs without ComfyUI: for servers, scheduled work and pulls of weights."""

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
"""What the extras ``server`` and ``weights`` need, and what those need, with any version of theirs; a test compares it
with what is installed. What a lock does not pin of it, its versions do not need."""


def slim(pins: Iterable[str]) -> tuple[str, ...]:
    """Of some pins those that are needed without ComfyUI, each once."""
    kept = {pin for pin in pins if normalized(pin.partition("==")[0]) in NAMES}
    return tuple(sorted(kept))


def normalized(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
