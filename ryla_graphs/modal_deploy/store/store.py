"""`ModalStore`: what the embedded store has, and a copy of every record in a `modal.Dict` that outlives the container.

All questions are answered by the embedded store, which is filled from the copy when a container starts. A change is
in both or in neither: the copy is written inside the transaction. One entry holds all of a job, so that no half of it
can be there. One container at a time owns the records; while a redeployment overlaps two of them, each looks into the
copy for jobs and keys that it does not have.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import modal

from ryla_graphs.modal_deploy.store.reaching import reaching
from ryla_graphs.modal_deploy.store.volume_blobs import VolumeBlobs
from ryla_graphs.server.records import Asset, IdempotencyKey, Job, JobEvent, KeyUse
from ryla_graphs.server.storage.base import Retention
from ryla_graphs.server.storage.sqlite import SqliteStore

TOUCH_SECONDS = 2 * 24 * 3600
"""Modal forgets an entry seven days after it was last used; what has to stay is written anew before that."""

_PARTS = ("inputs", "marks", "events", "keys", "assets", "hooks")
"""The tables with rows that belong to a job."""


class ModalStore(SqliteStore):
    """See `ryla_graphs.server.storage.base.Store`; raises `StoreUnreachable` where Modal does not answer.

    `folder` is scratch space of this container, and must be empty.
    """

    def __init__(self, records: modal.Dict, content: modal.Volume, folder: Path) -> None:
        self._records = records
        self._used: dict[str, float] = {}
        """When each entry was last written or read."""
        super().__init__(folder, blobs=VolumeBlobs(content))
        with reaching("records"):
            entries = sorted(records.items(), key=lambda row: row[1].get("at", 0.0) if isinstance(row[1], dict) else 0)
        for name, entry in entries:
            if name.startswith(("job:", "asset:")):
                self._take(name, entry)

    def add_job(self, job: Job, events: Sequence[JobEvent], key: IdempotencyKey | None = None) -> KeyUse | None:
        if key is not None and (use := self._used_elsewhere(key, job.id)) is not None:
            return use
        return super().add_job(job, events, key)

    def _used_elsewhere(self, key: IdempotencyKey, job_id: str) -> KeyUse | None:
        """Claim a key for a job; gives what it was used for by any container."""
        if (use := self.key(key.owner, key.key)) is not None:
            return use
        name = f"key:{key.owner}:{key.key}"
        with reaching("records"):
            if self._records.put(name, job_id, skip_if_exists=True):
                return None
            holder = self._records.get(name)
        # A container that was lost between claiming and keeping, or a job that is forgotten, leaves a claim.
        if holder is not None and self.job(holder) is not None:
            return self.key(key.owner, key.key)
        with reaching("records"):
            self._records.put(name, job_id)
        return None

    def job(self, job_id: str) -> Job | None:
        return super().job(job_id) or (super().job(job_id) if self._fetched(f"job:{job_id}") else None)

    def asset(self, asset_id: str) -> Asset | None:
        return super().asset(asset_id) or (super().asset(asset_id) if self._fetched(f"asset:{asset_id}") else None)

    def _fetched(self, name: str) -> bool:
        """Whether the copy has an entry that this container has not; if so, it has it now."""
        if name in self._used or len(name) > len("asset:") + 36:
            return False
        with reaching("records"):
            entry = self._records.get(name)
        if entry is not None:
            self._take(name, entry)
        return entry is not None

    def delete_asset(self, asset_id: str) -> bool:
        gone = super().delete_asset(asset_id)
        self._forget([f"asset:{asset_id}"] if gone else [])
        return gone

    def delete_job(self, job_id: str) -> bool:
        keys = self._rows("SELECT owner, key FROM keys WHERE job_id = ?", job_id)
        gone = super().delete_job(job_id)
        self._forget([f"job:{job_id}", *(f"key:{owner}:{key}" for owner, key in keys)] if gone else [])
        return gone

    def expire(self, retention: Retention, now: float) -> int:
        before = dict(self._keys_of_entries())
        gone = super().expire(retention, now)
        left = dict(self._keys_of_entries())
        for name in before.keys() - left.keys():
            self._forget([name, *before[name]])
        old = time.time() - TOUCH_SECONDS
        for name, keys in left.items():
            if self._used.get(name, 0.0) < old:
                self._copy(name, keys)
        return gone

    def _keys_of_entries(self) -> Iterator[tuple[str, list[str]]]:
        """All entries, each with the claims of keys that go with it."""
        claims: dict[str, list[str]] = {}
        for owner, key, job_id in self._rows("SELECT owner, key, job_id FROM keys"):
            claims.setdefault(job_id, []).append(f"key:{owner}:{key}")
        for (job_id,) in self._rows("SELECT id FROM jobs"):
            yield f"job:{job_id}", claims.get(job_id, [])
        for (asset_id,) in self._rows("SELECT id FROM assets WHERE job_id IS NULL"):
            yield f"asset:{asset_id}", []

    def _changed(self, name: str) -> None:
        self._copy(name)

    def _copy(self, name: str, claims: Sequence[str] = ()) -> None:
        with reaching("records"):
            self._records.put(name, self._entry(name))
            for claim in claims:
                self._records.put(claim, name.removeprefix("job:"))
        self._used[name] = time.time()

    def _forget(self, names: Sequence[str]) -> None:
        for name in names:
            self._used.pop(name, None)
            with reaching("records"):
                self._records.pop(name, None)

    def _entry(self, name: str) -> dict[str, Any]:
        """All rows of a job, or the row of an upload."""
        kind, _, number = name.partition(":")
        if kind == "asset":
            return {"at": 0.0, "assets": self._named_rows("assets", "id", number)}
        (job,) = self._named_rows("jobs", "id", number)
        del job["number"]  # the order is that of creation, in every container
        return {"at": job["created_at"], "jobs": [job]} | {
            table: self._named_rows(table, "job_id", number) for table in _PARTS
        }

    def _named_rows(self, table: str, column: str, value: str) -> list[dict[str, Any]]:
        with self._lock:
            found = self._db.execute(f"SELECT * FROM {table} WHERE {column} = ?", (value,))
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found]

    def _take(self, name: str, entry: dict[str, Any]) -> None:
        """Fill this container's tables from an entry; one that it has already stays as it is."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            for table in ("jobs", *_PARTS):
                for row in entry.get(table, ()):
                    places = ",".join("?" * len(row))
                    self._db.execute(
                        f"INSERT OR IGNORE INTO {table}({','.join(row)}) VALUES ({places})", tuple(row.values())
                    )
            self._db.execute("COMMIT")
        self._used[name] = time.time()


def refresh(records: modal.Dict) -> int:
    """Use every entry once, so that Modal does not forget it while no container runs; gives how many there are."""
    with reaching("records"):
        names = list(records.keys())
        for name in names:
            records.get(name)
    return len(names)
