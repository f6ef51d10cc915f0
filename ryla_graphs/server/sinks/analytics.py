"""Sends RYLA's product events (requests, results, loaded models) to a file and to a URL.

An event is one JSON object: ``{"event": "modal_flux_dev_generation_completed", "at": …, "job": …, "properties": {…}}``.
It holds no prompt, no input and no secret.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ryla_graphs.problems import InvalidInputs, InvalidSettings
from ryla_graphs.server.records import Job, JobEvent
from ryla_graphs.server.safety.fetch import Fetcher
from ryla_graphs.server.sinks.faces import EVENT as FACE
from ryla_graphs.server.sinks.product_events import PREFIX, events_of, face_event

log = logging.getLogger("ryla_graphs.server")

_BATCH, _BATCH_SECONDS = 100, 2.0


class Target(Protocol):
    """A destination of product events."""

    def put(self, event: Mapping[str, Any]) -> None:
        """Accept an event; must be quick and never raise."""
        ...

    def close(self) -> None:
        """Deliver the accepted events, and close."""
        ...


class Analytics:
    """A sink that turns events of jobs into RYLA's product events."""

    kinds = ("status", FACE)

    def __init__(self, targets: Sequence[Target], *, prefix: str = PREFIX) -> None:
        self._targets = targets
        self._prefix = prefix

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Report the start and the end of a job, and its face scores."""
        if event.kind not in self.kinds or not self._targets:
            return
        found = [face_event(job, event.data, self._prefix)] if event.kind == FACE else events_of(job, self._prefix)
        for name, properties in found:
            facts = {"event": name, "at": event.at, "job": job.id, "properties": properties}
            for target in self._targets:
                target.put(facts)

    def close(self) -> None:
        """Close the targets."""
        for target in self._targets:
            target.close()


class JsonLines:
    """A file with one event per line; raises `InvalidSettings` if it cannot be opened."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise InvalidSettings(f"cannot write product events to '{path}': {error.strerror}") from None
        self._lock = threading.Lock()

    def put(self, event: Mapping[str, Any]) -> None:
        """Write a line."""
        with self._lock:
            self._file.write(json.dumps(event, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


class Batched:
    """Collects events, and sends them in batches from its own thread; it logs and drops what it cannot send."""

    def __init__(self, send: Callable[[list[Mapping[str, Any]]], None], name: str) -> None:
        self._send = send
        self._name = name
        self._waiting: queue.Queue[Mapping[str, Any] | None] = queue.Queue(maxsize=10_000)
        self._thread = threading.Thread(target=self._work, name="analytics", daemon=True)
        self._thread.start()

    def put(self, event: Mapping[str, Any]) -> None:
        """Accept an event, unless ten thousand are waiting already."""
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            log.error("an analytics event was dropped: %s does not keep up", self._name)

    def close(self) -> None:
        """Send the waiting events."""
        self._waiting.put(None)
        self._thread.join(timeout=10)

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, last = self._gathered(first)
            try:
                self._send(batch)
            except Exception as error:  # noqa: BLE001 - the thread lives
                log.error("%d analytics events were dropped: %s", len(batch), error)
            if last:
                return

    def _gathered(self, first: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], bool]:
        batch = [first]
        while len(batch) < _BATCH:
            try:
                event = self._waiting.get(timeout=_BATCH_SECONDS)
            except queue.Empty:
                break
            if event is None:
                return batch, True
            batch.append(event)
        return batch, False


class Posted(Batched):
    """A URL to which events are posted in batches, as JSON arrays."""

    def __init__(self, fetcher: Fetcher, address: str, token: str = "") -> None:
        try:
            fetcher.check(address, name="analytics address")
        except InvalidInputs as error:
            raise InvalidSettings(f"cannot send product events: {error.problems[0].message}") from None
        self._fetcher = fetcher
        self._address = address
        self._headers = {"content-type": "application/json"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        super().__init__(self._post, address)

    def _post(self, batch: list[Mapping[str, Any]]) -> None:
        try:
            status = self._fetcher.post(self._address, json.dumps(batch).encode(), self._headers).status
        except InvalidInputs as error:
            raise RuntimeError(error.problems[0].message) from None
        if not 200 <= status < 300:
            raise RuntimeError(f"answered {status}")
