"""Connects a `Worker` to Modal: events go into the queue, outputs onto the volume, and cancellations come in."""

from __future__ import annotations

import asyncio
import io
import logging
import queue
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

import modal
from modal.exception import Error as ModalError

from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import Logged, LogLine
from ryla_graphs.modal_deploy.worker import Worker
from ryla_graphs.problems import ExecutionFailed
from ryla_graphs.server.log_lines import of_job

log = logging.getLogger("ryla_graphs.modal_deploy")

EVENTS_KEPT_SECONDS = 24 * 3600
"""Seconds that a partition of events lives after its last event; Modal's own limit."""
END_SECONDS = 15.0
"""Seconds that ComfyUI may take to end a run."""
MOST_BYTES = 900_000
"""The most bytes of one event: an item of Modal's queue holds 1 MiB. Larger previews are dropped."""


MOST_LINES, LONGEST_LINE = 300, 2000
"""The most lines of a run's log."""


class QueueChannel:
    """The events of one run, in a partition of a queue."""

    def __init__(self, events: modal.Queue, run: str) -> None:
        self._events = events
        self._run = run

    def send(self, batch: list[dict[str, Any]]) -> None:
        """Put a batch into the queue; drops previews that are too large, or if the queue is full."""
        kept = [event for event in batch if event["event"] != "preview" or len(event["data"]) < MOST_BYTES]
        try:
            self._events.put_many(kept, partition=self._run, partition_ttl=EVENTS_KEPT_SECONDS, block=False)
        except queue.Full:
            needed = [event for event in kept if event["event"] not in ("preview", "progress")]
            with suppress(queue.Full):  # the result of the call still reports the end
                self._events.put_many(needed, partition=self._run, partition_ttl=EVENTS_KEPT_SECONDS, timeout=10)


def deliver_to(volume: modal.Volume, run: str, number: int, artifact: Artifact) -> str:
    """Upload an output to a volume; returns its path there. The web side can then read it, without a reload.

    It makes no folder: a volume keeps folders forever, and limits their number.
    """
    name = PurePosixPath(artifact.filename.replace("\\", "/")).name
    path = f"{run}-{number:03}-{name}"
    content = artifact.read() if artifact.text is None else artifact.text.encode()
    with volume.batch_upload(force=True) as batch:
        batch.put_file(io.BytesIO(content), path)
    return path


def attempts_of(run: str) -> str:
    """The entry that counts the attempts of a run: Modal gives the input of a lost container to another one."""
    return f"attempts:{run}"


async def begun(runs: modal.Dict, run: str) -> int:
    """Count an attempt of a run, and return its number. The usual first attempt costs one request to Modal.

    The count is not in the run's own record, because the web side may be writing that.
    """
    if await runs.put.aio(attempts_of(run), 1, skip_if_exists=True):
        return 1
    attempt = int(await runs.get.aio(attempts_of(run)) or 0) + 1
    await runs.put.aio(attempts_of(run), attempt)
    return attempt


async def serve(
    worker: Worker,
    job: Mapping[str, Any],
    *,
    events: modal.Queue,
    runs: modal.Dict,
    logged: Logged | None = None,
    end: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Run a job to its end; returns what `Worker.work` returns. Cancelling the call cancels the run in ComfyUI, too.

    A job that exceeds its ``limit_seconds`` is ended; if ComfyUI does not react, `end` is called to kill ComfyUI. The
    lines of `logged` go into the container's log and into `runs`, without delaying the next job.
    """
    run, began = job["run"], time.time()
    attempt = await begun(runs, run)
    with of_job(str(job.get("job") or run)):
        work = asyncio.create_task(asyncio.to_thread(worker.work, job, QueueChannel(events, run), attempt))
        limit = job.get("limit_seconds")
        try:
            done, _ = await asyncio.wait({work}, timeout=limit)
            return work.result() if done else await _ended(worker, work, float(limit or 0.0), end)
        except asyncio.CancelledError:
            await asyncio.to_thread(worker.cancel)
            await work  # its last event reports the cancellation
            raise
        finally:
            if logged is not None:
                keeping = asyncio.create_task(asyncio.to_thread(keep_log, logged, run, began, runs))
                _KEEPING.add(keeping)
                keeping.add_done_callback(_KEEPING.discard)


_KEEPING: set[asyncio.Task[None]] = set()
"""Tasks that write logs after a job has ended; the event loop itself only holds weak references to tasks."""


def keep_log(logged: Logged, run: str, began: float, runs: modal.Dict) -> None:
    """Write the log of a run into the container's log, and into the dictionary where the web side reads it."""
    lines = logged.log_of(run, began, time.time())[-MOST_LINES:]
    for line in lines:
        log.info("%s", line.text)
    try:
        runs.put(log_name(run), [(line.at, line.text[:LONGEST_LINE]) for line in lines])
    except ModalError as error:
        log.warning("cannot store the log of run %s: %s", run, error)


def log_name(run: str) -> str:
    """The entry of a run's log in the dictionary of runs; Modal deletes it after seven days."""
    return f"log:{run}"


def log_of(runs: modal.Dict, run: str) -> list[LogLine]:
    """The stored log of a run; empty if Modal does not answer."""
    try:
        return [LogLine(at, text) for at, text in runs.get(log_name(run)) or ()]
    except ModalError as error:
        log.warning("cannot read the log of run %s: %s", run, error)
        return []


async def _ended(
    worker: Worker, work: asyncio.Task[dict[str, Any]], limit: float, end: Callable[[str], None]
) -> dict[str, Any]:
    """End a job that takes too long: cancel it, then kill ComfyUI, then give up the job without an answer."""
    why = f"the run was ended after {limit:.0f} s, far more than the plan of its graph expects"
    await asyncio.to_thread(worker.expire, ExecutionFailed(why))
    for ending in (lambda: None, lambda: end(why)):
        await asyncio.to_thread(ending)
        done, _ = await asyncio.wait({work}, timeout=END_SECONDS)
        if done:
            return work.result()
    return await asyncio.to_thread(worker.give_up)
