"""Reading catalogs and graphs from where they are: a file, gzipped or not, standard input, a template, a server."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.formats import json_text
from ryla_graphs.formats.disk import content_at, name_of
from ryla_graphs.formats.embedded import Content
from ryla_graphs.formats.graphs import unpacked
from ryla_graphs.formats.read import Document, Preference, read
from ryla_graphs.problems import EngineError, InvalidDocument, SourceUnreachable
from ryla_graphs.sources import adopted
from ryla_graphs.sources.adopted import Adopted

if TYPE_CHECKING:
    from ryla_graphs.engines.comfyui import ComfyUI

TEMPLATE = "template:"
"""The prefix of a source that is an official template."""
_ADDRESSES = ("http://", "https://")
_RELEASE = re.compile(r"v?\d+\.\d+(\.\d+)?\+?")


def content_of(source: str) -> Content:
    """The content of a file, or of standard input for ``-``. Raises `SourceUnreachable` if it cannot be read."""
    if source.startswith(_ADDRESSES):
        raise SourceUnreachable(f"'{source}' is an address; download the file, and open that")
    if source != "-":
        return content_at(source).content
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise SourceUnreachable(f"cannot read standard input: {error.strerror or error}") from error


def read_bytes(source: str) -> bytes:
    """The content of a file, or of standard input for ``-``; gzip is undone.

    Raises `SourceUnreachable` if it cannot be read, `InvalidDocument` if the gzip is broken.
    """
    content = unpacked(content_of(source), f"'{source}'")
    return content[: len(content)]


def parse_json(content: bytes | str, source: str) -> Any:
    """JSON from a source; raises `InvalidDocument` with the place of the fault if it is not JSON."""
    return json_text.parse(content, f"'{source}'")


def open_document(source: str, *, catalog: Catalog | None = None, prefer: Preference | None = None) -> Document:
    """Whatever `formats.read` opens, from a file, from standard input for ``-``, or ``template:NAME``.

    Raises what `content_of` and `read` raise, the latter with the name of the source.
    """
    if source.startswith(TEMPLATE):
        from ryla_graphs.sources.templates import template  # noqa: PLC0415 - needs an extra

        name = source.removeprefix(TEMPLATE)
        content: Content = template(name)
    else:
        name = "workflow" if source == "-" else name_of(source)
        content = content_of(source)
    try:
        return read(content, name=name, catalog=catalog, prefer=prefer, now=datetime.now().astimezone())
    except InvalidDocument as error:
        raise InvalidDocument(f"'{source}': {error}") from None


def open_catalog(source: str | None = None) -> Catalog:
    """A catalog by its source; by default the bundled one.

    `source` is the address of a server (``http://host:port``), a file (``object_info.json[.gz]``), the name of a
    bundled catalog (``core``), a name given to `adopt`, or a release of ComfyUI (``0.28``). Raises `SourceUnreachable`
    or `InvalidDocument`.

    >>> "KSampler" in open_catalog()
    True
    """
    if source is None or source == "bundled":
        return catalogs.bundled()
    if source in catalogs.NAMES:
        return catalogs.bundled(source)
    if source.startswith(_ADDRESSES):
        try:
            return _server(source).catalog()
        except EngineError as error:
            raise SourceUnreachable(str(error)) from error
    if source in adopted.names():
        return adopted.load(source).catalog
    if _RELEASE.fullmatch(source):
        return catalogs.release(source)
    return catalogs.from_object_info(parse_json(read_bytes(source), source), name=source)


def adopt(source: str, name: str | None = None) -> Adopted:
    """Keep the catalog of a server or of a file in the user's cache; `open_catalog` knows it by its name.

    By default the name is that of the host or the file. Raises what `open_catalog` and `adopted.keep` raise.
    """
    catalog = open_catalog(source)
    found = Adopted(name or adopted.default_name(source), source, catalog.comfyui, catalog.entries())
    adopted.keep(found)
    return found


def _server(address: str) -> ComfyUI:
    from ryla_graphs.engines.comfyui import ComfyUI  # noqa: PLC0415 - loads requests

    return ComfyUI(address.removesuffix("/object_info"))
