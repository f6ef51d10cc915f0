"""The user's own pipelines, as a server finds them: from `RYLA_PIPELINES` and installed packages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ryla_graphs.cli.hinting import hint_for

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.pipelines import Pipelines
    from ryla_graphs.presets.base import Preset

VARIABLE = "RYLA_PIPELINES"


def sources_in(text: str | None) -> tuple[str, ...]:
    """The files, folders and modules in a list with commas."""
    return tuple(filter(None, (part.strip() for part in (text or "").split(","))))


def own_pipelines(catalog: Catalog | None = None) -> Pipelines:
    """All own pipelines; saved graphs are read with `catalog`, by default the bundled one."""
    from ryla_graphs.pipelines import Pipelines, load  # noqa: PLC0415 - `serve` takes only the variable from here
    from ryla_graphs.pipelines.python_files import aside  # noqa: PLC0415

    known = None if catalog is None else lambda: catalog
    return Pipelines(aside(load, sources_in(os.environ.get(VARIABLE)), catalog=known, installed=True))


def own_pipeline(name: str, catalog: Catalog | None = None) -> Preset[Any]:
    """A pipeline by its name. Raises `NotFound` with similar names, and with the files that could not be loaded."""
    from ryla_graphs.pipelines.python_files import aside  # noqa: PLC0415
    from ryla_graphs.problems import NotFound  # noqa: PLC0415

    pipelines = own_pipelines(catalog)
    if name in pipelines.own:
        return pipelines.get(name).through(aside)
    if hint := hint_for(name):
        raise NotFound(f"'{name}' is not a preset, pipeline or file; {hint}")
    missing = str(NotFound.among("preset, pipeline or file", name, pipelines.names))
    raise NotFound("\n".join([missing, *(f"not loaded: {row}" for row in pipelines.not_served)]))
