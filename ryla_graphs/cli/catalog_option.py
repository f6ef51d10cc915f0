"""Chooses the node classes that a command checks graphs with."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog


def chosen_catalog(catalog: str | None, engine: str | None) -> Catalog | None:
    """The classes of ``--catalog``, or of the server of ``--engine``; None for the bundled ones.

    As in `run`, ``--catalog`` takes precedence over ``--engine``, with a note if the server has another release.
    ``--engine`` takes precedence over `RYLA_CATALOG`, since that is set permanently. Raises `SourceUnreachable`,
    `InvalidDocument` or `EngineUnreachable`.
    """
    from ryla_graphs.sources import open_catalog  # noqa: PLC0415

    if engine is None:
        return open_catalog(catalog) if catalog else None
    from ryla_graphs.engines import connect, judge_of  # noqa: PLC0415

    named = catalog not in (None, os.environ.get("RYLA_CATALOG"))
    with closing(connect(engine)) as connected:
        return judge_of(connected, open_catalog(catalog) if named else None)
