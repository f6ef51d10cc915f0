"""Reading catalogs and graphs from where they are: a file, gzipped or not, or a server."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from pathlib import Path
from typing import Any

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.problems import EngineError, InvalidDocument, SourceUnreachable

_GZIP = b"\x1f\x8b"


def read_bytes(source: str) -> bytes:
    """The content of a file, or of standard input for ``-``; gzip is undone.

    Raises `SourceUnreachable` where it cannot be read, `InvalidDocument` where the gzip is broken.
    """
    try:
        content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise SourceUnreachable(f"cannot read '{source}': {error.strerror or error}") from error
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidDocument(f"'{source}' is broken gzip: {error}") from error


def parse_json(content: bytes | str, source: str) -> Any:
    """JSON from a source; raises `InvalidDocument` with the place where it is none."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise InvalidDocument(f"'{source}' is not JSON: line {error.lineno}: {error.msg}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise InvalidDocument(f"'{source}' is not JSON: {error}") from error


def open_catalog(source: str | None = None) -> Catalog:
    """The catalog of a server (``http://host:port``), a file (``object_info.json[.gz]``), or the bundled one.

    `source` may also be the name of one bundled catalog, such as ``core``. Raises `SourceUnreachable` or
    `InvalidDocument`.
    """
    if source is None or source == "bundled":
        return catalogs.bundled()
    if source in catalogs.NAMES:
        return catalogs.bundled(source)
    if source.startswith(("http://", "https://")):
        from ryla_graphs.engines.comfyui import ComfyUI  # noqa: PLC0415 - loads requests

        try:
            return ComfyUI(source.removesuffix("/object_info")).catalog()
        except EngineError as error:
            raise SourceUnreachable(str(error)) from error
    return catalogs.from_object_info(parse_json(read_bytes(source), source), name=source)
