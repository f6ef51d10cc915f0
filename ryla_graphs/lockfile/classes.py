"""The node classes of a lock, as a catalog to check graphs against and to compare a server with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.lockfile.lock import Lock, LockedComfyUI, LockedPack
from ryla_graphs.problems import CannotRunHere, Problem
from ryla_graphs.software.packs import PACKS, Pack, folder_of
from ryla_graphs.software.releases import RECORDED, RELEASE
from ryla_graphs.software.versions import CLASSES_SINCE, number

SHOWN = 8
"""The most classes that a message names."""


def catalog_of(lock: Lock) -> Catalog:
    """The node classes that an image built from the lock has.

    It also knows which classes other packs provide: a graph with such a class is refused with the pack's name.
    Raises what `check_classes` raises.
    """
    check_classes(lock.comfyui)
    known = catalogs.bundled()
    own = {name for pack in lock.packs for name in pack.classes if name in known}
    core = core_classes(level_of(lock.comfyui))
    catalog = known.subset([*core, *sorted(own)], name=f"ComfyUI {lock.comfyui.version}")
    if lock.nodes:
        catalog |= catalogs.from_object_info(dict(lock.nodes), name="custom packs")
    return catalog.replace(absent={name: text for name, text in _absent(lock) if name not in catalog})


def core_classes(level: str) -> tuple[str, ...]:
    """ComfyUI's own classes in a version, as far as known: none that came after the recorded commit."""
    return tuple(
        name
        for name, schema in catalogs.bundled("core").items()
        if folder_of(schema) is None and (name not in CLASSES_SINCE or number(CLASSES_SINCE[name]) <= number(level))
    )


def level_of(comfyui: LockedComfyUI) -> str:
    """The level of a lock's ComfyUI, as `CLASSES_SINCE` counts: its version, or ``0.33.0+`` for a commit after it."""
    recorded = RECORDED.get(comfyui.commit or "")
    return recorded.level if recorded else comfyui.version


def check_classes(comfyui: LockedComfyUI) -> None:
    """Refuse a lock that promises node classes which its commit lacks.

    A commit is judged by the classes that a server at it listed, a version without a commit by ComfyUI's history.
    Raises `CannotRunHere` with the classes that are missing.
    """
    if comfyui.commit is None:
        return
    recorded = RECORDED.get(comfyui.commit)
    if recorded is None:
        message = f"the node classes of ComfyUI at commit {comfyui.commit} are not recorded"
        known = ", ".join(f"{row.commit} ({row.date})" for row in RECORDED.values())
        hint = f"record them with a server at this commit (docs/lock.md), or take one that is recorded: {known}"
    elif (comfyui.classes, comfyui.classes_sha256) == (recorded.classes, recorded.classes_sha256):
        return
    else:
        missing = sorted(_promised(comfyui) - {*core_classes(recorded.level)})
        lacks = f"it lacks {_some(missing)}" if missing else "their names are other ones"
        counts = f"{comfyui.classes} node classes, and ComfyUI has {recorded.classes} at commit {comfyui.commit}"
        message = f"the lock promises {counts}: {lacks}"
        hint = f"`ryla-graphs lock` pins commit {RELEASE.commit}, which the bundled catalog was recorded from"
    raise CannotRunHere([Problem(code="catalog_of_another_comfyui", message=message, hint=hint)])


def _promised(comfyui: LockedComfyUI) -> set[str]:
    """The names behind a lock's digest, if they are those of a recorded commit; empty if unknown."""
    levels = (core_classes(row.level) for row in RECORDED.values())
    return next(({*names} for names in levels if names_digest(names) == comfyui.classes_sha256), set())


def names_digest(names: Iterable[str]) -> str:
    """The SHA-256 of some names, sorted, one per line."""
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
    """What to do about the classes that the image lacks."""
    there = {pack.folder for pack in lock.packs}
    for folder, names in classes_of_packs().items():
        pack = PACKS[folder]
        if folder in there:
            continue
        sentence = f"is in the pack {pack.repository}, which the lock of this deployment lacks"
        for name in names:
            yield name, f"`{name}` {sentence}: `ryla-graphs lock --pack {pack.repository}`, then deploy again"
    for name, since in CLASSES_SINCE.items():
        if number(since) > number(level_of(lock.comfyui)):
            released = since.removesuffix("+")
            came = f"came {'with' if released == since else 'after'} ComfyUI {released}"
            sentence = f"`{name}` {came}, the lock of this deployment has {lock.comfyui.version}"
            yield name, f"{sentence}: `ryla-graphs lock --comfyui {released}`, then deploy again"


class Difference(NamedTuple):
    """Something in a lock that a server lacks."""

    text: str
    """One sentence."""
    classes: tuple[str, ...] = ()
    """The node classes that graphs cannot use there."""

    def __str__(self) -> str:
        return self.text


def differences(lock: Lock, catalog: Catalog, *, version: str | None = None) -> list[Difference]:
    """What a running server lacks of the lock; empty if it has everything.

    `catalog` is what its ``/object_info`` says, `version` what its ``/system_stats`` says of ComfyUI. Classes that
    the lock lacks do not count, nor do missing nodes for partners' services: a server may start without those.
    """
    found: list[Difference] = []
    wanted = lock.comfyui.version
    if version is not None and number(version.removeprefix("v")) != number(wanted):
        found.append(Difference(f"ComfyUI is {version}, the lock has {wanted}"))
    known = catalogs.bundled()
    core = core_classes(level_of(lock.comfyui))
    lacking = tuple(name for name in core if name not in catalog and not known[name].api_node)
    if lacking:
        found.append(Difference(f"ComfyUI lacks {len(lacking)} of its own classes: {_some(lacking)}", lacking))
    for pack in lock.packs:
        found += _of_pack(pack, catalog)
    return found


def _of_pack(pack: LockedPack, catalog: Catalog) -> Iterator[Difference]:
    missing = tuple(name for name in pack.classes if name not in catalog)
    title = f"{pack.repository} ({pack.folder})"
    if pack.classes and len(missing) == len(pack.classes):
        sentence = f"the pack {title} did not load: none of its {len(missing)} classes is there, such as {missing[0]}"
        yield Difference(sentence, missing)
        return
    if missing:
        sentence = f"the pack {title} lacks {len(missing)} of its {len(pack.classes)} classes: {_some(missing)}"
        yield Difference(sentence, missing)
    for name in pack.classes:
        there = folder_of(catalog[name]) if name in catalog else None
        if there is not None and there not in _folders(pack):
            sentence = f"{name} comes from the folder {there}, not from the pack {title}: only one of them may be there"
            yield Difference(sentence, (name,))


def _folders(pack: LockedPack) -> tuple[str, ...]:
    known: Pack | None = PACKS.get(pack.folder)
    return (pack.folder, *([known.folders[0]] if known is not None else []))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
