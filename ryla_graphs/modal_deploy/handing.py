"""Outputs on their way out of a container: stored in a thread, while the graph goes on and the next job begins."""

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
"""Stores an output of a run, by the run's id and the output's number; gives the path on the volume."""
Tell = Callable[[dict[str, Any]], None]

PAUSES = (0.5, 2.0, 5.0)
"""Between attempts to store an output."""
LONGEST_TEXT = 100_000
"""Characters of an output that go along in an event; a longer text is read from the volume."""
MOST = 2
"""So many jobs at most have outputs on their way while another one begins."""


class Handing:
    """The outputs and the last event of one run."""

    def __init__(self, run: str, deliver: Deliver, tell: Tell, tell_last: Tell) -> None:
        self.run = run
        self._deliver = deliver
        self._tell = tell
        self._tell_last = tell_last
        self._stored: list[Mapping[str, Any]] = []
        self._steps: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._failure: EngineError | None = None
        self._lock = threading.Lock()
        self._closing = False
        self.last: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._work, name="ryla-outputs", daemon=True)
        self._thread.start()

    def output(self, event: OutputReady) -> None:
        """Take an output; it is read now, for its engine may forget it, and stored later."""
        artifact = event.artifact
        if artifact.text is None:
            content = artifact.read()
            artifact = replace(artifact, read=lambda: content)
        self._steps.put(lambda: self._store(replace(event, artifact=artifact)))

    def start_over(self, event: Event) -> None:
        """What came so far is void; tells so once it is stored."""
        self._steps.put(self._stored.clear)
        self._steps.put(lambda: self._tell(event.to_dict()))

    def end(self, event: Event) -> None:
        """Take the last event; it is reported once all outputs are stored. Only the first one counts."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
        self._steps.put(lambda: self._finish(event))
        self._steps.put(None)

    def wait(self, seconds: float | None = None) -> bool:
        """Whether the last event was reported in this time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (step := self._steps.get()) is not None:
            try:
                step()
            except Exception as error:
                log.exception("run %s: its outputs are not handed over", self.run)
                self._failure = self._failure or EngineError(f"the outputs could not be handed over: {error}")

    def _store(self, event: OutputReady) -> None:
        if self._failure is not None:
            return
        artifact = event.artifact
        facts: dict[str, Any] = {**artifact.to_dict(), "stored": self._delivered(artifact)}
        if len(artifact.text or "") > LONGEST_TEXT:
            del facts["text"]
        self._stored.append(facts)
        self._tell({**event.to_dict(), "artifact": facts})

    def _delivered(self, artifact: Artifact) -> str:
        for pause in PAUSES:
            try:
                return self._deliver(self.run, len(self._stored), artifact)
            except Exception as error:  # noqa: BLE001 - whatever Modal's client raises; the last attempt's goes on up
                log.warning("run %s: the output '%s' was not stored: %s", self.run, artifact.filename, error)
                time.sleep(pause)
        return self._deliver(self.run, len(self._stored), artifact)

    def _finish(self, event: Event) -> None:
        if self._failure is not None and isinstance(event, Finished):
            event = Failed(self.run, self._failure)
        self.last = event.to_dict()
        if isinstance(event, Finished):
            self.last["outputs"] = list(self._stored)
        self._tell_last(self.last)


class Pending:
    """The runs of a container whose outputs are on their way."""

    def __init__(self) -> None:
        self._runs: list[Handing] = []
        self._lock = threading.Lock()

    def add(self, handing: Handing) -> None:
        """Let a run be handed over in the background; waits where `MOST` are already."""
        with self._lock:
            self._runs = [run for run in self._runs if not run.wait(0)] + [handing]
            oldest = self._runs[0] if len(self._runs) > MOST else None
        if oldest is not None:
            oldest.wait()

    def wait(self, seconds: float) -> bool:
        """Whether all are handed over in this time."""
        end = time.monotonic() + seconds
        with self._lock:
            runs = [*self._runs]
        return all(run.wait(max(0.0, end - time.monotonic())) for run in runs)
