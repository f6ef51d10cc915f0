"""Which recorded releases of ComfyUI take a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.validation import verdict


def taken_by(document: Mapping[str, Any], catalog: Catalog) -> tuple[str, ...]:
    """The releases whose server accepts a prompt whole, oldest first; packs are those of the catalog.

    A release that lacks an optional input still takes the graph, and drops the input.
    """
    own = {*catalogs.bundled("core")}
    packs = {name for name in catalog if name not in own}
    others = catalog.subset(packs)
    return tuple(
        version
        for version in catalogs.release_versions()
        if (answer := verdict(document, catalogs.release(version) | others)).accepted and not answer.nodes
    )
