"""Several routes as one engine: your own ComfyUI first, then Modal, then RunPod, or any other order."""

from __future__ import annotations

from ryla_graphs.engines.router.breaker import Breaker
from ryla_graphs.engines.router.choosing import Preference
from ryla_graphs.engines.router.engine import Router, as_routes
from ryla_graphs.engines.router.journal import Attempt, Journal, MemoryJournal, RunOptions
from ryla_graphs.engines.router.needs import Accepts
from ryla_graphs.engines.router.route import Budget, Route
from ryla_graphs.engines.router.shadow import Shadow

__all__ = [
    "Accepts",
    "Attempt",
    "Breaker",
    "Budget",
    "Journal",
    "MemoryJournal",
    "Preference",
    "Route",
    "Router",
    "RunOptions",
    "Shadow",
    "as_routes",
]
