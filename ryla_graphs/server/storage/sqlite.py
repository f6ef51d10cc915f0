"""`SqliteStore`: one folder with a SQLite database (WAL) and content-addressed files; needs no database server."""

from __future__ import annotations

import sqlite3
import threading
import uuid
import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ryla_graphs.answers.words import JobState
from ryla_graphs.claims import claimed
from ryla_graphs.problems import StoreUnreachable
from ryla_graphs.server.records import Asset, Hook, IdempotencyKey, Job, JobEvent, KeyUse
from ryla_graphs.server.storage.base import KeptBlobs, Retention, StaleJob
from ryla_graphs.server.storage.blobs import FileBlobs
from ryla_graphs.server.storage.checkpoints import Checkpoints
from ryla_graphs.server.storage.damage import Damage
from ryla_graphs.server.storage.disk_errors import InPlace, disk_errors, opening_errors
from ryla_graphs.server.storage.retained import batches, beyond, places
from ryla_graphs.server.storage.rows import (
    ADD_ASSET,
    ASSET_COLUMNS,
    SCHEMA,
    asset_of,
    asset_row,
    changes_of,
    event_of,
    job_of,
    json_of,
    request_of,
)

_JOB = "SELECT id, owner, created_at, state, request, changes FROM jobs"

_OLDER = "number < (SELECT number FROM jobs WHERE id = ?)"
_MARKED = "EXISTS (SELECT 1 FROM marks WHERE owner = jobs.owner AND name = ? AND value = ? AND job_id = jobs.id)"


class SqliteStore:
    """The embedded store; see `ryla_graphs.server.storage.base.Store`.

    Only one process at a time may use a folder: raises `InvalidSettings` if another one does.
    """

    def __init__(self, folder: Path | str, *, blobs: KeptBlobs | None = None) -> None:
        self.folder = Path(folder)
        self._lock = threading.RLock()
        self._troubled = False
        self.damage = Damage()
        with opening_errors(self.folder), ExitStack() as opened:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            opened.enter_context(closing(claimed(self.folder)))
            path = self.folder / "ryla.sqlite3"
            self._db = opened.enter_context(closing(_opened(path)))
            self._in_place = InPlace(path)
            self._db.executescript(f"BEGIN; {SCHEMA}; COMMIT;")
            self.blobs: KeptBlobs = blobs or FileBlobs(self.folder / "content")
            self._checkpoints = Checkpoints(path)
            opened.callback(self._checkpoints.stop)
            self._close = weakref.finalize(
                self, opened.pop_all().close
            )  # also if it is garbage-collected without `close`
            self._close.atexit = False  # threads that still run at exit need it open

    @contextmanager
    def _writing(self, size: int = 0) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing; raises `StoreUnreachable` if the disk cannot be written."""
        try:
            with self._lock, disk_errors():
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                    self._in_place.check()
                    self._db.execute("COMMIT")
                except BaseException:
                    if self._db.in_transaction:  # on a full disk, SQLite has rolled back already
                        self._db.execute("ROLLBACK")
                    raise
        except StoreUnreachable:
            self._troubled = True
            raise
        self._checkpoints.written(size)

    def trouble(self) -> str | None:
        try:
            with disk_errors():
                self._in_place.check()
        except StoreUnreachable as error:
            self._troubled = True
            return str(error)
        if not self._troubled:
            return None
        try:
            with self._writing() as db:
                db.execute("INSERT OR REPLACE INTO probes VALUES (1, zeroblob(65536))")
            self.blobs.put(uuid.uuid4().bytes)  # unneeded, so the next sweep deletes it
        except StoreUnreachable as error:
            return str(error)
        self._troubled = False
        return None

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock, disk_errors():
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.OperationalError as error:
                if "decode" not in str(error):
                    raise
            self._db.text_factory = partial(str, encoding="utf-8", errors="replace")
            try:  # one damaged text must not hide the other rows
                return self._db.execute(query, values).fetchall()
            finally:
                self._db.text_factory = str

    def add_job(self, job: Job, events: Sequence[JobEvent], key: IdempotencyKey | None = None) -> KeyUse | None:
        request = request_of(job)
        inputs = {(job.id, digest, self.blobs.size(digest) or 0) for digest in job.request.inputs.values()}
        marks = [(job.owner, name, value, job.id) for name, value in job.marks.items()]
        with self._writing(len(request)) as db:
            if key is not None and (use := self.key(key.owner, key.key)) is not None:
                return use
            row = (job.id, job.owner, job.created_at, job.state, request, changes_of(job))
            db.execute("INSERT INTO jobs(id, owner, created_at, state, request, changes) VALUES (?,?,?,?,?,?)", row)
            if inputs:
                db.executemany("INSERT INTO inputs(job_id, hash, size) VALUES (?,?,?)", inputs)
            if marks:
                db.executemany("INSERT INTO marks VALUES (?,?,?,?)", marks)
            if key is not None:
                db.execute("INSERT INTO keys VALUES (?,?,?,?)", (key.owner, key.key, key.fingerprint, job.id))
            self._add_events(job.id, events)
            self._changed(f"job:{job.id}")
        return None

    def save_job(
        self, job: Job, *, was: JobState, events: Sequence[JobEvent] = (), output: Asset | None = None
    ) -> None:
        with self._writing() as db:
            found = db.execute("SELECT changes FROM jobs WHERE id = ? AND state = ?", (job.id, was)).fetchone()
            if found is None:
                raise StaleJob(f"job {job.id} is not {was}")
            db.execute(
                "UPDATE jobs SET state = ?, ended_at = ?, changes = ? WHERE id = ?",
                (job.state, job.ended_at, changes_of(job, found[0]), job.id),
            )
            if output is not None:
                self._add_asset(output)
            if job.hook is not None and job.state.terminal and not was.terminal:
                db.execute("INSERT OR IGNORE INTO hooks VALUES (?,?,?,?,?)", job.hook)
            self._add_events(job.id, events)
            self._changed(f"job:{job.id}")

    def job(self, job_id: str) -> Job | None:
        rows = self._rows(f"{_JOB} WHERE id = ?", job_id)
        return self.damage.raised(job_of, rows[0]) if rows else None

    def jobs(
        self,
        *,
        states: Collection[JobState] | None = None,
        owner: str | None = None,
        marked: Mapping[str, str] | None = None,
        since: float | None = None,
        before: str | None = None,
        limit: int | None = None,
    ) -> list[Job]:
        conditions: list[str] = ["TRUE"]
        values: list[Any] = []
        if states is not None:
            conditions.append(f"state IN ({','.join('?' * len(states))})")
            values += states
        if owner is not None:
            conditions.append("owner = ?")
            values.append(owner)
        for name, value in (marked or {}).items():
            conditions.append(_MARKED)
            values += [name, value]
        if since is not None:
            conditions.append("created_at >= ?")
            values.append(since)
        if before is not None:
            conditions.append(_OLDER if owner is None else f"{_OLDER[:-1]} AND owner = ?)")
            values += [before] if owner is None else [before, owner]
        return self._listed(f"{_JOB} WHERE {' AND '.join(conditions)}", values, limit)

    def _listed(self, query: str, values: Sequence[Any], limit: int | None) -> list[Job]:
        """The newest jobs of a query, as many as there are up to the limit, without damaged ones."""
        newest = f"ORDER BY number DESC LIMIT {-1 if limit is None else limit}"
        rows = self._rows(f"{query} {newest}", *values)
        found = self.damage.readable(job_of, rows)
        while limit is not None and len(found) < limit and len(rows) == limit:
            rows = self._rows(f"{query} AND {_OLDER} {newest}", *values, rows[-1][0])
            found += self.damage.readable(job_of, rows)
        return found[:limit]

    def key(self, owner: str, key: str) -> KeyUse | None:
        rows = self._rows("SELECT job_id, fingerprint FROM keys WHERE owner = ? AND key = ?", owner, key)
        return KeyUse(*rows[0]) if rows else None

    def events(self, job_id: str, after: int = 0) -> list[JobEvent]:
        query = "SELECT seq, at, kind, data FROM events WHERE job_id = ? AND seq > ? ORDER BY seq"
        return self.damage.readable(partial(event_of, job_id), self._rows(query, job_id, after))

    def outputs(self, job_id: str) -> list[Asset]:
        rows = self._rows(f"SELECT {ASSET_COLUMNS} FROM assets WHERE job_id = ? ORDER BY number", job_id)
        return self.damage.readable(asset_of, rows)

    def add_asset(self, asset: Asset) -> None:
        with self._writing():
            self._add_asset(asset)
            self._changed(f"asset:{asset.id}")

    def asset(self, asset_id: str) -> Asset | None:
        rows = self._rows(f"SELECT {ASSET_COLUMNS} FROM assets WHERE id = ?", asset_id)
        return self.damage.raised(asset_of, rows[0]) if rows else None

    def assets(self, owner: str, digest: str) -> list[Asset]:
        rows = self._rows(f"SELECT {ASSET_COLUMNS} FROM assets WHERE owner = ? AND hash = ?", owner, digest)
        return self.damage.readable(asset_of, rows)

    def kept(self, owner: str, kind: str) -> list[Asset]:
        where = "owner = ? AND kind = ? AND job_id IS NULL ORDER BY created_at DESC"
        rows = self._rows(f"SELECT {ASSET_COLUMNS} FROM assets WHERE {where}", owner, kind)
        return self.damage.readable(asset_of, rows)

    def named(self, name: str) -> list[Asset]:
        where = "name = ? AND job_id IS NULL"
        return self.damage.readable(asset_of, self._rows(f"SELECT {ASSET_COLUMNS} FROM assets WHERE {where}", name))

    def delete_asset(self, asset_id: str) -> bool:
        with self._writing() as db:
            gone = db.execute("DELETE FROM assets WHERE id = ? AND job_id IS NULL", (asset_id,)).rowcount
        return gone == 1

    def delete_job(self, job_id: str) -> bool:
        with self._writing() as db:
            return db.execute("DELETE FROM jobs WHERE id = ? AND ended_at IS NOT NULL", (job_id,)).rowcount == 1

    def expire(self, retention: Retention, now: float) -> int:
        gone = 0
        with self._writing() as db:
            gone += db.execute("DELETE FROM assets WHERE job_id IS NULL AND expires_at < ?", (now,)).rowcount
            if retention.seconds is not None:
                oldest = (now - retention.seconds,)
                gone += db.execute("DELETE FROM jobs WHERE ended_at < ?", oldest).rowcount
                old = "job_id IS NULL AND expires_at IS NULL AND created_at < ? AND kind != 'lora'"
                query = f"DELETE FROM assets WHERE {old}"
                gone += db.execute(query, oldest).rowcount
        for (owner,) in self._rows("SELECT DISTINCT owner FROM jobs") if retention.bytes is not None else ():
            for batch in batches(beyond(self._rows, owner, retention.bytes or 0)):
                with self._writing() as db:
                    query = f"DELETE FROM jobs WHERE ended_at IS NOT NULL AND id IN ({places(batch)})"
                    gone += db.execute(query, batch).rowcount
        needed = self._rows("SELECT hash FROM assets UNION SELECT hash FROM inputs")
        self.blobs.sweep({digest for (digest,) in needed})
        return gone

    def uploaded_bytes(self, owner: str, *, loras: bool = False) -> int:
        kind = "kind = 'lora'" if loras else "kind != 'lora'"
        own = f"SELECT DISTINCT hash, size FROM assets WHERE owner = ? AND job_id IS NULL AND {kind}"
        return int(self._rows(f"SELECT COALESCE(SUM(size), 0) FROM ({own})", owner)[0][0])

    def keep_hook(self, hook: Hook) -> None:
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO hooks VALUES (?,?,?,?,?)", hook)
            self._changed(f"job:{hook.job_id}")

    def forget_hook(self, job_id: str) -> None:
        with self._writing() as db:
            if db.execute("DELETE FROM hooks WHERE job_id = ?", (job_id,)).rowcount:
                self._changed(f"job:{job_id}")

    def hooks(self) -> list[Hook]:
        return [Hook(*row) for row in self._rows("SELECT job_id, owner, address, body, attempt FROM hooks")]

    def close(self) -> None:
        with self._lock:
            self._close()
            self._checkpoints.join()

    def _changed(self, name: str) -> None:
        """Called with ``job:<id>`` or ``asset:<id>`` at the end of a transaction that adds or changes it.

        A hook for stores that keep a copy elsewhere; if it raises, the transaction is rolled back.
        """

    def _add_events(self, job_id: str, events: Sequence[JobEvent]) -> None:
        rows = [(job_id, event.seq, event.at, event.kind, json_of(event.data)) for event in events]
        self._db.executemany("INSERT INTO events VALUES (?,?,?,?,?)", rows)

    def _add_asset(self, asset: Asset) -> None:
        self._db.execute(ADD_ASSET, asset_row(asset))


def _opened(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)  # SQLite creates its other files with the same permissions
    db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    # In WAL mode, NORMAL loses nothing if the process dies; a power cut may lose the latest transactions.
    try:
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "wal_autocheckpoint = 0"):
            db.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        db.close()
        raise
    return db
