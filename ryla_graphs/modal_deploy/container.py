"""What a Modal container does around a `Worker`: events into the queue, outputs onto the volume, cancels heard."""

from __future__ import annotations

import asyncio
import io
import queue
from collections.abc import Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

import modal

from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.modal_deploy.worker import Worker

EVENTS_KEPT_SECONDS = 24 * 3600
"""How long a partition of events lives after its last event; Modal's own limit."""
MOST_BYTES = 900_000
"""Of one event: an item of Modal's queue takes 1 MiB. Larger previews are left out."""


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
    """Upload an output to a volume; gives its path there. On return the other side can read it, without a reload."""
    name = PurePosixPath(artifact.filename.replace("\\", "/")).name
    path = f"{run}/{number:03}/{name}"
    content = artifact.read() if artifact.text is None else artifact.text.encode()
    with volume.batch_upload(force=True) as batch:
        batch.put_file(io.BytesIO(content), path)
    return path


def attempts_of(run: str) -> str:
    """Where it is counted how often a run was begun: Modal gives the input of a lost container to another one."""
    return f"attempts:{run}"


async def serve(
    worker: Worker,
    job: Mapping[str, Any],
    *,
    events: modal.Queue,
    runs: modal.Dict,
) -> dict[str, Any]:
    """Run a job to its end; gives its last event. A cancel of the call ends the run in ComfyUI too."""
    run = job["run"]
    # Not in the run's own record: the web side may write that just now.
    attempt = int(await runs.get.aio(attempts_of(run)) or 0) + 1
    await runs.put.aio(attempts_of(run), attempt)
    work = asyncio.create_task(asyncio.to_thread(worker.work, job, QueueChannel(events, run), attempt))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.to_thread(worker.cancel)
        await work  # its last event says that it was cancelled
        raise
