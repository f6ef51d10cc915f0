"""The bundled catalogs: ComfyUI 0.33 core and the packs that RYLA's pipelines use.

Facts recorded from a real server; what is a machine's own (weights, input files, devices) is open.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from ryla_graphs.catalog.behaviour import BEHAVIOURS
from ryla_graphs.catalog.object_info import Catalog
from ryla_graphs.catalog.schema import Json
from ryla_graphs.problems import NotFound

COMFYUI_VERSION = "0.33.0"
"""The ComfyUI that the bundled core catalog was recorded from."""

NAMES = ("core", "instantid", "pulid_flux", "impact", "video_helper_suite", "gguf", "seedvr2")


@cache
def bundled(name: str | None = None) -> Catalog:
    """One bundled catalog by name, or all of them as one.

    Raises `NotFound` for a name that is not in `NAMES`.
    """
    if name is None:
        entries: dict[str, Json] = {}
        for each in reversed(NAMES):
            entries |= _entries(each)
        return Catalog(entries, behaviours=BEHAVIOURS, name="bundled")
    if name not in NAMES:
        raise NotFound.among("bundled catalog", name, NAMES)
    return bundled().subset(_entries(name), name=name)


def _entries(name: str) -> dict[str, Json]:
    entries: dict[str, Json] = import_module(f"ryla_graphs.catalog.data.{name}").ENTRIES
    return entries


def from_entries(entries: dict[str, str], *, name: str) -> Catalog:
    """The catalog that a generated module brings with it: entries of ``/object_info`` as JSON text."""
    return Catalog(entries, behaviours=BEHAVIOURS, name=name)


def from_object_info(entries: Json, *, name: str = "object_info") -> Catalog:
    """The catalog of a server's ``/object_info`` answer, with the facts that answer does not tell.

    Raises `InvalidDocument` where it is not such an answer.
    """
    return Catalog.parse(entries, behaviours=BEHAVIOURS, name=name)
