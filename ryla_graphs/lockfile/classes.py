"""The node classes of a lock: as a catalog to check graphs against, and to compare a server with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.lockfile.lock import Lock, LockedPack
from ryla_graphs.software.packs import PACKS, Pack, folder_of
from ryla_graphs.software.versions import CLASSES_SINCE, number

SHOWN = 8
"""So many classes a message names."""


def catalog_of(lock: Lock) -> Catalog:
    """The node classes that an image built from the lock has.

    Of other known packs it can say what would bring them: a graph with such a class is refused with the pack's name.
    """
    known = catalogs.bundled()
    own = {name for pack in lock.packs for name in pack.classes if name in known}
    catalog = known.subset([*core_classes(lock.comfyui.version), *sorted(own)], name=f"ComfyUI {lock.comfyui.version}")
    if lock.nodes:
        catalog |= catalogs.from_object_info(dict(lock.nodes), name="custom packs")
    return catalog.replace(absent={name: text for name, text in _absent(lock) if name not in catalog})


def core_classes(version: str) -> tuple[str, ...]:
    """The classes of ComfyUI's own that a version has, as far as is known: none that came after the recorded one."""
    return tuple(
        name
        for name in catalogs.bundled("core")
        if name not in CLASSES_SINCE or number(CLASSES_SINCE[name]) <= number(version)
    )


def names_digest(names: Iterable[str]) -> str:
    """The SHA-256 of some names, sorted, one a line."""
    return hashlib.sha256("".join(f"{name}\n" for name in sorted(names)).encode()).hexdigest()


@cache
def classes_of_packs() -> Mapping[str, tuple[str, ...]]:
    """The bundled classes of each pinned pack, by its folder."""
    known = catalogs.bundled()
    found: dict[str, list[str]] = {}
    for bundle in catalogs.NAMES:
        if bundle == "core":
            continue
        for name in catalogs.bundled(bundle):
            folder = folder_of(known[name])
            if folder is not None and folder in PACKS:
                found.setdefault(PACKS[folder].folders[0], []).append(name)
    return {folder: tuple(sorted(names)) for folder, names in found.items()}


def _absent(lock: Lock) -> Iterator[tuple[str, str]]:
    """What to do about the classes that the image has not."""
    there = {pack.folder for pack in lock.packs}
    for folder, names in classes_of_packs().items():
        pack = PACKS[folder]
        if folder in there:
            continue
        told = f"is in the pack {pack.repository}, which the lock of this deployment has not"
        for name in names:
            yield name, f"`{name}` {told}: `ryla-graphs lock --pack {pack.repository}`, then deploy again"
    for name, since in CLASSES_SINCE.items():
        if number(since) > number(lock.comfyui.version):
            told = f"`{name}` came with ComfyUI {since}, the lock of this deployment has {lock.comfyui.version}"
            yield name, f"{told}: `ryla-graphs lock --comfyui {since}`, then deploy again"


def differences(lock: Lock, catalog: Catalog, *, version: str | None = None) -> list[str]:
    """What a server that runs lacks of the lock, one sentence each; none where it has all.

    `catalog` is what its ``/object_info`` says, `version` what its ``/system_stats`` says of ComfyUI. Classes that it
    has besides, and nodes that call partners' services, are not told: a server may be started without those.
    """
    found: list[str] = []
    wanted = lock.comfyui.version
    if version is not None and number(version.removeprefix("v")) != number(wanted):
        found.append(f"ComfyUI is {version}, the lock has {wanted}")
    known = catalogs.bundled()
    core = [name for name in core_classes(wanted) if name not in catalog and not known[name].api_node]
    if core:
        found.append(f"ComfyUI lacks {len(core)} of its own classes: {_some(core)}")
    for pack in lock.packs:
        found += _of_pack(pack, catalog)
    return found


def _of_pack(pack: LockedPack, catalog: Catalog) -> Iterator[str]:
    missing = [name for name in pack.classes if name not in catalog]
    title = f"{pack.repository} ({pack.folder})"
    if pack.classes and len(missing) == len(pack.classes):
        yield f"the pack {title} did not load: none of its {len(missing)} classes is there, such as {missing[0]}"
        return
    if missing:
        yield f"the pack {title} lacks {len(missing)} of its {len(pack.classes)} classes: {_some(missing)}"
    for name in pack.classes:
        there = folder_of(catalog[name]) if name in catalog else None
        if there is not None and there not in _folders(pack):
            yield f"{name} comes from the folder {there}, not from the pack {title}: only one of them may be there"


def _folders(pack: LockedPack) -> tuple[str, ...]:
    known: Pack | None = PACKS.get(pack.folder)
    return (pack.folder, *([known.folders[0]] if known is not None else []))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
