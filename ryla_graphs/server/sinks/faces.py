"""Measures how well faces were kept, after the job and in its own thread, so that it delays and fails no job.

A job that requests it names the reference in `extra`. The scores are stored with the job, and go to the other sinks as
`face` events. Biometric data is neither stored nor logged; see `ryla_graphs.faces`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ryla_graphs.answers.words import JobState
from ryla_graphs.faces import FaceScore, NotMeasured, Outcome, calibration_of, measured_scores
from ryla_graphs.server.log_lines import of_job
from ryla_graphs.server.records import Asset, Job, JobEvent
from ryla_graphs.server.sinks.base import Sink, guarded
from ryla_graphs.server.storage import Blobs, Store

log = logging.getLogger("ryla_graphs.server")

REFERENCE = "face_reference"
"""The key in `JobRequest.extra` for the input file that shows the person."""
EVENT = "face"
"""The kind of events that carry a score."""
WAITING = 64
"""How many jobs may wait to be measured; beyond that, the oldest is dropped and reported as such."""
PICTURES = 16
"""The most pictures that are measured in one job."""

Measure = Callable[[str, bytes, Sequence[bytes | None]], Sequence[FaceScore]]
"""Scores pictures, given a meter's address and a reference; None stands for an output that is not a picture."""


class FaceScores:
    """A sink that measures the pictures of jobs on request, one job at a time; `meter` is an address."""

    def __init__(
        self,
        store: Store,
        blobs: Blobs,
        meter: str,
        sinks: Iterable[Sink] = (),
        *,
        measure: Measure = measured_scores,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._meter = meter
        self._measure = measure
        self._sinks = [guarded(sink) for sink in sinks]
        self._waiting: deque[Job] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Queue a succeeded job that requests to be measured."""
        if event.kind != "status" or job.state is not JobState.SUCCEEDED or REFERENCE not in job.request.extra:
            return
        with self._changed:
            self._waiting.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="faces", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Stop measuring. Jobs that still wait get no score."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            job, dropped = taken
            with of_job(job.id):
                try:
                    self._look_at(job, dropped=dropped)
                except Exception as error:  # noqa: BLE001 - the thread must survive, and the message may hold a path
                    log.warning("cannot store the face scores of job %s: %s", job.id, type(error).__name__)

    def _next(self) -> tuple[Job, bool] | None:
        """The next job, and whether it was dropped and is only reported; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._waiting)
            if self._stopped:
                return None
            dropped = len(self._waiting) > WAITING
            return self._waiting.popleft(), dropped

    def _look_at(self, job: Job, *, dropped: bool) -> None:
        outputs = [each for each in self._store.outputs(job.id) if each.kind == "image" and each.folder == "output"]
        chosen = outputs[:PICTURES]
        scores = [self._none("dropped")] * len(chosen) if dropped else self._scores(job, chosen)
        for output, score in zip(chosen, scores, strict=True):
            row = {"output": output.number, **score.to_dict()}
            job = replace(job, faces=(*job.faces, row))
            self._store.save_job(job, was=job.state)  # raises if the job was deleted in the meantime
            self._report(job, row)

    def _scores(self, job: Job, outputs: Sequence[Asset]) -> Sequence[FaceScore]:
        try:
            reference = self._blobs.read(job.request.inputs[job.request.extra[REFERENCE]])
            pictures = [None if output.simulated else self._blobs.read(output.hash) for output in outputs]
            return self._measure(self._meter, reference, pictures)
        except Exception as error:  # noqa: BLE001 - the job has succeeded in any case
            why = error if isinstance(error, NotMeasured) else type(error).__name__
            log.warning("cannot measure the faces of job %s: %s", job.id, why)
            return [self._none("failed")] * len(outputs)

    def _none(self, outcome: Outcome) -> FaceScore:
        known = calibration_of(self._meter)
        return FaceScore(outcome, known.facts["model"], known.id)

    def _report(self, job: Job, row: Mapping[str, Any]) -> None:
        event = JobEvent(0, time.time(), EVENT, row)
        for report in self._sinks:
            report(job, event)
