"""Which recorded releases of ComfyUI accept a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.validation import verdict


def taken_by(document: Mapping[str, Any], catalog: Catalog) -> tuple[str, ...]:
    """The releases whose server accepts the whole prompt, oldest first; classes of packs come from the catalog.

    A release that lacks an optional input still accepts the graph and drops the input.
    """
    own = {*catalogs.bundled("core")}
    packs = {name for name in catalog if name not in own}
    others = catalog.subset(packs)
    return tuple(
        version
        for version in catalogs.release_versions()
        if (answer := verdict(document, catalogs.release(version) | others)).accepted and not answer.nodes
    )
