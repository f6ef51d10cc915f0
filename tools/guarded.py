"""The modules that guard money and data, for `tools.mutants`: their tests, and the mutants that no test can notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Guarded(NamedTuple):
    """A module, the tests that are there for it, and the share of its mutants that they must notice."""

    module: str
    tests: Sequence[str]
    floor: float
    chosen: str = ""
    """Which of these tests, as pytest's `-k` takes it; all where empty."""


_ROOM = "ryla_graphs."
_ROUTING = ("tests/routing/test_lanes.py", "tests/routing/test_choosing.py", "tests/routing/test_router.py")
_STATES = ("tests/server/test_steps.py", "tests/server/test_states.py")
_SQLITE = (
    "tests/server/test_sqlite.py", "tests/server/test_full_disk.py", "tests/server/test_store.py",
    "tests/server/test_damage.py",
)  # fmt: skip

GUARDED = (
    # what a run may ask for, where it goes, and what that costs
    Guarded(_ROOM + "plan.limits", ("tests/plan/test_limits_laws.py", "tests/plan/test_limits.py"), 0.9),
    Guarded(_ROOM + "plan.work", ("tests/plan/test_limits_laws.py", "tests/plan/test_limits.py"), 0.9),
    Guarded(_ROOM + "plan.crowds", ("tests/plan/test_limits_laws.py", "tests/plan/test_limits.py"), 0.9),
    Guarded(_ROOM + "plan.choice", ("tests/plan/test_choice_laws.py", "tests/plan/test_choice.py"), 0.9),
    Guarded(_ROOM + "plan.money", ("tests/plan/test_choice_laws.py",), 0.9),
    Guarded(_ROOM + "engines.router.breaker", ("tests/routing/test_breaker.py", *_ROUTING), 0.9),
    Guarded(_ROOM + "engines.router.budgets", ("tests/routing/test_budgets.py", *_ROUTING), 0.9),
    Guarded(_ROOM + "engines.router.choosing", _ROUTING, 0.9),
    Guarded(
        _ROOM + "engines.router.state", ("tests/routing/test_state.py", "tests/routing/test_shadow.py", *_ROUTING), 0.9
    ),
    Guarded(_ROOM + "engines.router.attempt", _ROUTING, 0.9),
    Guarded(_ROOM + "engines.router.route", _ROUTING, 0.9),
    Guarded(_ROOM + "engines.router.run", ("tests/routing/test_runs.py", *_ROUTING), 0.8),
    Guarded(_ROOM + "modal_deploy.money", ("tests/modal_app/test_money.py",), 0.9),
    Guarded(
        _ROOM + "modal_deploy.placement",
        ("tests/modal_app/test_placement_checks.py", "tests/modal_app/test_placement.py"),
        0.8,
    ),
    Guarded(
        _ROOM + "modal_deploy.spending",
        ("tests/modal_app/test_spending_laws.py", "tests/modal_app/test_spending.py"),
        0.9,
    ),
    Guarded(
        _ROOM + "server.jobs.partners", ("tests/server/test_partner_laws.py", "tests/server/test_partners.py"), 0.9
    ),
    Guarded(_ROOM + "server.safety.deadlines", ("tests/server/test_deadlines.py",), 0.9, "overdue or moment or hour"),
    # who may do what, and who hears of it
    Guarded(_ROOM + "server.safety.tokens", ("tests/server/safety/test_tokens.py",), 0.9),
    Guarded(_ROOM + "server.safety.gate", ("tests/server/safety/test_gate.py",), 0.9),
    Guarded(_ROOM + "server.safety.quotas", ("tests/server/safety/test_quotas.py",), 0.9),
    Guarded(
        _ROOM + "server.http.v2.assets", ("tests/server/safety/test_quotas.py", "tests/server/v2/test_assets.py"), 0.9
    ),
    Guarded(
        _ROOM + "server.safety.media",
        ("tests/server/safety/test_media_bounds.py", "tests/server/safety/test_media.py"),
        0.9,
    ),
    Guarded(_ROOM + "server.safety.containers", ("tests/server/safety/test_containers.py",), 0.9),
    Guarded(_ROOM + "server.submit.uploads", ("tests/server/test_given_files.py", "tests/server/test_inputs.py"), 0.9),
    Guarded(_ROOM + "server.safety.confine", ("tests/server/safety/test_confine.py",), 0.9),
    Guarded(_ROOM + "server.safety.fetch", ("tests/server/safety/test_fetch.py",), 0.9),
    Guarded(_ROOM + "server.sinks.webhooks", ("tests/server/test_webhook_laws.py",), 0.9),
    # what is kept
    Guarded(_ROOM + "server.jobs.waiting", ("tests/server/test_waiting.py",), 0.9),
    Guarded(_ROOM + "server.jobs.states", _STATES, 0.9),
    Guarded(_ROOM + "server.jobs.live", _STATES, 0.9),
    Guarded(_ROOM + "server.storage.sqlite", _SQLITE, 0.9, "not modal and not Containers"),
    Guarded(_ROOM + "server.storage.blobs", ("tests/server/test_blobs.py",), 0.9),
    Guarded(_ROOM + "server.storage.checkpoints", _SQLITE, 0.9, "not modal and not Containers"),
    Guarded(_ROOM + "models_folder.graph_weights", ("tests/models_folder/test_graph_weights.py",), 0.9),
    Guarded(_ROOM + "models_folder.checking", ("tests/models_folder/test_checking.py",), 0.9),
)

_CHUNK = "how much is read at once changes no answer"
_MEMORY = "what is forgotten is found again"
_CLOCK = "no clock reads exactly that moment"

SAME: Mapping[str, Mapping[str, str]] = {
    "ryla_graphs.plan.work": {
        "`2` → `3` in `HUGE = float(LARGEST ** 2)`": (
            "any number that a float holds will do, so long as no limit allows it"
        ),
    },
    "ryla_graphs.plan.limits": {
        "`0` → `1` in `width, height = (max(((number_of(view, node, name) or 0, name) for na…`": (
            "a picture of one row is never too large where its side is not"
        ),
    },
    "ryla_graphs.engines.router.breaker": {"`0` → `1` in `self._good = 0`": "to open sets it again"},
    "ryla_graphs.engines.router.route": {
        "`512` → `513` in `_REMEMBERED = 512`": _MEMORY,
        "`if len(self._verdicts) > _REMEMBERED` turned round": _MEMORY,
        "Gt → GtE in `len(self._verdicts) > _REMEMBERED`": _MEMORY,
        "`True` → `False` in `return sum((w * seconds for w, (_, seconds) in zip(weights, rows, str…`": (
            "the two are of one length"
        ),
    },
    "ryla_graphs.modal_deploy.placement": {"GtE → Gt in `time.monotonic() >= self._until`": _CLOCK},
    "ryla_graphs.server.safety.deadlines": {
        "Gt → GtE in `now - begun > least`": "the time that the plan gives is never less, and is asked for next",
        "Sub → Add in `now - begun`": "the time that the plan gives is never less, and is asked for next",
    },
    "ryla_graphs.server.safety.tokens": {
        "`32` → `33` in `self._anonymous = secrets.token_hex(32)`": "a longer secret is as good",
    },
    "ryla_graphs.server.safety.fetch": {
        "Mult → Add in `64 * 1024`": _CHUNK,
        "`64` → `65` in `_CHUNK = 64 * 1024`": _CHUNK,
        "`1024` → `1025` in `_CHUNK = 64 * 1024`": _CHUNK,
        "GtE → Gt in `time.monotonic() >= deadline`": _CLOCK,
    },
    "ryla_graphs.server.safety.gate": {"`256` → `257` in `_REMEMBERED = 256`": _MEMORY},
    "ryla_graphs.server.sinks.webhooks": {
        "`False` → `True` in `hook: Hook = field(compare=False)`": "no two have one number, which is compared before",
        "LtE → Lt in `self._waiting[0].due <= now`": _CLOCK,
        "`5` → `6` in `thread.join(timeout=5)`": "how long a close waits for a receiver that hangs",
    },
    "ryla_graphs.server.storage.blobs": {
        "Mult → Add in `256 * 1024`": _CHUNK,
        "`256` → `257` in `CHUNK = 256 * 1024`": _CHUNK,
        "`1024` → `1025` in `CHUNK = 256 * 1024`": _CHUNK,
        "Gt → GtE in `left > 0`": "to read nothing ends it too",
        "`True` → `False` in `Path(temporary).unlink(missing_ok=True)`": "it is suppressed, being an OSError",
    },
    "ryla_graphs.server.safety.containers": {
        "Lt → LtE in `place < len(content)`": "a rest without a byte adds nothing",
    },
    "ryla_graphs.server.storage.sqlite": {
        "`raise` after `db.close()` left out": "SQLite refuses a closed connection with an error of the same kind",
    },
}
"""Mutants that make no difference: the module, the change, and why the program still behaves the same."""
