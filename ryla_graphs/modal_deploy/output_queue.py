"""Stores the outputs of a container in a thread, while the graph continues and the next job starts."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from queue import SimpleQueue
from typing import Any

from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.events import Event, Failed, Finished, OutputReady
from ryla_graphs.problems import EngineError

log = logging.getLogger("ryla_graphs.modal_deploy")

Deliver = Callable[[str, int, Artifact], str]
"""Stores an output, given its run's id and its number; returns the path on the volume."""
Report = Callable[[dict[str, Any]], None]

PAUSES = (0.5, 2.0, 5.0)
"""Seconds between attempts to store an output."""
LONGEST_TEXT = 100_000
"""The most characters of an output that an event carries; a longer text is read from the volume."""
MOST = 2
"""How many jobs may still be storing outputs when another one starts."""


class OutputQueue:
    """The outputs and the last event of one run."""

    def __init__(self, run: str, deliver: Deliver, report: Report, report_last: Report) -> None:
        self.run = run
        self._deliver = deliver
        self._report = report
        self._report_last = report_last
        self._stored: list[Mapping[str, Any]] = []
        self._steps: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._failure: EngineError | None = None
        self._lock = threading.Lock()
        self._closing = False
        self.last: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._work, name="ryla-outputs", daemon=True)
        self._thread.start()

    def add(self, event: OutputReady) -> None:
        """Accept an output: read it now, because its engine may delete it, and store it later."""
        artifact = event.artifact
        if artifact.text is None:
            content = artifact.read()
            artifact = replace(artifact, read=lambda: content)
        self._steps.put(lambda: self._store(replace(event, artifact=artifact)))

    def start_over(self, event: Event) -> None:
        """Discard the outputs so far; reports `event` after they are stored."""
        self._steps.put(self._stored.clear)
        self._steps.put(lambda: self._report(event.to_dict()))

    def end(self, event: Event) -> None:
        """Accept the last event, which is reported once all outputs are stored. Only the first call counts."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
        self._steps.put(lambda: self._finish(event))
        self._steps.put(None)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the last event to be reported; False if that takes longer than `seconds`."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (step := self._steps.get()) is not None:
            try:
                step()
            except Exception as error:
                log.exception("run %s: cannot store its outputs", self.run)
                self._failure = self._failure or EngineError(f"the container could not store the outputs: {error}")

    def _store(self, event: OutputReady) -> None:
        if self._failure is not None:
            return
        artifact = event.artifact
        facts: dict[str, Any] = {**artifact.to_dict(), "stored": self._delivered(artifact)}
        if len(artifact.text or "") > LONGEST_TEXT:
            del facts["text"]
        self._stored.append(facts)
        self._report({**event.to_dict(), "artifact": facts})

    def _delivered(self, artifact: Artifact) -> str:
        for pause in PAUSES:
            try:
                return self._deliver(self.run, len(self._stored), artifact)
            except Exception as error:  # noqa: BLE001 - whatever Modal's client raises; re-raised after the last attempt
                log.warning("run %s: the output '%s' was not stored: %s", self.run, artifact.filename, error)
                time.sleep(pause)
        return self._deliver(self.run, len(self._stored), artifact)

    def _finish(self, event: Event) -> None:
        if self._failure is not None and isinstance(event, Finished):
            event = Failed(self.run, self._failure)
        self.last = event.to_dict()
        if isinstance(event, Finished):
            self.last["outputs"] = list(self._stored)
        self._report_last(self.last)


class PendingOutputs:
    """The runs of a container whose outputs are still being stored."""

    def __init__(self) -> None:
        self._runs: list[OutputQueue] = []
        self._lock = threading.Lock()

    def add(self, queue: OutputQueue) -> None:
        """Add a run; blocks while `MOST` runs are being stored already."""
        with self._lock:
            self._runs = [run for run in self._runs if not run.wait(0)] + [queue]
            oldest = self._runs[0] if len(self._runs) > MOST else None
        if oldest is not None:
            oldest.wait()

    def wait(self, seconds: float) -> bool:
        """Wait until all outputs are stored; False if that takes longer than `seconds`."""
        end = time.monotonic() + seconds
        with self._lock:
            runs = [*self._runs]
        return all(run.wait(max(0.0, end - time.monotonic())) for run in runs)
