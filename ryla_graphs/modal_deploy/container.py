"""What a Modal container does around a `Worker`: events into the queue, outputs onto the volume, cancels heard."""

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
"""How long a partition of events lives after its last event; Modal's own limit."""
END_SECONDS = 15.0
"""How long ComfyUI may take to end a run."""
MOST_BYTES = 900_000
"""Of one event: an item of Modal's queue takes 1 MiB. Larger previews are left out."""


MOST_LINES, LONGEST_LINE = 300, 2000
"""Of a run's log."""


class QueueChannel:
    """The events of one run, in a partition of a queue."""

    def __init__(self, events: modal.Queue, run: str) -> None:
        self._events = events
        self._run = run

    def send(self, batch: list[dict[str, Any]]) -> None:
        """Put a batch; previews that are too large, or find the queue full, are dropped."""
        kept = [event for event in batch if event["event"] != "preview" or len(event["data"]) < MOST_BYTES]
        try:
            self._events.put_many(kept, partition=self._run, partition_ttl=EVENTS_KEPT_SECONDS, block=False)
        except queue.Full:
            needed = [event for event in kept if event["event"] not in ("preview", "progress")]
            with suppress(queue.Full):  # the call's own result still tells the end
                self._events.put_many(needed, partition=self._run, partition_ttl=EVENTS_KEPT_SECONDS, timeout=10)


def deliver_to(volume: modal.Volume, run: str, number: int, artifact: Artifact) -> str:
    """Upload an output to a volume; gives its path there. On return the other side can read it, without a reload.

    No folder is made for it: a volume keeps folders for ever, and has a limit of them.
    """
    name = PurePosixPath(artifact.filename.replace("\\", "/")).name
    path = f"{run}-{number:03}-{name}"
    content = artifact.read() if artifact.text is None else artifact.text.encode()
    with volume.batch_upload(force=True) as batch:
        batch.put_file(io.BytesIO(content), path)
    return path


def attempts_of(run: str) -> str:
    """Where it is counted how often a run was begun: Modal gives the input of a lost container to another one."""
    return f"attempts:{run}"


async def begun(runs: modal.Dict, run: str) -> int:
    """Count an attempt of a run, and say which it is; the first one, which most are, asks Modal once.

    Not in the run's own record: the web side may write that just now.
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
    """Run a job to its end; gives what `Worker.work` gives. A cancel of the call ends the run in ComfyUI too.

    A job that takes longer than its ``limit_seconds`` is ended; where ComfyUI does not answer to that, `end` is called,
    which ends ComfyUI. What `logged` tells of the run goes into the container's log and into `runs`, without keeping
    the next job waiting.
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
            await work  # its last event says that it was cancelled
            raise
        finally:
            if logged is not None:
                keeping = asyncio.create_task(asyncio.to_thread(keep_log, logged, run, began, runs))
                _KEEPING.add(keeping)
                keeping.add_done_callback(_KEEPING.discard)


_KEEPING: set[asyncio.Task[None]] = set()
"""What is written down after its job has ended; the event loop alone would let it go."""


def keep_log(logged: Logged, run: str, began: float, runs: modal.Dict) -> None:
    """Write what a run's machine reported into the container's log, and where the web side finds it."""
    lines = logged.log_of(run, began, time.time())[-MOST_LINES:]
    for line in lines:
        log.info("%s", line.text)
    try:
        runs.put(log_name(run), [(line.at, line.text[:LONGEST_LINE]) for line in lines])
    except ModalError as error:
        log.warning("the log of run %s was not written down: %s", run, error)


def log_name(run: str) -> str:
    """Where the log of a run is in the dictionary of runs; Modal forgets it after seven days."""
    return f"log:{run}"


def log_of(runs: modal.Dict, run: str) -> list[LogLine]:
    """What was written down of a run; nothing where Modal does not answer."""
    try:
        return [LogLine(at, text) for at, text in runs.get(log_name(run)) or ()]
    except ModalError as error:
        log.warning("the log of run %s cannot be read: %s", run, error)
        return []


async def _ended(
    worker: Worker, work: asyncio.Task[dict[str, Any]], limit: float, end: Callable[[str], None]
) -> dict[str, Any]:
    """End a job that takes too long: politely, then with ComfyUI, then without an answer."""
    why = f"the run was ended after {limit:.0f} s, which is far more than the plan of its graph expects"
    await asyncio.to_thread(worker.expire, ExecutionFailed(why))
    for ending in (lambda: None, lambda: end(why)):
        await asyncio.to_thread(ending)
        done, _ = await asyncio.wait({work}, timeout=END_SECONDS)
        if done:
            return work.result()
    return await asyncio.to_thread(worker.give_up)
