"""Reports a full, broken or missing disk as `StoreUnreachable`."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ryla_graphs.problems import InvalidSettings, StoreUnreachable


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn disk errors inside the block into `StoreUnreachable`; programming errors pass unchanged."""
    try:
        yield
    except (StoreUnreachable, FileNotFoundError):
        raise
    except (OSError, sqlite3.DatabaseError) as error:
        if isinstance(error, (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError)):
            raise
        raise StoreUnreachable(f"jobs cannot be stored: {reason_of(error)}") from error


@contextmanager
def opening_errors(folder: Path) -> Iterator[None]:
    """Report a folder that cannot be opened as a store as `InvalidSettings`, in one sentence."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        hint = "choose another folder with --data-dir or RYLA_DATA_DIR"
        if isinstance(error, sqlite3.Error):
            hint = f"its ryla.sqlite3 is broken or belongs to another program: move it away, or {hint}"
        raise InvalidSettings(f"cannot store jobs in '{folder}': {reason_of(error)}; {hint}") from None


class InPlace:
    """Notices that an open file was moved, replaced or deleted. SQLite would go on to write it, to no avail."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._was = self._found()

    def check(self) -> None:
        """Raise `StoreUnreachable` unless the file is where it was."""
        if self._found() != self._was:
            raise StoreUnreachable("jobs cannot be stored: the data folder was moved or deleted; restart the server")

    def _found(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116 - called for each transaction, and `Path` takes longer
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_dev


def reason_of(error: OSError | sqlite3.Error) -> str:
    """The reason of an error, without paths."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
