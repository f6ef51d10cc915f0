"""The user's own catalogs: a server's description of its classes, kept under a name in the user's cache."""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.problems import InvalidDocument, InvalidSettings, NotFound

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Adopted(NamedTuple):
    """A catalog in the cache."""

    name: str
    source: str
    """The server or the file that it came from."""
    comfyui: str | None
    """The ComfyUI of the server; None if it was not given."""
    entries: Mapping[str, Any]
    """The answer to ``/object_info``."""

    @property
    def catalog(self) -> Catalog:
        """The classes; raises `InvalidDocument` if the entries are not a catalog."""
        version = f" of ComfyUI {self.comfyui}" if self.comfyui else ""
        return catalogs.from_object_info(
            dict(self.entries), name=f"the catalog '{self.name}'{version}", comfyui=self.comfyui
        )


def folder() -> Path:
    """Where catalogs are kept: `RYLA_CACHE`, or the system's cache folder."""
    if own := os.environ.get("RYLA_CACHE"):
        return Path(own) / "catalogs"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "ryla_graphs" / "catalogs"


def keep(adopted: Adopted) -> Path:
    """Write a catalog into the cache; raises `InvalidSettings` if the name is invalid or a bundled one has it."""
    if not _NAME.fullmatch(adopted.name) or adopted.name in ("bundled", *catalogs.NAMES):
        raise InvalidSettings(
            f"'{adopted.name}' cannot name a catalog: letters, digits, dots and dashes, and no bundled catalog's name"
        )
    path = _path(adopted.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps({"source": adopted.source, "comfyui": adopted.comfyui, "object_info": adopted.entries})
    part = path.with_suffix(".part")
    part.write_bytes(gzip.compress(content.encode()))
    part.replace(path)
    return path


def names() -> list[str]:
    """The names of all adopted catalogs."""
    return sorted(path.name.removesuffix(".json.gz") for path in folder().glob("*.json.gz"))


def load(name: str) -> Adopted:
    """The catalog with this name; raises `NotFound` if there is none, `InvalidDocument` if the file is damaged."""
    path = _path(name)
    if not _NAME.fullmatch(name) or not path.is_file():
        raise NotFound.among("adopted catalog", name, names())
    try:
        found = json.loads(gzip.decompress(path.read_bytes()))
        return Adopted(name, found["source"], found["comfyui"], found["object_info"])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise InvalidDocument(f"{path} is damaged ({error}): `ryla-graphs nodes adopt` writes it again") from error


def default_name(source: str) -> str:
    """A name for a source: the host of a server, the name of a file."""
    address = urlsplit(source)
    plain = address.netloc or Path(source).name.removesuffix(".gz").removesuffix(".json")
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.") or "catalog"


def _path(name: str) -> Path:
    return folder() / f"{name}.json.gz"
