"""Switches and shares of routes, from a file or URL that is read while the server runs.

``{"modal": "25%", "runpod": false}``: the share of users whose runs try the route first, or whether it is used at all.
Invalid flags change nothing: the last valid ones stay in use, and the error is logged once.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from ryla_graphs.engines.http import NoAnswer, Service
from ryla_graphs.engines.router.shares import share_in
from ryla_graphs.problems import InvalidSettings

FILE_SECONDS, URL_SECONDS = 1.0, 30.0
"""Seconds between two checks of a file's time, or two requests to a URL."""
_FETCH_SECONDS = 5.0
_MOST = 64 * 1024

log = logging.getLogger("ryla_graphs.router")


class Flag(NamedTuple):
    """The flag of one route."""

    on: bool = True
    share: int | None = None
    """The share in basis points; None if the flag sets none."""


def flag_in(value: object) -> Flag:
    """Parse a flag: ``true``, ``"off"``, ``"25%"``; raises `ValueError`."""
    if isinstance(value, bool):
        return Flag(value)
    text = str(value).strip().lower() if isinstance(value, str) else ""
    known = {"true": True, "on": True, "1": True, "yes": True, "false": False, "off": False, "0": False, "no": False}
    if text in known:
        return Flag(known[text])
    if not text.endswith("%"):
        raise ValueError('use true, false or a percentage such as "25%"')
    return Flag(True, share_in(text))


def flags_in(content: bytes, routes: frozenset[str]) -> Mapping[str, Flag]:
    """The flags in a JSON text; raises `ValueError` with the reason."""
    try:
        rows = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("it is not valid JSON") from None
    if not isinstance(rows, dict):
        raise ValueError("it is not a JSON object with routes")
    found = {}
    for name, value in rows.items():
        if name not in routes:
            raise ValueError(f"there is no route '{name}'; there are {', '.join(sorted(routes))}")
        try:
            found[name] = flag_in(value)
        except ValueError as error:
            raise ValueError(f"'{name}': {error}") from None
    return found


class Flags:
    """The flags in a file or at a URL. Reading them is cheap: a file is checked rarely, a URL by a thread."""

    def __init__(
        self, place: str | None, routes: frozenset[str], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises `InvalidSettings` if a file cannot be read at the start; later, the last valid flags stay in use."""
        self._place, self._routes, self._clock = place, routes, clock
        self._flags: Mapping[str, Flag] = {}
        self._look_again = 0.0
        self._seen: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self.trouble = ""
        """Why the newest flags are not in use; empty if they are."""
        self._is_url = place is not None and place.startswith(("http://", "https://"))
        if place is not None:
            self._read()
            if self.trouble and not self._is_url:
                raise InvalidSettings(f"RYLA_FLAGS: {self.trouble}")

    def of(self, route: str) -> Flag | None:
        """The current flag of a route."""
        if self._place is not None and self._clock() >= self._look_again and self._lock.acquire(blocking=False):
            try:
                self._look_again = self._clock() + (URL_SECONDS if self._is_url else FILE_SECONDS)
                if self._is_url:
                    threading.Thread(target=self._read, daemon=True, name="ryla-flags").start()
                else:
                    self._read()
            finally:
                self._lock.release()
        return self._flags.get(route)

    def _read(self) -> None:
        self._look_again = self._clock() + (URL_SECONDS if self._is_url else FILE_SECONDS)
        try:
            content = self._content()
            if content is not None:
                self._flags = flags_in(content, self._routes)
        except (OSError, ValueError, NoAnswer) as error:
            trouble = f"cannot use the flags at {self._named()}: {_reason(error)}"
            if trouble != self.trouble:
                log.error("%s; the last valid ones stay in use", trouble)
            self.trouble = trouble
        else:
            self.trouble = "" if content is not None else self.trouble

    def _content(self) -> bytes | None:
        """The text; None if it has not changed."""
        assert self._place is not None
        if not self._is_url:
            path = Path(self._place)
            facts = path.stat()
            seen = (facts.st_mtime_ns, facts.st_size)
            if seen == self._seen:
                return None
            self._seen = seen
            return path.read_bytes()
        service = Service(self._place)
        try:
            answer = service.ask("GET", self._place, seconds=_FETCH_SECONDS, limit=_MOST)
        finally:
            service.close()
        if not answer.ok:
            raise ValueError(answer.odd())
        return answer.body

    def _named(self) -> str:
        """The place, without parts of a URL that may be secret."""
        return (self._place or "").partition("?")[0]


def _reason(error: Exception) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
