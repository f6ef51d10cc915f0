"""Makes a lock from a request: presets and graphs determine packs and weights, pinned facts determine versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ryla_graphs import catalogs, presets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.lockfile.classes import check_classes, classes_of_packs, core_classes, level_of, names_digest
from ryla_graphs.lockfile.lock import (
    Lock,
    LockedComfyUI,
    LockedFix,
    LockedGraph,
    LockedPack,
    LockedWeight,
    digest_of,
)
from ryla_graphs.lockfile.request import Asked, CustomPack, is_commit
from ryla_graphs.problems import CannotRunHere, Problem
from ryla_graphs.software.packs import PACKS, Fix, Pack, pack_in
from ryla_graphs.software.pins import PINS
from ryla_graphs.software.releases import PYTHON, RECORDED, RELEASE, REPOSITORY, Release
from ryla_graphs.software.versions import newest, number
from ryla_graphs.version import __version__
from ryla_graphs.weights import HubFile, Need, needed


def lock_of(asked: Asked, graphs: Mapping[str, CompiledWorkflow], nodes: Mapping[str, Any] | None = None) -> Lock:
    """The lock for a request.

    `graphs` holds the compiled workflow of every target, examples for presets; `nodes` the ``/object_info`` entries of
    custom packs; entries of packs that were not requested are left out. The same arguments give an equal lock.

    Raises `CannotRunHere` if a graph needs a newer ComfyUI, or a pack that is neither pinned nor asked for, and what
    `check_classes` raises.
    """
    comfyui = _comfyui(asked.comfyui)
    check_classes(comfyui)
    _check(asked, graphs, comfyui)
    kept = _of_asked(asked, nodes or {})
    return Lock(
        ryla_graphs=__version__,
        asked=asked,
        python=PYTHON,
        comfyui=comfyui,
        packs=tuple(_packs(asked.packs, graphs.values(), kept)),
        requirements=PINS["ryla_graphs"],
        presets=tuple(name for name in graphs if name in presets.NAMES),
        graphs=tuple(_graph(name, each) for name, each in graphs.items() if name not in presets.NAMES),
        weights=tuple(_weights(need for each in graphs.values() for need in needed(each.view))),
        nodes_sha256=digest_of(kept),
        nodes=kept,
    )


def _comfyui(asked: str | None) -> LockedComfyUI:
    """The ComfyUI of a requested version or commit; the pinned one by default."""
    release = RELEASE if asked is None else _recorded(asked)
    if release is not None:
        version, commit, level = release.version, release.commit, release.level
    elif asked is not None and is_commit(asked):
        version, commit, level = RELEASE.version, asked, RELEASE.level  # which `check_classes` refuses
    else:
        assert asked is not None
        version, commit, level = asked, None, asked
    core = core_classes(level)
    return LockedComfyUI(
        version=version,
        repository=REPOSITORY,
        commit=commit,
        requirements=PINS["comfyui"],
        own_requirements=commit != RELEASE.commit,
        classes=len(core),
        classes_sha256=names_digest(core),
    )


def _recorded(asked: str) -> Release | None:
    """The newest recorded commit that matches the request, or that reports the requested version."""
    return next((row for row in reversed([*RECORDED.values()]) if asked in (row.commit, row.version)), None)


def known_to(asked: Asked, nodes: Mapping[str, Any]) -> Catalog:
    """The classes that a lock can be made for: the bundled ones, and those of the requested packs."""
    kept = _of_asked(asked, nodes)
    known = catalogs.bundled()
    return known | catalogs.from_object_info(kept, name="custom packs") if kept else known


def _of_asked(asked: Asked, nodes: Mapping[str, Any]) -> dict[str, Any]:
    """The node classes of the requested packs."""
    folders = {pack.folder for pack in asked.packs}
    return {name: nodes[name] for name in sorted(nodes) if _folder(nodes[name]) in folders}


def _folder(entry: Any) -> str | None:
    module = entry.get("python_module") if isinstance(entry, Mapping) else None
    return module.removeprefix("custom_nodes.").split(".")[0] if isinstance(module, str) else None


def _check(asked: Asked, graphs: Mapping[str, CompiledWorkflow], comfyui: LockedComfyUI) -> None:
    version = level_of(comfyui)
    there = {pack.folder for pack in asked.packs}
    problems = []
    for name, graph in graphs.items():
        needs = graph.plan.comfyui
        least = newest([needs.version, presets.get(name).min_comfyui]) if name in presets.NAMES else needs.version
        if number(least) > number(version):
            message = f"{name} needs ComfyUI {least}, asked is {version}"
            hint = f"--comfyui {least} or newer, or leave {name} out"
            problems.append(Problem(code="comfyui_too_old", message=message, hint=hint))
        for pack in graph.plan.packs:
            if pack.folder not in there and pack_in(pack.folder) is None:
                message = f"{name} needs the pack in the folder {pack.folder}, which has no known commit"
                hint = f"--pack OWNER/REPO@COMMIT:{pack.folder}, for {', '.join(pack.classes)}"
                problems.append(Problem(code="unknown_pack", message=message, hint=hint))
    if problems:
        raise CannotRunHere(problems, "no lock can be made")


def _packs(
    asked: Iterable[CustomPack], graphs: Iterable[CompiledWorkflow], nodes: Mapping[str, Any]
) -> Iterator[LockedPack]:
    own = {pack.folder: pack for pack in asked}
    folders = {*own, *(pack.folder for graph in graphs for pack in graph.plan.packs)}
    for folder in sorted(folders, key=str.casefold):
        recorded = tuple(sorted(name for name, entry in nodes.items() if _folder(entry) == folder))
        pack = own.get(folder)
        known = pack.known if pack is not None else PACKS.get(folder)
        if known is not None:
            yield _pinned(known, folder, pack.commit if pack is not None else known.commit, recorded)
            continue
        bundled = pack_in(folder)
        found = pack or bundled
        assert found is not None, "which `_check` refuses"
        same = bundled is not None and bundled.commit == found.commit
        yield LockedPack(
            folder=folder,
            repository=found.repository,
            commit=found.commit,
            own_requirements=True,
            path=pack.path if pack is not None else None,
            classes=recorded or (tuple(sorted(catalogs.bundled(found.repository))) if same else ()),
        )


def _pinned(known: Pack, folder: str, commit: str, recorded: tuple[str, ...]) -> LockedPack:
    """A pinned pack; at another commit its fixes may not apply, and it may have more requirements."""
    other = commit != known.commit
    return LockedPack(
        folder=folder,
        repository=known.repository,
        commit=commit,
        requirements=PINS[known.folders[0]],
        own_requirements=other,
        system=known.system,
        own_folders=known.own_folders,
        fixes=() if other else tuple(_fix(fix) for fix in known.fixes),
        classes=recorded or classes_of_packs().get(known.folders[0], ()),
    )


def _fix(fix: Fix) -> LockedFix:
    return LockedFix(file=fix.file, find=fix.find, replace=fix.replace, why=fix.why)


def _graph(name: str, graph: CompiledWorkflow) -> LockedGraph:
    text = json.dumps(graph.document, sort_keys=True, separators=(",", ":"))
    return LockedGraph(name=name, sha256=hashlib.sha256(text.encode()).hexdigest())


def _weights(needs: Iterable[Need]) -> Iterator[LockedWeight]:
    found = {need.key: need for need in needs}
    for folder, file in sorted(found):
        weight = found[folder, file].weight
        if weight is None:
            yield LockedWeight(file=file, folder=folder)
            continue
        source = weight.sources[0] if weight.sources else None
        hub = source if isinstance(source, HubFile) else None
        yield LockedWeight(
            file=file,
            folder=folder,
            repository=hub.repository if hub else None,
            path=hub.path if hub else None,
            url=source.url if source and not hub else None,
            bytes=weight.size,
            sha256=weight.sha256,
            licence=weight.licence.name,
            family=weight.family,
            gated=source.gated if source else False,
        )
