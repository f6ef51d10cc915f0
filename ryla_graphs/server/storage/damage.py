"""Stored records that cannot be read: left out of lists, logged once each, and counted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from ryla_graphs.server.records import DamagedRecord

R = TypeVar("R")
T = TypeVar("T")

UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading a record raises if the record is not what this server wrote."""

log = logging.getLogger("ryla_graphs.server")


class Damage:
    """The damaged records that were found since the store was opened. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: set[str] = set()

    def __len__(self) -> int:
        return len(self._found)

    def note(self, error: DamagedRecord) -> None:
        """Count a damaged record, and log it the first time."""
        with self._lock:
            known = error.record in self._found
            self._found.add(error.record)
        if not known:
            log.error("the record of %s is damaged and is left out: %s", error.record, error.__cause__)

    def readable(self, read: Callable[[R], T], rows: Iterable[R]) -> list[T]:
        """What `read` makes of these rows, without the damaged ones."""
        found: list[T] = []
        for row in rows:
            try:
                found.append(read(row))
            except DamagedRecord as error:
                self.note(error)
        return found

    def raised(self, read: Callable[[R], T], row: R) -> T:
        """What `read` makes of a row; raises `DamagedRecord`, which is counted too."""
        try:
            return read(row)
        except DamagedRecord as error:
            self.note(error)
            raise


class _Owned(Protocol):
    @property
    def owner(self) -> str: ...


Own = TypeVar("Own", bound=_Owned)


def owned(read: Callable[[str], Own | None], record_id: str, owner: str) -> Own | None:
    """A record of this owner; None if there is none, or if it is another owner's, damaged or not.

    Raises `DamagedRecord`.
    """
    try:
        found = read(record_id)
    except DamagedRecord as error:
        if error.owner == owner:
            raise
        return None
    return found if found is not None and found.owner == owner else None
