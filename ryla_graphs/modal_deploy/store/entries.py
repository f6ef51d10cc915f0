"""Entries of the dictionary that keeps records: rows of the embedded store, readable by versions before and after.

An entry says which version wrote it. What a version does not know, tables, columns or fields beside them, it keeps
and writes back. A version may add columns that have a default, and fields; one whose entries no older version can
read says so in ``needs``, and older versions leave these alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from ryla_graphs.server.storage.rows import ASSET_COLUMNS, asset_of, job_of

VERSION = 1
"""Of the entries that this code writes."""

PARTS = ("inputs", "marks", "events", "keys", "assets", "hooks")
"""The tables with rows that belong to a job."""
_KEYS: Mapping[str, tuple[str, ...]] = {
    "jobs": ("id",),
    "inputs": ("hash",),
    "marks": ("owner", "name", "value"),
    "events": ("seq",),
    "keys": ("owner", "key"),
    "assets": ("id",),
    "hooks": ("job_id",),
}
"""The columns that tell the rows of one entry from each other."""
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
        """What this version does not know, by job or asset: fields of the entry under ``()``, columns under table and
        key."""

    def read(self, name: str, entry: Any) -> None:
        """Put the rows of an entry in the place of those that are there; all of them, or none.

        Raises `BadEntry` or `NewerEntry`.
        """
        if isinstance(entry, dict) and int(entry.get("needs", 0)) > VERSION:
            raise NewerEntry(f"it needs version {entry['needs']} of records, this is {VERSION}")
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
                    mine["number"] = place[0]  # it stays where it was among the others
                if {*row} - known:
                    key = (table, *(row[column] for column in _KEYS[table]))
                    unknown[key] = {column: value for column, value in row.items() if column not in known}
                places = ",".join("?" * len(mine))
                query = f"INSERT OR IGNORE INTO {table}({','.join(mine)}) VALUES ({places})"
                self._db.execute(query, tuple(mine.values()))
        return unknown

    def _check(self, name: str) -> None:
        """Read what was written as its readers will; raises if that does not work."""
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
        """All rows of a job, or the row of an upload, with what this version does not know of them."""
        kind, _, number = name.partition(":")
        unknown = self._unknown.get(number, {})
        entry: Row = {"at": 0.0, "version": VERSION}
        if kind == "asset":
            assets = self._completed("assets", self._rows("assets", "id", number), unknown)
            return entry | {"assets": assets} | unknown.get((), {})
        (job,) = self._rows("jobs", "id", number)
        del job["number"]  # the order is that of creation, in every container
        entry |= {"at": job["created_at"], "jobs": self._completed("jobs", [job], unknown)}
        for table in PARTS:
            entry[table] = self._completed(table, self._rows(table, "job_id", number), unknown)
        return entry | unknown.get((), {})

    def forget(self, name: str) -> None:
        """The entry is gone."""
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
    """When what an entry holds began; 0 where it does not say."""
    at = entry.get("at") if isinstance(entry, dict) else None
    return float(at) if isinstance(at, (int, float)) else 0.0
