"""Converts between rows of the SQLite store and records."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError, to_json

from ryla_graphs.answers.words import JobState
from ryla_graphs.server.records import Asset, DamagedRecord, Job, JobError, JobEvent, JobRequest
from ryla_graphs.server.storage.damage import UNREADABLE

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    created_at REAL NOT NULL,
    state TEXT NOT NULL,
    ended_at REAL,
    request TEXT NOT NULL,
    changes TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs(state, number);
CREATE INDEX IF NOT EXISTS jobs_by_owner ON jobs(owner, number);
CREATE INDEX IF NOT EXISTS jobs_by_end ON jobs(ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS inputs (
    job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (job_id, hash)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks (
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    PRIMARY KEY (owner, name, value, job_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS marks_by_job ON marks(job_id);
CREATE TABLE IF NOT EXISTS events (
    job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_by_job ON keys(job_id);
CREATE TABLE IF NOT EXISTS assets (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    hash TEXT NOT NULL,
    size INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL,
    tags TEXT NOT NULL,
    job_id TEXT REFERENCES jobs(id) ON DELETE CASCADE,
    number INTEGER,
    node TEXT,
    place INTEGER,
    kind TEXT NOT NULL,
    folder TEXT NOT NULL,
    simulated INTEGER NOT NULL,
    UNIQUE (job_id, node, place)
);
CREATE TABLE IF NOT EXISTS hooks (
    job_id TEXT PRIMARY KEY REFERENCES jobs(id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    address TEXT NOT NULL,
    body TEXT NOT NULL,
    attempt INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS probes (number INTEGER PRIMARY KEY, filler BLOB);
CREATE INDEX IF NOT EXISTS assets_by_hash ON assets(hash, owner);
"""

_ASSET = tuple(field.name for field in fields(Asset))
ASSET_COLUMNS = ", ".join(_ASSET)
ADD_ASSET = f"INSERT OR IGNORE INTO assets({ASSET_COLUMNS}) VALUES ({','.join('?' * len(_ASSET))})"
_OF_ASSET, _TAGS = attrgetter(*_ASSET), _ASSET.index("tags")

_REQUEST, _ERROR = TypeAdapter(JobRequest), TypeAdapter(JobError)
_CHANGING = ("run_id", "attempt", "cancel_requested", "started_at", "ended_at", "metrics", "attempts", "faces")
_ROWS = ("attempts", "faces")
_OF_CHANGES = attrgetter(*_CHANGING)


def json_of(value: Any) -> str:
    """JSON text. That of pydantic is several times as fast as `json`, but refuses half characters."""
    try:
        return to_json(value).decode()
    except PydanticSerializationError:
        return json.dumps(value)


def request_of(job: Job) -> str:
    """The columns of a job that never change, as JSON text."""
    return _REQUEST.dump_json(job.request).decode()


def changes_of(job: Job, before: str = "{}") -> str:
    """The fields of a job that change, except its state, as JSON text.

    Preserves the unknown fields in `before`, which a newer version wrote.
    """
    changes: dict[str, Any] = dict(zip(_CHANGING, _OF_CHANGES(job), strict=True))
    changes["error"] = None if job.error is None else asdict(job.error)
    return json_of(changes if before == "{}" else json.loads(before) | changes)


def job_of(row: tuple[Any, ...]) -> Job:
    """The job of a row of id, owner, created_at, state, request, changes; raises `DamagedRecord`."""
    job_id, owner, created_at, state, request, changes = row
    try:
        datetime.fromtimestamp(created_at, UTC)  # raises for what is no time
        facts = json.loads(changes)
        error = facts.get("error")
        return Job(
            id=job_id,
            owner=owner,
            created_at=created_at,
            state=JobState(state),
            request=_REQUEST.validate_json(request),
            error=None if error is None else _ERROR.validate_python(error),
            **{name: facts[name] for name in _CHANGING if name in facts and name not in _ROWS},
            attempts=tuple(facts.get("attempts", ())),
            faces=tuple(facts.get("faces", ())),
        )
    except UNREADABLE as damage:
        raise DamagedRecord("job", job_id, owner) from damage


def event_of(job_id: str, row: tuple[Any, ...]) -> JobEvent:
    """The event of a row of seq, at, kind, data; raises `DamagedRecord`."""
    seq, at, kind, data = row
    try:
        return JobEvent(seq, at, kind, json.loads(data))
    except UNREADABLE as damage:
        raise DamagedRecord(f"event {seq} of job", job_id, "") from damage


def asset_row(asset: Asset) -> tuple[Any, ...]:
    """The row of an asset, as `ASSET_COLUMNS` names it."""
    row = list(_OF_ASSET(asset))
    row[_TAGS] = json_of(asset.tags)
    return tuple(row)


def asset_of(row: tuple[Any, ...]) -> Asset:
    """The asset of a row of `ASSET_COLUMNS`; raises `DamagedRecord`."""
    facts = dict(zip(_ASSET, row, strict=True))
    try:
        return Asset(**(facts | {"tags": tuple(json.loads(facts["tags"])), "simulated": bool(facts["simulated"])}))
    except UNREADABLE as damage:
        raise DamagedRecord("file", facts["id"], facts["owner"]) from damage
