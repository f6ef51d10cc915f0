"""One job on a server with Comfy API v2: follows its events, and polls the job for its actual state.

Events are only hints: they have no numbers, are never repeated, and some servers have none. So the job is polled at its
end, whenever the stream breaks, and after some silence.
"""

from __future__ import annotations

import base64
import mimetypes
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ryla_graphs.answers.words import OutputKind
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import missing_output
from ryla_graphs.engines.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    OutputReady,
    Preview,
    Queued,
    Started,
    Usage,
)
from ryla_graphs.engines.failures import failure_of
from ryla_graphs.engines.http import NoAnswer
from ryla_graphs.engines.patience import Patience
from ryla_graphs.engines.polled import PolledProgress
from ryla_graphs.engines.remote.client import V2Client, job_in
from ryla_graphs.engines.remote.feed import Feed, Received
from ryla_graphs.problems import EngineDenied, EngineError, RunLost, RunUncertain

_KINDS: Mapping[str, OutputKind] = {kind: kind for kind in ("image", "video", "audio", "text", "latent", "file")}
_MODELS = frozenset({".glb", ".gltf", ".obj", ".fbx", ".stl", ".usdz", ".ply", ".splat", ".ksplat", ".spz"})
_ENDS = frozenset({"succeeded", "canceled", "failed"})


class RemoteRun:
    """A run; see `ryla_graphs.engines.base.Run`."""

    def __init__(
        self, client: V2Client, workflow: CompiledWorkflow, run_id: str, job: Mapping[str, Any], patience: Patience
    ) -> None:
        self.id = run_id
        self.remote_id = str(job["id"])
        """The server's own id of the job."""
        self._client = client
        self._workflow = workflow
        self._patience = patience
        self._job = dict(job)
        self._feed: Feed | None = None
        self._cancelling = threading.Event()
        self._wake = threading.Event()
        self._began: float | None = None
        self._reported = PolledProgress(run_id)
        self._outputs: dict[str, Artifact] = {}
        self._heard = time.monotonic()
        self._doubted: float | None = None
        self._pause = patience.least

    def cancel(self) -> None:
        """Cancel the job. If the server does not answer, `events` retries later."""
        self._cancelling.set()
        self._ask_for_the_end()
        self._wake.set()
        if self._feed is not None:
            self._feed.wake()

    def _ask_for_the_end(self) -> None:
        try:
            self._client.cancel(self.remote_id, self._link("cancel"))
        except NoAnswer:
            return  # `events` sees that the job still runs, and retries

    def events(self) -> Iterator[Event]:
        """The events, up to the terminal one."""
        ahead = self._job.get("queue_position")
        yield Queued(self.id, ahead if isinstance(ahead, int) else None)
        try:
            if "outputs" in self._job:
                yield from self._settle(self._job)
            while self._job.get("status") not in _ENDS:
                yield from self._next()
        except EngineError as error:
            yield Failed(self.id, error)
        finally:
            if self._feed is not None:
                self._feed.close()

    def _next(self) -> Iterator[Event]:
        """The next event from the stream, or else from a poll."""
        feed = self._feed
        if feed is None and self._client.dialect.streams:
            link = self._client.events_link(self.remote_id, self._link("events"))
            feed = self._feed = Feed(self._client.service, link)
        if feed is None:
            self._rest()
        received = feed.next(0 if feed.ended else self._patience.most) if feed is not None else None
        if received is not None and not self._matters(received):
            yield from self._hear(received)
            return
        if feed is not None and feed.ended and received is None:
            self._client.dialect.streams = self._client.dialect.streams and feed.offered
            self._feed = None
            self._rest()
        yield from self._poll()

    def _rest(self) -> None:
        """Pause, longer each time while nothing arrives; a cancellation ends the pause."""
        self._wake.wait(self._pause)
        self._wake.clear()
        self._pause = min(self._patience.most, self._pause * 1.5)

    @staticmethod
    def _matters(received: Received) -> bool:
        """Whether the job must be polled after an event."""
        return received[0] == "output" or (
            received[0] == "status" and received[1].get("status") not in ("queued", "running")
        )

    def _hear(self, received: Received) -> Iterator[Event]:
        kind, data = received
        self._heard, self._pause = time.monotonic(), self._patience.least
        if kind == "status" and data.get("status") == "running":
            yield from self._start()
        elif kind == "progress":
            yield from self._progress(data)
        elif kind == "preview" and isinstance(picture := data.get("data_base64"), str):
            yield from self._start()
            try:
                content = base64.b64decode(picture, validate=True)
            except ValueError:
                return
            media = str(data.get("content_type") or "image/jpeg")
            yield Preview(self.id, str(data["node_id"]) if data.get("node_id") else None, media, content)

    def _poll(self) -> Iterator[Event]:
        try:
            answer = self._client.job(self.remote_id, self._link("self"))
        except NoAnswer as error:
            self._missed(str(error))
            return
        job = job_in(answer)
        if answer.status in (404, 410):
            self._doubt("the server no longer has the job")
        elif isinstance(trouble := self._client.service.trouble(answer), EngineDenied):
            raise RunUncertain(f"the run continues, but cannot be followed: {trouble}")
        elif job is None or job["id"] != self.remote_id:
            self._missed(answer.odd() if job is None else "it reports another job")
        elif job["status"] == "expired":
            self._doubt("the server says that the job has expired")
        else:
            self._heard, self._doubted = time.monotonic(), None
            self._job = job
            yield from self._settle(job)

    def _missed(self, why: str) -> None:
        """Note that no useful answer came; raises after too long without one."""
        if time.monotonic() - self._heard > self._patience.unreachable:
            raise self._client.service.unreachable(why)

    def _doubt(self, why: str) -> None:
        """Note that the server reports the job as gone; raises if it does so for too long."""
        self._heard = time.monotonic()
        self._doubted = self._doubted or self._heard
        if self._heard - self._doubted >= self._patience.doubt:
            raise RunLost(why)

    def _settle(self, job: Mapping[str, Any]) -> Iterator[Event]:
        status = job["status"]
        if status != "queued" and (status != "canceled" or job.get("started_at")):
            yield from self._start()
        if isinstance(progress := job.get("progress"), Mapping) and status == "running":
            yield from self._progress(progress)
        for output in job.get("outputs") or ():
            yield from self._output(output)
        if status == "succeeded":
            yield self._end(job)
        elif status == "canceled":
            yield Cancelled(self.id)
        elif status == "failed":
            yield Failed(self.id, self._failure(job))
        elif self._cancelling.is_set() and status != "canceling":
            self._ask_for_the_end()

    def _end(self, job: Mapping[str, Any]) -> Event:
        outputs = tuple(self._outputs.values())
        if (missing := missing_output(self._workflow, outputs)) is not None:
            return Failed(self.id, missing)
        metrics = job.get("metrics")
        queue, execution = (_seconds(metrics, name) for name in ("queue_ms", "execution_ms"))
        seconds = execution if execution is not None else time.monotonic() - (self._began or time.monotonic())
        return Finished(self.id, seconds, outputs, Usage(queue_seconds=queue, execution_seconds=execution))

    def _failure(self, job: Mapping[str, Any]) -> EngineError:
        error = job.get("error")
        return failure_of(self._workflow, error if isinstance(error, Mapping) else {}, self._client.service.address)

    def _start(self) -> Iterator[Event]:
        if self._began is None:
            self._began = time.monotonic()
            yield Started(self.id)

    def _progress(self, data: Mapping[str, Any]) -> Iterator[Event]:
        yield from self._start()
        node = data.get("current_node")
        if not isinstance(node, str) or not node:
            return
        yield from self._reported.events(node, data.get("current_node_class"), data.get("step"), data.get("steps"))

    def _output(self, output: Any) -> Iterator[Event]:
        number = output.get("id") if isinstance(output, Mapping) else None
        if not isinstance(number, str) or number in self._outputs:
            return
        yield from self._start()
        artifact = self._outputs[number] = self._artifact(dict(output))
        yield OutputReady(self.id, artifact)

    def _artifact(self, output: dict[str, Any]) -> Artifact:
        name = str(output.get("name") or output["id"]).replace("\\", "/").rpartition("/")[2]
        suffix = name[name.rfind(".") :].lower() if "." in name else ""
        if not suffix and isinstance(media := output.get("content_type"), str):
            name += mimetypes.guess_extension(media) or ""
        kind = "3d" if suffix in _MODELS else _KINDS.get(str(output.get("type")), "file")
        return Artifact(str(output.get("node_id") or ""), kind, name, read=lambda: self._client.content(output))

    def _link(self, name: str) -> str | None:
        links = self._job.get("urls")
        link = links.get(name) if isinstance(links, Mapping) else None
        return link if isinstance(link, str) else None


def _seconds(metrics: Any, name: str) -> float | None:
    value = metrics.get(name) if isinstance(metrics, Mapping) else None
    return value / 1000 if isinstance(value, (int, float)) and not isinstance(value, bool) else None
