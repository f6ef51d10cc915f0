"""What a server must have to run a graph: weight files, node packs, and a recent enough ComfyUI."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.catalogs import repositories_of
from ryla_graphs.families import FAMILIES
from ryla_graphs.plan.loaded_weights import Weights
from ryla_graphs.plan.plan import MinimumVersion, NodePack, WeightFile
from ryla_graphs.plan.stages import Stage
from ryla_graphs.software.packs import folder_of, pack_in, pack_of
from ryla_graphs.software.versions import CLASSES_SINCE, FAMILIES_SINCE, VARIANTS_SINCE, newest
from ryla_graphs.validation.view import View


def classes_of(view: View) -> list[NodeSchema]:
    """The classes that a graph uses, each once, by name."""
    found = {view.nodes[number].schema.class_type: view.nodes[number].schema for number in reached(view)}
    return [found[class_type] for class_type in sorted(found)]


def reached(view: View) -> list[str]:
    """The nodes of known class that some output needs, by id."""
    return sorted(view.reached & view.nodes.keys())


def weight_files(weights: Weights) -> Iterator[WeightFile]:
    """The weight files of a graph, each once, and what is known about them."""
    for _, needs in sorted(weights.by_file.items()):
        need = needs[0]
        weight, size = need.weight, weights.stored(need)
        exactly = size is not None and size.least == size.most
        source = weight.sources[0] if weight and weight.sources else None
        yield WeightFile(
            name=need.name,
            folder=need.folder,
            nodes=tuple(sorted({each.node for each in needs})),
            size=size.most if size is not None and exactly else None,
            between=(size.least, size.most) if size is not None and not exactly else None,
            sha256=weight.sha256 if weight else None,
            family=weight.family if weight else None,
            licence=weight.licence.name if weight else None,
            commercial=weight.licence.commercial if weight and weight.licence.is_known else None,
            gated=source.gated if source else False,
            pickled=weight.pickled if weight else False,
            source=source.url if source else None,
        )


def node_packs(view: View) -> Iterator[NodePack]:
    """The packs of the graph's classes, including unknown classes if a pack is listed for them.

    Classes that two folders claim count for the pack that is known.
    """
    by_pack: dict[str, set[str]] = {}
    for schema in classes_of(view):
        folder = folder_of(schema)
        if folder is not None:
            pack = pack_in(folder)
            by_pack.setdefault(pack.folders[0] if pack else folder, set()).add(schema.class_type)
    listed: dict[str, str] = {}
    for node in view.foreign.values():
        repository = next((each for each in repositories_of(node.class_type) if each != "Comfy-Org/ComfyUI"), None)
        if repository is not None:
            pack = pack_of(repository)
            folder = pack.folders[0] if pack else repository.partition("/")[2]
            listed[folder] = repository
            by_pack.setdefault(folder, set()).add(node.class_type)
    for folder in sorted(by_pack):
        pack = pack_in(folder)
        yield NodePack(
            folder=folder,
            classes=tuple(sorted(by_pack[folder])),
            repository=pack.repository if pack else listed.get(folder),
            commit=pack.commit if pack else None,
            warnings=pack.warnings if pack else (),
        )


def minimum_version(view: View, found: Iterable[Stage]) -> MinimumVersion:
    """The oldest ComfyUI that has the classes of a graph and the models of its stages."""
    asked: dict[str, str] = {}
    for schema in classes_of(view):
        if schema.class_type in CLASSES_SINCE and folder_of(schema) is None:
            asked[f"{schema.class_type}: its first release"] = CLASSES_SINCE[schema.class_type]
    for family, name in _sampled(found):
        if family in FAMILIES_SINCE:
            since = FAMILIES_SINCE[family]
            asked[f"{FAMILIES[family].label}: {since.source}"] = since.version
        for (of, pattern), since in VARIANTS_SINCE.items():
            if of == family and re.search(pattern, re.sub(r"[\W_]+", "-", name.lower())):
                asked[f"{name}: {since.source}"] = since.version
    version = newest(asked.values())
    return MinimumVersion(version=version, because=tuple(sorted(why for why, at in asked.items() if at == version)))


def _sampled(found: Iterable[Stage]) -> Iterator[tuple[str, str]]:
    """The families of the sampled models, each with the name of its file."""
    for stage in found:
        if stage.kind == "sample":
            pieces = (piece for piece in stage.pieces if piece.content == "diffusion model")
            yield from ((piece.family, piece.name) for piece in pieces if piece.family is not None)
