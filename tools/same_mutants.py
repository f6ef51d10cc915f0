"""Mutants that no test can notice, because the program does the same: module, what is changed, and why it is so."""

from __future__ import annotations

from collections.abc import Mapping

_CHUNK = "how much is read at once changes no answer"
_CLOCK = "no clock reads exactly that moment"

SAME: Mapping[str, Mapping[str, str]] = {
    "ryla_graphs.plan.limits": {
        "`2` → `3` in `return LARGEST ** 2 if measure != measure else max(-LARGEST ** 2, min…`": (
            "any number that a float holds will do, so long as no limit allows it"
        ),
    },
    "ryla_graphs.server.safety.fetch": {
        "Mult → Add in `64 * 1024`": _CHUNK,
        "`64` → `65` in `_CHUNK = 64 * 1024`": _CHUNK,
        "`1024` → `1025` in `_CHUNK = 64 * 1024`": _CHUNK,
        "GtE → Gt in `time.monotonic() >= deadline`": _CLOCK,
    },
    "ryla_graphs.server.storage.sqlite": {
        "`raise` after `db.close()` left out": "SQLite refuses a closed connection with an error of the same kind",
        "`1` → `2` in `rows = self._rows(f'{_JOB} {where}', *values, -1 if limit is None els…`": (
            "SQLite takes any negative number for no limit"
        ),
    },
}
