"""Finds the ended jobs that an owner with too many bytes must give up, in one pass over the owner's jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

BATCH = 200
"""How many jobs are read or deleted at once; other work of the store gets its turn in between."""

_IN_ORDER = """
SELECT id, ended_at IS NOT NULL FROM jobs WHERE owner = ? ORDER BY ended_at IS NOT NULL, ended_at DESC, number DESC
"""
_TEXTS = """
SELECT id, LENGTH(CAST(request AS BLOB)) + LENGTH(CAST(changes AS BLOB)) FROM jobs WHERE id IN ({ids})
UNION ALL SELECT job_id, SUM(LENGTH(CAST(data AS BLOB))) FROM events WHERE job_id IN ({ids}) GROUP BY job_id
UNION ALL SELECT job_id, LENGTH(CAST(body AS BLOB)) FROM hooks WHERE job_id IN ({ids})
"""
_FILES = """
SELECT job_id, hash, size FROM assets WHERE job_id IN ({ids})
UNION ALL SELECT job_id, hash, size FROM inputs WHERE job_id IN ({ids})
"""


class Rows(Protocol):
    """Reads rows."""

    def __call__(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        ...


def batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids in batches."""
    rest = iter(ids)
    while batch := tuple(islice(rest, BATCH)):
        yield batch


def places(batch: Sequence[str]) -> str:
    """The placeholders of a batch in SQL."""
    return ",".join("?" * len(batch))


def beyond(rows: Rows, owner: str, most: int) -> list[str]:
    """The ids of an owner's ended jobs, the oldest ones, without which the rest has at most this many bytes.

    A job has the bytes of its own text (request, state, events) and of its inputs and outputs. Content that several
    jobs share counts once. Jobs that have not ended count, too, but stay.
    """
    jobs = rows(_IN_ORDER, owner)
    total, counted, place = 0, set[str](), 0
    for batch in batches([job_id for job_id, _ in jobs]):
        texts, files = _sizes(rows, batch)
        for job_id in batch:
            total += texts[job_id]
            for digest, size in files.get(job_id, ()):
                if digest not in counted:
                    counted.add(digest)
                    total += size
            if total > most:
                return [job_id for job_id, ended in jobs[place:] if ended]
            place += 1
    return []


def _sizes(rows: Rows, batch: Sequence[str]) -> tuple[dict[str, int], dict[str, list[tuple[str, int]]]]:
    """The bytes of text and the files of these jobs, by job."""
    texts = dict.fromkeys(batch, 0)
    for job_id, size in rows(_TEXTS.format(ids=places(batch)), *batch, *batch, *batch):
        texts[job_id] = texts.get(job_id, 0) + (size or 0)
    files: dict[str, list[tuple[str, int]]] = {}
    for job_id, digest, size in rows(_FILES.format(ids=places(batch)), *batch, *batch):
        files.setdefault(job_id, []).append((digest, size))
    return texts, files
