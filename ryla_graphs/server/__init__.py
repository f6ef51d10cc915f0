"""The HTTP runtime: `create_app(engine, store)`."""

from __future__ import annotations

from ryla_graphs.problems.extras import needs_extra

with needs_extra("server"):
    from ryla_graphs.server.app import create_app
    from ryla_graphs.server.settings import Settings
    from ryla_graphs.server.storage import SqliteStore, Store

__all__ = ["Settings", "SqliteStore", "Store", "create_app"]
