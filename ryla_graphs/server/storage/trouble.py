"""A disk that is full, broken or gone, reported as `StoreUnreachable`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ryla_graphs.problems import InvalidSettings, StoreUnreachable


@contextmanager
def keeping() -> Iterator[None]:
    """What goes wrong with the disk inside becomes `StoreUnreachable`; what is wrong with us stays as it is."""
    try:
        yield
    except (StoreUnreachable, FileNotFoundError):
        raise
    except (OSError, sqlite3.DatabaseError) as error:
        if isinstance(error, (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError)):
            raise
        raise StoreUnreachable(f"jobs cannot be kept: {reason_of(error)}") from error


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Report a folder that cannot be a store in one sentence, as `InvalidSettings`."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        hint = "give another folder with --data-dir or RYLA_DATA_DIR"
        if isinstance(error, sqlite3.Error):
            hint = f"its ryla.sqlite3 is broken or of another program: move it away, or {hint}"
        raise InvalidSettings(f"cannot keep jobs in '{folder}': {reason_of(error)}; {hint}") from None


def reason_of(error: OSError | sqlite3.Error) -> str:
    """What went wrong, without paths."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
