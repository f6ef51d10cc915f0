"""Runs the jobs of a RunPod worker on its ComfyUI, with outputs of every kind, failures by node, and progress.

It accepts jobs of the engine `RunPod` with ``worker="ryla"``, and the input of the official worker-comfyui: a workflow
with images next to it. In both cases, the answer has the form of `engines.runpod.ours`.
"""

from __future__ import annotations

import base64
import binascii
import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.engines.base import Engine, Run
from ryla_graphs.engines.events import Cancelled, Event, Failed, Finished, NodeStarted, Progress
from ryla_graphs.engines.runpod.orders import OURS
from ryla_graphs.engines.runpod.ours import VERSION, Store, result_of
from ryla_graphs.engines.wire_format import Job
from ryla_graphs.problems import EngineError, EngineRefused, RylaError
from ryla_graphs.runpod_deploy.reports import ProgressReports
from ryla_graphs.workflow import Workflow

log = logging.getLogger("ryla_graphs.runpod_deploy")

Send = Callable[[dict[str, Any], Mapping[str, Any]], None]
"""Sends the progress of a job."""


class Worker:
    """Runs jobs on one engine, one after the other."""

    def __init__(self, engine: Engine, send: Send, store: Store | None = None) -> None:
        """`store` uploads outputs that are too large for an answer into a bucket."""
        self._engine, self._send, self._store = engine, send, store
        self._catalog: Catalog | None = None
        self._run: Run | None = None
        self._lock = threading.Lock()
        self._cancelled = False

    def handle(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Run a job to its end; returns the answer for RunPod. Never raises if the job fails."""
        self._cancelled = False
        reports = ProgressReports(lambda facts: self._send(dict(job), facts))
        try:
            return self._finished(self._job(job.get("input")), reports)
        except RylaError as error:
            return self._failed(error)
        finally:
            reports.close()  # an update after the end would revive the job

    def cancel(self) -> None:
        """Cancel the current job, from another thread."""
        with self._lock:
            self._cancelled = True
            run = self._run
        if run is not None:
            run.cancel()

    def _finished(self, job: Job, reports: ProgressReports) -> dict[str, Any]:
        run = self._engine.start(job.workflow, job.inputs, run_id=job.run, previews=False)
        with self._lock:
            self._run = run
        if self._cancelled:
            run.cancel()
        try:
            for event in run.events():
                if isinstance(event, Finished):
                    return result_of(event, self._store)
                if isinstance(event, Failed):
                    raise event.error
                if isinstance(event, Cancelled):
                    raise EngineError("the run was cancelled")
                if (facts := progress_of(event)) is not None:
                    reports.put(facts)
        finally:
            self._run = None
        raise EngineError("the events of the run stopped before it ended")

    def _failed(self, error: RylaError) -> dict[str, Any]:
        failure = error if isinstance(error, EngineError) else EngineRefused(str(error), getattr(error, "problems", ()))
        answer: dict[str, Any] = {"ryla": VERSION, "failed": Failed("", failure).to_dict()["error"]}
        if getattr(self._engine, "needs_restart", False):
            answer["refresh_worker"] = True  # RunPod removes this key, and restarts the worker
        return answer

    def _job(self, given: Any) -> Job:
        """The job in an input; raises `RylaError`."""
        if self._catalog is None:
            self._catalog = self._engine.catalog().replace(any_input_file=True)
        if not isinstance(given, Mapping):
            raise EngineRefused("the input must be an object with a workflow")
        if isinstance(ours := given.get(OURS), Mapping):
            try:
                return Job.from_dict(ours, self._catalog)
            except (KeyError, TypeError, ValueError):
                raise EngineRefused("the job was written by another version of ryla_graphs") from None
        if not isinstance(given.get("workflow"), Mapping):
            raise EngineRefused("the input has no workflow in API format")
        workflow = Workflow.load(given["workflow"], catalog=self._catalog).compile(self._catalog)
        return Job(str(uuid.uuid4()), workflow, _pictures(given.get("images")), previews=False)


def progress_of(event: Event) -> dict[str, Any] | None:
    """The progress to report for an event; None if there is none."""
    if isinstance(event, NodeStarted):
        return {"node": event.node, "class_type": event.class_type}
    if isinstance(event, Progress):
        return {"node": event.node, "step": event.step, "steps": event.steps}
    return None


def _pictures(given: Any) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for row in given if isinstance(given, list) else ():
        try:
            text = row["image"]
            found[row["name"]] = base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text)
        except (KeyError, TypeError, AttributeError, binascii.Error, ValueError):
            raise EngineRefused("`images` must be a list of {name, image}, with the image in base64") from None
    return found
