"""Mutants that no test can notice, because the program does the same: module, what is changed, and why it is so."""

from __future__ import annotations

from collections.abc import Mapping

_CHUNK = "how much is read at once changes no answer"
_CLOCK = "no clock reads exactly that moment"

SAME: Mapping[str, Mapping[str, str]] = {
    "ryla_graphs.server.safety.fetch": {
        "Mult → Add in `64 * 1024`": _CHUNK,
        "`64` → `65` in `_CHUNK = 64 * 1024`": _CHUNK,
        "`1024` → `1025` in `_CHUNK = 64 * 1024`": _CHUNK,
        "GtE → Gt in `time.monotonic() >= deadline`": _CLOCK,
    },
}
