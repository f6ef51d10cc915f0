"""Entries of the dictionary of records: rows of the embedded store, readable by older and newer versions.

An entry names the version that wrote it. A version keeps tables, columns and fields that it does not know, and writes
them back. A version may add fields, and columns with a default. If no older version can read an entry, the entry says
so in ``needs``, and older versions do not touch it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from ryla_graphs.server.storage.rows import ASSET_COLUMNS, asset_of, job_of

VERSION = 1
"""The version of the entries that this code writes."""

PARTS = ("inputs", "marks", "events", "keys", "assets", "hooks")
"""The tables whose rows belong to a job."""
_KEYS: Mapping[str, tuple[str, ...]] = {
    "jobs": ("id",),
    "inputs": ("hash",),
    "marks": ("owner", "name", "value"),
    "events": ("seq",),
    "keys": ("owner", "key"),
    "assets": ("id",),
    "hooks": ("job_id",),
}
"""The columns that distinguish the rows of one entry."""
_OWN = frozenset({"at", "version", "jobs", *PARTS})

Row = dict[str, Any]


class BadEntry(Exception):
    """An entry that cannot be read."""


class NewerEntry(Exception):
    """An entry that only a newer version can read."""


class Entries:
    """Reads entries into the tables of the embedded store, and writes them from there."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._columns = {
            table: frozenset(row[1] for row in db.execute(f"PRAGMA table_info({table})")) for table in _KEYS
        }
        self._unknown: dict[str, dict[tuple[Any, ...], Row]] = {}
        """Unknown data by job or asset: fields of the entry under ``()``, columns under table and key."""

    def read(self, name: str, entry: Any) -> None:
        """Replace the rows of a job or asset by those of an entry; all or nothing.

        Raises `BadEntry` or `NewerEntry`.
        """
        if isinstance(entry, dict) and int(entry.get("needs", 0)) > VERSION:
            raise NewerEntry(f"it needs version {entry['needs']} of records, but this server has version {VERSION}")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            unknown = self._insert(name, entry)
            self._check(name)
            self._db.execute("COMMIT")
        except (sqlite3.Error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            self._db.execute("ROLLBACK")
            raise BadEntry(f"{type(error).__name__}: {error}") from error
        self.forget(name)
        if unknown:
            self._unknown[name.partition(":")[2]] = unknown

    def _insert(self, name: str, entry: Mapping[str, Any]) -> dict[tuple[Any, ...], Row]:
        kind, _, number = name.partition(":")
        place = self._db.execute("SELECT number FROM jobs WHERE id = ?", (number,)).fetchone()
        self._db.execute(f"DELETE FROM {'assets' if kind == 'asset' else 'jobs'} WHERE id = ?", (number,))
        unknown: dict[tuple[Any, ...], Row] = {}
        if beside := {field: value for field, value in entry.items() if field not in _OWN}:
            unknown[()] = beside
        if int(entry.get("version", VERSION)) > VERSION:
            unknown.setdefault((), {})["version"] = entry["version"]
        for table in ("jobs", *PARTS):
            known = self._columns[table]
            for row in entry.get(table, ()):
                mine = {column: value for column, value in row.items() if column in known}
                if table == "jobs" and place is not None:
                    mine["number"] = place[0]  # keep its place in the order of jobs
                if {*row} - known:
                    key = (table, *(row[column] for column in _KEYS[table]))
                    unknown[key] = {column: value for column, value in row.items() if column not in known}
                places = ",".join("?" * len(mine))
                query = f"INSERT OR IGNORE INTO {table}({','.join(mine)}) VALUES ({places})"
                self._db.execute(query, tuple(mine.values()))
        return unknown

    def _check(self, name: str) -> None:
        """Read the new rows back as their readers will; raises if that fails."""
        kind, _, number = name.partition(":")
        if kind == "asset":
            (row,) = self._rows("assets", "id", number)
            asset_of(tuple(row[column] for column in ASSET_COLUMNS.split(", ")))
            return
        (row,) = self._rows("jobs", "id", number)
        job_of(tuple(row[column] for column in ("id", "owner", "created_at", "state", "request", "changes")))
        for row in self._rows("assets", "job_id", number):
            asset_of(tuple(row[column] for column in ASSET_COLUMNS.split(", ")))

    def write(self, name: str) -> Row:
        """The entry of a job or upload: all its rows, with the unknown data."""
        kind, _, number = name.partition(":")
        unknown = self._unknown.get(number, {})
        entry: Row = {"at": 0.0, "version": VERSION}
        if kind == "asset":
            assets = self._completed("assets", self._rows("assets", "id", number), unknown)
            return entry | {"assets": assets} | unknown.get((), {})
        (job,) = self._rows("jobs", "id", number)
        del job["number"]  # every container orders jobs by their creation
        entry |= {"at": job["created_at"], "jobs": self._completed("jobs", [job], unknown)}
        for table in PARTS:
            entry[table] = self._completed(table, self._rows(table, "job_id", number), unknown)
        return entry | unknown.get((), {})

    def forget(self, name: str) -> None:
        """Drop the unknown data of a deleted entry."""
        self._unknown.pop(name.partition(":")[2], None)

    def _completed(self, table: str, rows: Sequence[Row], unknown: Mapping[tuple[Any, ...], Row]) -> list[Row]:
        if not unknown:
            return list(rows)
        return [row | unknown.get((table, *(row[column] for column in _KEYS[table])), {}) for row in rows]

    def _rows(self, table: str, column: str, value: str) -> list[Row]:
        found = self._db.execute(f"SELECT * FROM {table} WHERE {column} = ?", (value,))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]


def time_of(entry: Any) -> float:
    """The creation time of an entry's job or asset; 0 if it has none."""
    at = entry.get("at") if isinstance(entry, dict) else None
    return float(at) if isinstance(at, (int, float)) else 0.0
