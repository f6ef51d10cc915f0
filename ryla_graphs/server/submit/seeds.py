"""Finds the seeds of a graph, and draws new ones."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import InputSpec, Kind
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.formats.api import ApiDocument
from ryla_graphs.presets.parameters import DRAWN, SEED_LIMIT

NAMES = ("seed", "noise_seed")


def seeds_of(compiled: CompiledWorkflow) -> Iterator[int]:
    """The preset's seed, then every seed in the graph."""
    if isinstance(seed := compiled.parameters.get("seed"), int):
        yield seed
    for node in compiled.view.every_node():
        for name in NAMES:
            if isinstance(seed := node.inputs.get(name), int):
                yield seed


def with_drawn_seeds(prompt: ApiDocument, catalog: Catalog) -> ApiDocument:
    """The prompt with a newly drawn value for every seed; equal seeds stay equal."""
    places = list(_places(prompt, catalog))
    limits: dict[Any, int] = {}
    for place in places:
        limits[place.seed] = min(limits.get(place.seed, SEED_LIMIT), place.most + 1)
    drawn = {seed: secrets.randbelow(limit) for seed, limit in limits.items()}
    changed = dict(prompt)
    for node, name, seed, _ in places:
        changed[node] = {**changed[node], "inputs": {**changed[node]["inputs"], name: drawn[seed]}}
    return changed


class _Place(NamedTuple):
    """A seed with a literal value, not a link."""

    node: str
    name: str
    seed: Any
    most: int
    """The largest value that its input accepts."""


def _places(prompt: ApiDocument, catalog: Catalog) -> Iterator[_Place]:
    for node, body in prompt.items():
        inputs: Any = body.get("inputs") if isinstance(body, Mapping) else None
        for name in NAMES if isinstance(inputs, Mapping) else ():
            seed, spec = inputs.get(name), _spec(catalog, body.get("class_type"), name)
            if (type(seed) is int or seed in DRAWN) and (spec is None or spec.kind is Kind.INT):
                most = None if spec is None else spec.limits[1]
                yield _Place(node, name, seed, int(most) if most is not None and most > 0 else SEED_LIMIT - 1)


def _spec(catalog: Catalog, class_type: Any, name: str) -> InputSpec | None:
    schema = catalog.get(class_type) if isinstance(class_type, str) else None
    return None if schema is None else next((spec for spec in schema.every_input() if spec.name == name), None)
