"""Stores for jobs, events, keys, assets and content: `SqliteStore` uses one folder on this machine."""

from __future__ import annotations

from ryla_graphs.server.storage.base import Blob, Blobs, Retention, StaleJob, Store
from ryla_graphs.server.storage.sqlite import SqliteStore

__all__ = ["Blob", "Blobs", "Retention", "SqliteStore", "StaleJob", "Store"]
