"""The lease of a deployment's records: one web container at a time owns them, the one that started last.

During Modal's rolling redeployment, two web containers are alive for minutes. Every owner has a term with its own
entry, ``lease:<term>``, which only it writes; `skip_if_exists` gives a term to one container. A container that takes
the next term waits until the previous owner has released its lease, or was silent for `LOST_SECONDS`. An owner that
finds a higher term releases its lease. An owner that cannot renew its entry for that long stops writing by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal
from uuid import uuid4

import modal

from ryla_graphs.modal_deploy.store.modal_errors import modal_errors

BEAT_SECONDS = 3.0
"""Seconds between two renewals of the entry, and two checks for a higher term."""
LOST_SECONDS = 20.0
"""Seconds without a renewal after which an owner counts as lost."""
TERMS_KEPT = 10
"""How many terms stay readable, for containers that search for the newest one."""

POINTER = "lease"
"""The entry with the term at which a search starts; it may lag behind."""

State = Literal["waiting", "held", "released"]


class Lease:
    """The right to write the records in a Modal dictionary."""

    def __init__(
        self,
        records: modal.Dict,
        *,
        silence: float = LOST_SECONDS,
        pause: float = 0.5,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._records = records
        self._silence = silence
        self._pause = pause
        self._clock = clock
        self._owner = uuid4().hex
        self._state: State = "released"
        self._renewed = 0.0
        self.term = 0

    @property
    def held(self) -> bool:
        """Whether this container may write at the moment."""
        return self._state == "held" and time.monotonic() - self._renewed < self._silence

    def take(self) -> bool:
        """Take the next term, and wait for the previous owner; False if a later container took over in the meantime.

        Raises `StoreUnreachable`.
        """
        term = self._newest()
        self._state = "waiting"
        with modal_errors("records"):
            while not self._records.put(_name(term + 1), self._entry(), skip_if_exists=True):
                term += 1
            self.term = term + 1
            self._records.put(POINTER, self.term)
            self._records.pop(_name(self.term - TERMS_KEPT), None)
        while self._alive(term):
            self._write("waiting")
            time.sleep(self._pause)
        if self.superseded():
            self._write("released")
            return False
        self._write("held")
        return True

    def renew(self) -> None:
        """Renew the entry, to show that this owner is alive; raises `StoreUnreachable`."""
        self._write(self._state)

    def superseded(self) -> bool:
        """Whether another container has the next term; raises `StoreUnreachable`."""
        with modal_errors("records"):
            return bool(self._records.contains(_name(self.term + 1)))

    def release(self) -> None:
        """Release the lease, so that the next owner can start at once. Raises `StoreUnreachable`."""
        if self._state != "released":
            self._write("released")

    def owned(self) -> bool:
        """Whether any container holds the newest term and is alive; for callers that want no lease themselves."""
        return self._alive(self._newest())

    def _newest(self) -> int:
        with modal_errors("records"):
            term = int(self._records.get(POINTER) or 0)
            while self._records.contains(_name(term + 1)):
                term += 1
        return term

    def _alive(self, term: int) -> bool:
        with modal_errors("records"):
            entry = self._records.get(_name(term))
        return bool(entry) and entry["state"] != "released" and self._clock() - entry["at"] < self._silence

    def _write(self, state: State) -> None:
        self._state = state
        began = time.monotonic()
        with modal_errors("records"):
            self._records.put(_name(self.term), self._entry())
        self._renewed = began

    def _entry(self) -> dict[str, Any]:
        return {"owner": self._owner, "state": self._state, "at": self._clock()}


def _name(term: int) -> str:
    return f"{POINTER}:{term}"
