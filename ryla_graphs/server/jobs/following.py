"""Follows one run of the engine: turns its events into progress, committed outputs and metrics."""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import Artifact, Run, missing_output
from ryla_graphs.engines.events import (
    Cached,
    Cancelled,
    Event,
    Failed,
    Finished,
    NodeStarted,
    OutputReady,
    Preview,
    Progress,
    Queued,
    Retrying,
    Routed,
    Usage,
)
from ryla_graphs.problems import Cancelled as CancelledError
from ryla_graphs.problems import EngineError
from ryla_graphs.prompt.files import weight_folders
from ryla_graphs.server.jobs.states import JobStates
from ryla_graphs.server.records import Asset, Job, output_id_of
from ryla_graphs.server.safety.deadlines import Watch
from ryla_graphs.server.storage import Blobs

T = TypeVar("T")


class Kept(Protocol):
    """Calls a function that writes to the store, and retries while the store does not answer."""

    def __call__(self, write: Callable[[], T], /) -> T:
        """Returns what `write` returns."""
        ...


Deliver = Callable[[bytes, str], bytes]
"""Turns the content of a file, given its media type, into what callers get."""


class Follower:
    """One attempt of a job."""

    def __init__(
        self,
        job: Job,
        workflow: CompiledWorkflow,
        watch: Watch,
        states: JobStates,
        blobs: Blobs,
        deliver: Deliver,
        kept: Kept,
    ) -> None:
        self._job = job
        self._workflow = workflow
        self._watch = watch
        self._states = states
        self._blobs = blobs
        self._deliver = deliver
        self._kept = kept
        self._classes = {node.id: node.class_type for node in workflow.view.every_node()}
        # Outputs that an earlier process or attempt committed stay, and are not fetched again.
        self._committed = {(output.node, output.place) for output in states.outputs(job.id)}
        self._last: Asset | None = (
            None  # its file is stored; its row is written together with the next change, usually the end
        )
        self._places: Counter[str] = Counter()
        self._started: float | None = None
        self._node: str | None = None
        self._at: tuple[str | None, int | None, int | None] = None, None, None  # the node, its step, of how many
        self._node_begun = 0.0
        self._node_ms: dict[str, float] = {}
        self._cached: tuple[str, ...] = ()
        self._usage = Usage()

    def follow(self, run: Run) -> Asset | None:
        """Read the run to its end; raises `EngineError` unless it succeeded and every output is committed.

        Returns the last output uncommitted, so that it and the job's end are written in one transaction.
        """
        try:
            for event in run.events():
                self._watch.hear()
                if not isinstance(event, _BEFORE_THE_START):
                    self._start()
                if isinstance(event, Finished):
                    return self._finished(event)
                self._commit_last()
                self._hear(event)
            raise EngineError(f"the engine's events stopped before run {run.id} ended")
        except Exception:
            self._commit_last()
            raise

    def _finished(self, event: Finished) -> Asset | None:
        self._leave_node()
        self._node = None
        self._progress()
        self._usage = event.usage
        for key, artifact in _placed(event.outputs):
            if key not in self._committed:
                self._keep(artifact, key)
        if (missing := missing_output(self._workflow, event.outputs)) is not None:
            raise missing
        return self._last

    def _hear(self, event: Event) -> None:
        if isinstance(event, Failed):
            self._leave_node()
            self._usage = event.usage
            raise event.error
        if isinstance(event, Cancelled):
            self._usage = event.usage
            raise CancelledError("the job was cancelled")
        if (handler := _HANDLERS.get(type(event))) is not None:
            handler(self, event)

    def metrics(self) -> dict[str, Any]:
        """The durations of the attempt in milliseconds; the engine's own measurements replace ours."""
        job = self._states.live(self._job.id) or self._job
        waited = (job.started_at or self._states.time_of(job)) - job.created_at
        facts: dict[str, Any] = {"queue_ms": round(max(0.0, waited) * 1000)}
        if self._started is not None:
            facts["execution_ms"] = round((time.monotonic() - self._started) * 1000)
        loading = [ms for node, ms in self._node_ms.items() if weight_folders(self._classes.get(node, ""))]
        if loading:
            facts["load_ms"] = round(sum(loading))
        return facts | self._measured() | {"nodes": {node: round(ms, 1) for node, ms in self._node_ms.items()}}

    def _measured(self) -> dict[str, Any]:
        usage = self._usage
        names = ("queue", "cold", "idle", "execution")
        seconds = {name: getattr(usage, f"{name}_seconds") for name in names}
        found: dict[str, Any] = {
            f"{name}_ms": round(spent * 1000) for name, spent in seconds.items() if spent is not None
        }
        found |= {name: fact for name, fact in (("gpu", usage.gpu), ("cost_usd", usage.cost_usd)) if fact is not None}
        return found

    def _start(self) -> None:
        """Note that the engine executes the run. Not all engines report it: then a first node or output shows it."""
        if self._started is None:
            self._started = time.monotonic()
            self._watch.start()
            self._states.start(self._job.id)

    def _on_retrying(self, _: Retrying) -> None:
        self._places.clear()
        self._node_ms.clear()
        self._node, self._cached = None, ()
        self._at = None, None, None

    def _on_cached(self, event: Cached) -> None:
        self._cached = event.nodes
        self._progress()

    def _on_routed(self, event: Routed) -> None:
        facts = event.to_dict()
        self._states.routed(self._job.id, {name: facts[name] for name in ("route", "reason", "tried", "arm")})

    def _on_node(self, event: NodeStarted) -> None:
        self._leave_node()
        self._node, self._node_begun = event.node, time.monotonic()
        self._progress()

    def _on_progress(self, event: Progress) -> None:
        self._progress(event.step, event.steps)

    def _on_preview(self, event: Preview) -> None:
        data = base64.b64encode(event.data).decode()
        picture = {"node": event.node or self._node, "media_type": event.media_type, "data": data}
        self._states.preview(self._job.id, picture)

    def _on_output(self, event: OutputReady) -> None:
        artifact = event.artifact
        key = artifact.node, self._places[artifact.node]
        self._places[artifact.node] += 1
        if key not in self._committed:
            with suppress(EngineError):  # read again at the end; only then is a failure an error
                self._keep(artifact, key)

    def _leave_node(self) -> None:
        if self._node is not None:
            spent = (time.monotonic() - self._node_begun) * 1000
            self._node_ms[self._node] = self._node_ms.get(self._node, 0.0) + spent

    def _progress(self, step: int | None = None, steps: int | None = None) -> None:
        self._at = self._node, step, steps
        self._states.progress(self._job.id, self._snapshot)

    def _snapshot(self) -> Mapping[str, Any]:
        """The progress so far; may be called in any thread."""
        node, step, steps = self._at
        total = max(1, len(self._classes))
        done = [each for each in list(self._node_ms) if each != node]
        behind = len(done) + len(self._cached)
        part = step / steps if step is not None and steps else 0.0
        return {
            "value": round(min(1.0, (behind + part) / total), 4),
            "nodes_done": behind,
            "nodes_total": total,
            "done": done,
            "cached": list(self._cached),
            "node": node,
            "class_type": self._classes.get(node or ""),
            "step": step,
            "steps": steps,
        }

    def _keep(self, artifact: Artifact, key: tuple[str, int]) -> None:
        """Store the file now, and its row together with the next event."""
        self._commit_last()
        with self._watch.fetch():
            content = artifact.text.encode() if artifact.text is not None else artifact.read()
        media_type = artifact.media_type
        content = self._deliver(content, media_type)
        blob = self._kept(lambda: self._blobs.put(content))
        self._last = Asset(
            id=output_id_of(self._job.id, self._job.attempt, *key),
            owner=self._job.owner,
            hash=blob.hash,
            size=blob.size,
            media_type=media_type,
            name=plain_name(artifact.filename),
            created_at=self._states.time_of(self._job),
            job_id=self._job.id,
            number=len(self._committed),
            node=artifact.node,
            place=key[1],
            kind=artifact.kind,
            folder=artifact.folder,
            simulated=artifact.simulated,
        )
        self._committed.add(key)

    def _commit_last(self) -> None:
        if (last := self._last) is not None:
            self._kept(lambda: self._states.commit(self._job.id, last))
            self._last = None


def plain_name(filename: str) -> str:
    """The name of an engine's file without folders, and without lone surrogates, which no store accepts."""
    return filename.replace("\\", "/").rpartition("/")[2].encode("utf-8", "replace").decode()


def _placed(outputs: tuple[Artifact, ...]) -> Iterator[tuple[tuple[str, int], Artifact]]:
    """Outputs with their index among the outputs of their node."""
    places: Counter[str] = Counter()
    for artifact in outputs:
        yield (artifact.node, places[artifact.node]), artifact
        places[artifact.node] += 1


_BEFORE_THE_START = (Queued, Routed, Retrying, Failed, Cancelled)
"""The events to report while the engine does not execute the run yet."""

_HANDLERS: Mapping[type[Event], Callable[[Follower, Any], None]] = {
    Retrying: Follower._on_retrying,
    Routed: Follower._on_routed,
    Cached: Follower._on_cached,
    NodeStarted: Follower._on_node,
    Progress: Follower._on_progress,
    Preview: Follower._on_preview,
    OutputReady: Follower._on_output,
}
