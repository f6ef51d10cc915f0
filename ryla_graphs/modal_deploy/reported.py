"""What GPU containers report to the web side: the classes that their ComfyUI really has, and that it did not come up.

A container compares its ComfyUI with the lock when it starts, and writes the differences down; they become part of the
catalog that graphs are checked with. Containers that do not come up open a circuit: no job is given to Modal, and
``/ready`` says why, until one has come up or `WINDOW_SECONDS` have gone by.
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
"""How long the web side takes what it has read for true."""
MOST_BROKEN = 3
"""So many containers in a row that do not come up open the circuit."""
WINDOW_SECONDS = 15 * 60.0
"""Containers that did not come up longer ago do not count."""
HINT = "`modal app logs` has the traceback of a pack that did not load; correct the lock and deploy again"


def lacked(prompt: Prompt, lacking: Mapping[str, str]) -> list[Problem]:
    """The problems of a graph's nodes whose class is lacking; `lacking` says why, by class."""
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
    """What containers of one lock and version report, in a dictionary on Modal."""

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
        """Write down what a container's ComfyUI lacks of the lock, and the classes it has besides, as it tells them.

        Nothing is lost where Modal does not answer.
        """
        self._write(self._classes_key, {"lacking": dict(lacking), "besides": dict(besides or {})})
        self._write(self._broken_key, [])

    def broke(self, why: str) -> None:
        """Write down that a container's ComfyUI did not come up."""
        try:
            before = self._runs.get(self._broken_key) or []
        except ModalError:
            before = []
        self._write(self._broken_key, [*before, {"at": self._clock(), "why": why[-2000:]}][-MOST_BROKEN:])

    def _write(self, key: str, value: Any) -> None:
        try:
            self._runs.put(key, value)
        except ModalError as error:
            log.warning("the state of this container could not be reported to the web side: %s", error)

    def lacking(self) -> Mapping[str, str]:
        """Why each lacking class is not there, as the container that started last has it; none where none has said."""
        self._look()
        found: Mapping[str, str] = self._classes.get("lacking", {})
        return found

    def catalog(self, promised: Catalog) -> Catalog:
        """The classes that containers really have: those of the lock, but for what the last one reported."""
        lacking = self.lacking()
        besides = {name: entry for name, entry in self._classes.get("besides", {}).items() if name not in promised}
        there = promised.subset([name for name in promised if name not in lacking], name=promised.name)
        if besides:
            there |= catalogs.from_object_info(besides, name="what containers have besides")
        reasons = {name: f"`{name}` is not here: {why}; {HINT}" for name, why in lacking.items()}
        return there.replace(absent={**promised.absent, **reasons})

    def circuit(self) -> str:
        """Why no container would come up; empty where one may."""
        self._look()
        recent = [row for row in self._broken if self._clock() - row["at"] < WINDOW_SECONDS]
        if len(recent) < MOST_BROKEN:
            return ""
        minutes = (recent[0]["at"] + WINDOW_SECONDS - self._clock()) / 60
        again = f"the next one is tried in {max(1, round(minutes))} minutes, or with POST /warm"
        return f"the last {len(recent)} GPU containers did not come up ({recent[-1]['why']}); {again}"

    def _look(self) -> None:
        with self._lock:
            if time.monotonic() < self._until:
                return
            try:
                self._classes = self._runs.get(self._classes_key) or {}
                self._broken = self._runs.get(self._broken_key) or []
            except ModalError as error:
                log.warning("what GPU containers report could not be read: %s", error)
            self._until = time.monotonic() + self._seconds


def besides(lock_catalog: Catalog, there: Catalog) -> dict[str, Any]:
    """The classes that a server has and the lock does not name, as it tells them."""
    more = [name for name in there if name not in lock_catalog and not there[name].api_node]
    return dict(there.subset(more).entries()) if more else {}
