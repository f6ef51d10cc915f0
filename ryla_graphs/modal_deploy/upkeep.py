"""The scheduled work: drains product events into files, and deletes old outputs."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import modal

from ryla_graphs.server.sinks.analytics import Batched

HOURS = 24
"""Seconds that partitions of a queue live."""
RAW_OUTPUTS_SECONDS = 24 * 3600
"""Seconds until workers' uploads are deleted; the store has its own copy as soon as a job has ended."""


class QueueTarget(Batched):
    """Puts product events into a queue, with one partition per hour; a partition holds 5,000."""

    def __init__(self, events: modal.Queue) -> None:
        self._events = events
        super().__init__(self._put_many, "the Modal queue")

    def _put_many(self, batch: list[Mapping[str, Any]]) -> None:
        self._events.put_many([dict(event) for event in batch], partition=_partition(datetime.now(UTC)), block=False)


def _partition(when: datetime) -> str:
    return f"analytics-{when:%Y%m%d%H}"


def drain(events: modal.Queue, files: modal.Volume, now: datetime | None = None) -> int:
    """Move the waiting events into a JSONL file on a volume; returns how many there were.

    Each drain writes its own file, ``2026/11/25/143005-….jsonl``, because files on a volume cannot be appended to.
    """
    now = now or datetime.now(UTC)
    rows: list[Mapping[str, Any]] = []
    for hour in range(HOURS, -1, -1):
        partition = _partition(now - timedelta(hours=hour))
        while batch := events.get_many(500, block=False, partition=partition):
            rows += batch
    if rows:
        text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
        with files.batch_upload() as upload:
            upload.put_file(io.BytesIO(text.encode()), f"{now:%Y/%m/%d/%H%M%S}-{uuid4().hex[:8]}.jsonl")
    return len(rows)


def remove_raw_outputs(outputs: modal.Volume, now: float | None = None) -> int:
    """Delete the outputs of runs that ended long ago, and folders of earlier versions; returns the number deleted."""
    oldest = (time.time() if now is None else now) - RAW_OUTPUTS_SECONDS
    old = [entry for entry in outputs.listdir("/") if entry.mtime < oldest]
    for entry in old:
        outputs.remove_file(entry.path, recursive=entry.type.name == "DIRECTORY")
    return len(old)
