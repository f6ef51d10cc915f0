"""Which node classes a command goes by."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog


def chosen_catalog(catalog: str | None, engine: str | None) -> Catalog | None:
    """The classes of ``--catalog`` or of the server of ``--engine``; None for those that are bundled.

    ``--engine`` comes before `RYLA_CATALOG`, which is set for good. Raises `SourceUnreachable`, `InvalidDocument` or
    `EngineUnreachable`.
    """
    if engine is None:
        from ryla_graphs.sources import open_catalog  # noqa: PLC0415

        return open_catalog(catalog) if catalog else None
    if catalog not in (None, os.environ.get("RYLA_CATALOG")):
        raise typer.BadParameter("--catalog and --engine are two judges; give one of them")
    from ryla_graphs.engines import connect, judge_of  # noqa: PLC0415

    with closing(connect(engine)) as connected:
        return judge_of(connected)
