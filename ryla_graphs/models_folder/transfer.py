"""Downloads one file to disk, resuming where an earlier attempt stopped.

huggingface_hub discards an interrupted download, so this module fetches the bytes itself, with HTTP ranges.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import requests

from ryla_graphs.models_folder.locating import SECONDS, Located
from ryla_graphs.problems import Problem, PullFailed

CHUNK = 2**20
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds to wait before each retry; it gives up after this many attempts that brought nothing."""

OK, PARTIAL, NO_SUCH_RANGE = 200, 206, 416


def download(
    located: Located,
    locate_again: Callable[[], Located],
    part: Path,
    session: requests.Session,
    on_done: Callable[[int], None],
) -> None:
    """Fill `part` up to the file's end; `on_done` gets the number of bytes so far.

    After a dropped connection it resumes at a newly requested URL, since signed URLs expire. Raises
    `PullFailed` if it cannot reconnect or the server refuses; `OSError` if the disk fails.
    """
    failures = 0
    while located.size is None or _size(part) != located.size:
        have = _size(part)
        try:
            _stream(located, part, have, session, on_done)
            return
        except requests.RequestException as error:
            failures = failures + 1 if _size(part) <= have else 1
            if failures > len(PAUSES):
                _give_up(located, str(error) if type(error) is _Refused else type(error).__name__, _size(part))
            time.sleep(PAUSES[failures - 1])
            located = locate_again()


class _Refused(requests.RequestException):
    """The server answered with a status that carries no bytes."""


def _stream(located: Located, part: Path, have: int, session: requests.Session, on_done: Callable[[int], None]) -> None:
    """Append what is missing. Raises `requests.RequestException` if trying again may help."""
    if located.size is not None and have > located.size:
        have = 0
    headers = {"Accept-Encoding": "identity", **located.headers}
    if have:
        headers["Range"] = f"bytes={have}-"
    answer = session.get(located.url, headers=headers, timeout=SECONDS, stream=True)
    try:
        if answer.status_code == NO_SUCH_RANGE:
            part.unlink()
        goes_on = answer.status_code == PARTIAL and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if not goes_on and answer.status_code != OK:
            raise _Refused(f"status {answer.status_code}")
        done = have if goes_on else 0
        with part.open("ab" if goes_on else "wb") as file:
            while piece := _piece(answer):
                file.write(piece)
                done += len(piece)
                on_done(done)
            file.flush()
            os.fsync(file.fileno())
    finally:
        answer.close()


def _piece(answer: requests.Response) -> bytes:
    """The bytes that have arrived. `iter_content` would wait for a whole chunk, and lose it if interrupted midway."""
    try:
        piece: bytes = answer.raw.read1(CHUNK)
    except Exception as error:  # any error of the layer below, which requests wraps only in `iter_content`
        raise requests.ConnectionError(type(error).__name__) from error
    return piece


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _give_up(located: Located, reason: str, have: int) -> NoReturn:
    problem = Problem(
        code="connection_lost",
        message=f"the connection to {located.source.page} breaks again and again ({reason}); {have:,} bytes are kept",
        hint="pull it again: it goes on from there",
    )
    raise PullFailed([problem])
