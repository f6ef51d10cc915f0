"""What GPU containers report to the web side: the classes that their ComfyUI actually has, and failed starts.

When a container starts, it compares its ComfyUI with the lock and reports the differences; graphs are then checked with
the corrected catalog. Failed starts open a circuit breaker: Modal gets no jobs, and ``/ready`` says why, until a
container has started or `WINDOW_SECONDS` have passed.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import modal
from modal.exception import Error as ModalError

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.lockfile import Lock
from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.prompt import Prompt
from ryla_graphs.version import __version__

log = logging.getLogger("ryla_graphs.modal_deploy")

KNOWN_SECONDS = 15.0
"""Seconds that the web side caches reports."""
MOST_BROKEN = 3
"""How many failed starts in a row open the circuit breaker."""
WINDOW_SECONDS = 15 * 60.0
"""Seconds after which a failed start no longer counts."""
HINT = "`modal app logs` has the traceback of a pack that failed to load; correct the lock and deploy again"


def lacked(prompt: Prompt, lacking: Mapping[str, str]) -> list[Problem]:
    """A problem for each node whose class is missing; `lacking` has the reasons by class."""
    return [
        Problem(
            code="class_not_here",
            message=f"this deployment's ComfyUI lacks the class: {lacking[node.class_type]}",
            subject=AtNode(node.id, node.class_type),
            hint=HINT,
        )
        for node in prompt.every_node()
        if node.class_type in lacking
    ]


class Reported:
    """The reports of containers with one lock and version, in a dictionary on Modal."""

    def __init__(
        self,
        runs: modal.Dict,
        lock: Lock,
        *,
        seconds: float = KNOWN_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._runs = runs
        key = hashlib.sha256(f"{__version__}\n{lock.dumps()}".encode()).hexdigest()[:16]
        self._classes_key, self._broken_key = f"classes:{key}", f"broken:{key}"
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0
        self._classes: Mapping[str, Any] = {}
        self._broken: list[Mapping[str, Any]] = []

    def came_up(self, lacking: Mapping[str, str], besides: Mapping[str, Any] | None = None) -> None:
        """Report the classes of the lock that a container's ComfyUI lacks, and additional ones that it has.

        If Modal does not answer, the report is only logged as failed.
        """
        self._write(self._classes_key, {"lacking": dict(lacking), "besides": dict(besides or {})})
        self._write(self._broken_key, [])

    def broke(self, why: str) -> None:
        """Report that a container's ComfyUI did not start."""
        try:
            before = self._runs.get(self._broken_key) or []
        except ModalError:
            before = []
        self._write(self._broken_key, [*before, {"at": self._clock(), "why": why[-2000:]}][-MOST_BROKEN:])

    def _write(self, key: str, value: Any) -> None:
        try:
            self._runs.put(key, value)
        except ModalError as error:
            log.warning("cannot report the state of this container to the web side: %s", error)

    def lacking(self) -> Mapping[str, str]:
        """The missing classes with their reasons, as the latest container reports them; empty without a report."""
        self._look()
        found: Mapping[str, str] = self._classes.get("lacking", {})
        return found

    def catalog(self, promised: Catalog) -> Catalog:
        """The classes that containers actually have: those of the lock, corrected by the latest report."""
        lacking = self.lacking()
        besides = {name: entry for name, entry in self._classes.get("besides", {}).items() if name not in promised}
        there = promised.subset([name for name in promised if name not in lacking], name=promised.name)
        if besides:
            there |= catalogs.from_object_info(besides, name="what containers have besides")
        reasons = {name: f"`{name}` is missing here: {why}; {HINT}" for name, why in lacking.items()}
        return there.replace(absent={**promised.absent, **reasons})

    def circuit(self) -> str:
        """Why no container would start; empty if one may."""
        self._look()
        recent = [row for row in self._broken if self._clock() - row["at"] < WINDOW_SECONDS]
        if len(recent) < MOST_BROKEN:
            return ""
        minutes = (recent[0]["at"] + WINDOW_SECONDS - self._clock()) / 60
        again = f"the next attempt is in {max(1, round(minutes))} minutes, or at POST /warm"
        return f"the last {len(recent)} GPU containers failed to start ({recent[-1]['why']}); {again}"

    def _look(self) -> None:
        with self._lock:
            if time.monotonic() < self._until:
                return
            try:
                self._classes = self._runs.get(self._classes_key) or {}
                self._broken = self._runs.get(self._broken_key) or []
            except ModalError as error:
                log.warning("cannot read the reports of GPU containers: %s", error)
            self._until = time.monotonic() + self._seconds


def besides(lock_catalog: Catalog, there: Catalog) -> dict[str, Any]:
    """The classes that a server has and the lock does not name, as the server describes them."""
    more = [name for name in there if name not in lock_catalog and not there[name].api_node]
    return dict(there.subset(more).entries()) if more else {}
