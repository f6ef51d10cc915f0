"""What one server owns exclusively: its data folder and its port. Both can be checked before anything is loaded."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

from ryla_graphs.problems import InvalidSettings

_CLAIM = "claim.sqlite3"


def claimed(folder: Path) -> sqlite3.Connection:
    """A lock on a data folder, released when this process ends, however it ends; raises `InvalidSettings`."""
    claim = sqlite3.connect(folder / _CLAIM, check_same_thread=False, isolation_level=None, timeout=0.2)
    try:
        claim.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        claim.close()
        if "locked" in str(error):
            reason = f"another server works in '{folder}'; stop it, or give this one another folder: --data-dir"
            raise InvalidSettings(reason) from None
        raise InvalidSettings(f"cannot keep jobs in '{folder}': {error}") from None
    return claim


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens at an address; raises `InvalidSettings`."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = f"{error.strerror or error}; --port takes another port, 0 a free one"
        raise InvalidSettings(f"cannot listen on {host}:{port}: {reason}") from None


def refuse_taken(folder: Path, host: str, port: int) -> None:
    """Raise `InvalidSettings` where another process has the folder or the port; both are free again afterwards."""
    if (folder / _CLAIM).is_file():
        claimed(folder).close()
    bound(host, port).close()
