"""`ModalStore`: the embedded store, with a copy of every record in a `modal.Dict` that outlives the container.

Reads use the embedded store, which is filled from the copy when a container starts. A change is in both or in neither,
because the copy is written inside the transaction. One entry holds everything about a job, so a job cannot be half
written: ``job:<id>`` until it ends, ``end:<id>`` after that. The end is written once, by the first writer.

Only the container that holds the lease moves jobs. Others read, and add jobs and uploads, whose ids are unique.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import modal

from ryla_graphs.answers.words import JobState
from ryla_graphs.modal_deploy.store.entries import BadEntry, Entries, NewerEntry, time_of
from ryla_graphs.modal_deploy.store.modal_errors import modal_errors
from ryla_graphs.modal_deploy.store.volume_blobs import VolumeBlobs
from ryla_graphs.server.records import Asset, IdempotencyKey, Job, JobEvent, KeyUse
from ryla_graphs.server.storage.base import Retention, StaleJob
from ryla_graphs.server.storage.sqlite import SqliteStore

TOUCH_SECONDS = 2 * 24 * 3600
"""Seconds after which an entry is written again: Modal deletes entries seven days after their last use."""

log = logging.getLogger("ryla_graphs.modal_deploy")


class ModalStore(SqliteStore):
    """A `ryla_graphs.server.storage.base.Store` on Modal; raises `StoreUnreachable` if Modal does not answer.

    `folder` is scratch space of this container, and must be empty. `owning` says whether this container may currently
    move jobs. The store is empty until `load` fills it.
    """

    def __init__(
        self, records: modal.Dict, content: modal.Volume, folder: Path, *, owning: Callable[[], bool] = lambda: True
    ) -> None:
        self._records = records
        self._owning = owning
        self._used: dict[str, float] = {}
        """When each entry was last written or read."""
        self._ended: set[str] = set()
        """Jobs whose end is in the copy."""
        self.overtaken: set[str] = set()
        """Jobs that this container could not move, because another one had moved them."""
        super().__init__(folder, blobs=VolumeBlobs(content))
        self._entries = Entries(self._db)

    def load(self) -> Self:
        """Fill the store from the copy, and return it. Logs unreadable entries, and moves them aside."""
        with modal_errors("records"):
            entries = dict(self._records.items())
        for name in sorted(entries, key=lambda name: time_of(entries[name])):
            kind, _, number = name.partition(":")
            if kind == "job" and f"end:{number}" in entries:
                self._forget([name])
            elif kind in ("job", "end", "asset"):
                self._take(name, entries[name])
        return self

    def add_job(self, job: Job, events: Sequence[JobEvent], key: IdempotencyKey | None = None) -> KeyUse | None:
        if key is not None and (use := self._used_elsewhere(key, job.id)) is not None:
            return use
        return super().add_job(job, events, key)

    def _used_elsewhere(self, key: IdempotencyKey, job_id: str) -> KeyUse | None:
        """Claim a key for a job; returns what any container used it for before."""
        if (use := self.key(key.owner, key.key)) is not None:
            return use
        name = f"key:{key.owner}:{key.key}"
        with modal_errors("records"):
            if self._records.put(name, job_id, skip_if_exists=True):
                return None
            holder = self._records.get(name)
        # A container that was lost between claim and write, or a deleted job, leaves an unused claim.
        if holder is not None and self.job(holder) is not None:
            return self.key(key.owner, key.key)
        with modal_errors("records"):
            self._records.put(name, job_id)
        return None

    def save_job(
        self, job: Job, *, was: JobState, events: Sequence[JobEvent] = (), output: Asset | None = None
    ) -> None:
        if not self._owning():
            self.overtaken.add(job.id)
            raise StaleJob(f"job {job.id} belongs to another container")
        super().save_job(job, was=was, events=events, output=output)

    def job(self, job_id: str) -> Job | None:
        found = super().job(job_id)
        if found is None or not (found.state.terminal or self._owning()):
            return super().job(job_id) if self.fetch(job_id) else found
        return found

    def asset(self, asset_id: str) -> Asset | None:
        found = super().asset(asset_id)
        name = f"asset:{asset_id}"
        return super().asset(asset_id) if found is None and self._fetched(name) else found

    def fetch(self, job_id: str) -> bool:
        """Read a job again from the copy; False if the copy does not have it."""
        return self._fetched(f"end:{job_id}") or self._fetched(f"job:{job_id}")

    def _fetched(self, name: str) -> bool:
        if len(name) > len("asset:") + 36:
            return False
        with modal_errors("records"):
            entry = self._records.get(name)
        return entry is not None and self._take(name, entry)

    def delete_asset(self, asset_id: str) -> bool:
        gone = super().delete_asset(asset_id)
        self._forget([f"asset:{asset_id}"] if gone else [])
        return gone

    def delete_job(self, job_id: str) -> bool:
        keys = self._rows("SELECT owner, key FROM keys WHERE job_id = ?", job_id)
        gone = super().delete_job(job_id)
        if gone:
            self._forget([f"end:{job_id}", f"job:{job_id}", *(f"key:{owner}:{key}" for owner, key in keys)])
        return gone

    def expire(self, retention: Retention, now: float) -> int:
        if not self._owning():
            return 0
        before = dict(self._keys_of_entries())
        gone = super().expire(retention, now)
        left = dict(self._keys_of_entries())
        for name in before.keys() - left.keys():
            kind, _, number = name.partition(":")
            self._forget([name, *(() if kind == "asset" else (f"job:{number}",)), *before[name]])
        old = time.time() - TOUCH_SECONDS
        for name, keys in left.items():
            if self._used.get(name, 0.0) < old:
                self._copy(name, keys)
        self._forget([f"job:{job_id}" for job_id in self._ended if f"job:{job_id}" in self._used])
        return gone

    def _keys_of_entries(self) -> Iterator[tuple[str, list[str]]]:
        """All entries, each with the claims of its keys."""
        claims: dict[str, list[str]] = {}
        for owner, key, job_id in self._rows("SELECT owner, key, job_id FROM keys"):
            claims.setdefault(job_id, []).append(f"key:{owner}:{key}")
        for job_id, ended_at in self._rows("SELECT id, ended_at FROM jobs"):
            yield f"{'job' if ended_at is None else 'end'}:{job_id}", claims.get(job_id, [])
        for (asset_id,) in self._rows("SELECT id FROM assets WHERE job_id IS NULL"):
            yield f"asset:{asset_id}", []

    def _changed(self, name: str) -> None:
        kind, _, number = name.partition(":")
        if kind == "job" and self._rows("SELECT 1 FROM jobs WHERE id = ? AND ended_at IS NOT NULL", number):
            self._copy_end(number)
        else:
            self._copy(name)

    def _copy_end(self, job_id: str) -> None:
        """Write the end of a job, unless it has one: then raises `StaleJob`."""
        name = f"end:{job_id}"
        if job_id not in self._ended:
            with modal_errors("records"):
                if not self._records.put(name, self._entries.write(name), skip_if_exists=True):
                    self.overtaken.add(job_id)
                    raise StaleJob(f"another container has written the end of job {job_id}")
            self._ended.add(job_id)
            self._used[name] = time.time()
        elif self._owning():
            self._copy(name)
        else:
            raise StaleJob(f"job {job_id} belongs to another container")

    def _copy(self, name: str, claims: Sequence[str] = ()) -> None:
        with modal_errors("records"):
            self._records.put(name, self._entries.write(name))
            for claim in claims:
                self._records.put(claim, name.partition(":")[2])
        self._used[name] = time.time()

    def _forget(self, names: Sequence[str]) -> None:
        for name in names:
            self._used.pop(name, None)
            if not name.startswith("job:"):  # which an end may have replaced
                self._entries.forget(name)
                self._ended.discard(name.partition(":")[2])
            with modal_errors("records"):
                self._records.pop(name, None)

    def _take(self, name: str, entry: Any) -> bool:
        """Fill this container's tables from an entry; False if it cannot be read."""
        try:
            with self._lock:
                self._entries.read(name, entry)
        except NewerEntry as error:
            log.error("skipping the record %s: %s", name, error)
            return False
        except BadEntry as error:
            log.error("cannot read the record %s, moving it aside: %s", name, error)
            with suppress(Exception), modal_errors("records"):
                self._records.put(f"aside:{name}", entry)
                self._records.pop(name, None)
            return False
        self._used[name] = time.time()
        if name.startswith("end:"):
            self._ended.add(name[4:])
        return True


def refresh(records: modal.Dict) -> int:
    """Read every entry once, so that Modal does not delete it while no container runs; returns their number."""
    with modal_errors("records"):
        names = [name for name in records.keys() if not name.startswith("aside:")]  # noqa: SIM118 - not a dict
        for name in names:
            records.get(name)
    return len(names)
