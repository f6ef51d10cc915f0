"""The bundled catalogs of ComfyUI 0.33 and the most used packs, and catalogs of other servers.

The bundled ones were recorded from a real server. Lists that differ between machines (weights, input files, devices)
are left open, so any value fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from ryla_graphs.catalog import releases, store
from ryla_graphs.catalog.catalog import Catalog, ClassEntry
from ryla_graphs.catalog.facts import Json
from ryla_graphs.catalog.origins import hidden_in, repositories_of
from ryla_graphs.catalog.releases import Span, span_of
from ryla_graphs.catalog.releases import versions as release_versions
from ryla_graphs.problems import NotFound

COMFYUI_VERSION = "0.33.0"
"""The ComfyUI version that the bundled core catalog was recorded from."""

_REPOSITORIES: Mapping[str, tuple[str, ...]] = {
    "core": (store.CORE,),
    "instantid": ("cubiq/ComfyUI_InstantID",),
    "pulid_flux": ("lldacing/ComfyUI_PuLID_Flux_ll",),
    "impact": ("ltdrdata/ComfyUI-Impact-Pack", "ltdrdata/ComfyUI-Impact-Subpack"),
    "video_helper_suite": ("Kosinkadink/ComfyUI-VideoHelperSuite",),
    "gguf": ("city96/ComfyUI-GGUF",),
    "seedvr2": ("numz/ComfyUI-SeedVR2_VideoUpscaler",),
}

NAMES = tuple(_REPOSITORIES)
"""The short names of some bundled catalogs: ComfyUI's own classes, and the packs that the presets use."""


@cache
def bundled(name: str | None = None) -> Catalog:
    """The catalog of all bundled classes, or of one pack: ``bundled("kijai/ComfyUI-KJNodes")``, or a name in `NAMES`.

    Raises `NotFound` if there is no such pack.
    """
    if name is None:
        return Catalog(
            {each: ClassEntry(each, of) for each, of in store.recorded().items()},
            name=f"the bundled catalog of ComfyUI {COMFYUI_VERSION}",
            comfyui=COMFYUI_VERSION,
        )
    repositories = _REPOSITORIES.get(name, (name,))
    wanted = {repository.casefold() for repository in repositories}
    found = [each for each in store.recordings().values() if each.repository.casefold() in wanted]
    if not found:
        raise NotFound.among("bundled catalog", name, (*NAMES, *packs()))
    if name == "core":
        found = [each for each in found if not each.folder]
    return bundled().subset((class_type for each in found for class_type in each.classes), name=name)


@cache
def release(version: str) -> Catalog:
    """The catalog of an older ComfyUI with all bundled packs: ``release("0.28.0")`` or ``release("0.28")``.

    Raises `NotFound` if the release is not recorded; `release_versions` lists those that are.
    """
    known = {short: each for each in release_versions() for short in (each, each.removesuffix(".0"))}
    exact = known.get(version.removeprefix("v"))
    if exact is None:
        raise NotFound.among("recorded release of ComfyUI", version, release_versions())
    of_packs = {name: ClassEntry(name, of) for name, of in store.recorded().items() if of.folder}
    return Catalog({**of_packs, **releases.entries(exact)}, name=f"ComfyUI {exact}", comfyui=exact.removesuffix("+"))


def packs() -> Iterable[str]:
    """The repositories of the bundled packs, such as ``kijai/ComfyUI-KJNodes``."""
    return (each.repository for each in store.recordings().values() if each.folder)


def from_entries(entries: Mapping[str, str], *, name: str) -> Catalog:
    """The catalog of a generated module, from entries of ``/object_info`` as JSON text."""
    return Catalog(entries, name=name)


def from_object_info(entries: Json, *, name: str = "object_info", comfyui: str | None = None) -> Catalog:
    """The catalog of a server, from the answer of its ``/object_info``, plus recorded facts that the answer lacks.

    Raises `InvalidDocument` if `entries` is not such an answer.
    """
    return Catalog.parse(entries, name=name, comfyui=comfyui)


__all__ = [
    "COMFYUI_VERSION",
    "NAMES",
    "Span",
    "bundled",
    "from_entries",
    "from_object_info",
    "hidden_in",
    "packs",
    "release",
    "release_versions",
    "repositories_of",
    "span_of",
]
