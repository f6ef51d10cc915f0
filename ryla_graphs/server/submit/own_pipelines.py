"""The pipelines that a server serves besides the library's presets."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.engines import Engine
from ryla_graphs.pipelines import Pipelines, load
from ryla_graphs.problems import EngineError

log = logging.getLogger("ryla_graphs.server")


def served_beside(
    routes: Iterable[str], pipelines: Pipelines | None, engine: Engine, sources: Iterable[str]
) -> Pipelines:
    """The pipelines to serve: `pipelines`, or by default those of `sources` and of installed packages.

    Logs each pipeline that is not served, because it does not load or has the name of one of the `routes`.
    """
    if pipelines is None:
        pipelines = Pipelines(load(sources, catalog=partial(_catalog_of, engine), installed=True))
    served = pipelines.beside(routes)
    for row in served.not_served:
        log.error("not served: %s", row)
    return served


def _catalog_of(engine: Engine) -> Catalog:
    """The engine's catalog; the bundled one if the engine does not answer."""
    try:
        return engine.catalog()
    except EngineError as error:
        log.warning("saved graphs are read with the bundled classes: %s", error)
        return catalogs.bundled()
