"""A hung engine holds neither a job nor its slot, and a job is queued until the engine says that it executes it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.engines.events import Event, OutputReady
from ryla_graphs.problems import Cancelled, RunTimedOut
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.jobs import running, worker
from ryla_graphs.server.safety.deadlines import Deadlines, Watch
from tests.server.clients import TestClient
from tests.server.live import until
from tests.server.scripted import ScriptedEngine
from tests.server.test_contract import flux

ASYNC = {"Prefer": "respond-async"}
SHORT = {"silence": 0.2, "download": 0.2, "cancel": 0.2, "least": 0.2, "most": 0.2}
"""What must run out; what must not has its default, of minutes."""


class Hung:
    """The act that hangs before the first event of a kind, whatever is asked of it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.reached, self.go = threading.Event(), threading.Event()

    def __call__(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            if event.kind == self.kind and not self.reached.is_set():
                self.reached.set()
                assert self.go.wait(120)
            yield event


class Chatty(Hung):
    """The act that goes on and on."""

    def __call__(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            yield event
            if event.kind == self.kind:
                self.reached.set()
                while not self.go.wait(0.01):
                    yield event


class Dripping:
    """An output that never comes to its end."""

    def __init__(self, hung: Hung) -> None:
        self._hung = hung

    def __call__(self, events: Iterator[Event]) -> Iterator[Event]:
        def read() -> bytes:
            self._hung.reached.set()
            assert self._hung.go.wait(120)
            return b""

        for event in events:
            if isinstance(event, OutputReady):
                yield replace(event, artifact=replace(event.artifact, read=read))
            else:
                yield event


@pytest.fixture
def let_go() -> Iterator[Callable[[Hung], Hung]]:
    """Ends what hangs when the test does."""
    held: list[Hung] = []

    def keep(hung: Hung) -> Hung:
        held.append(hung)
        return hung

    yield keep
    for hung in held:
        hung.go.set()


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LOOK_SECONDS", 0.02)


def served(folder: Path, act: Any, **deadlines: float) -> TestClient:
    settings = Settings(deadlines=Deadlines(**deadlines))
    return TestClient(create_app(ScriptedEngine(act), SqliteStore(folder), settings))


def test_a_job_that_waits_inside_the_engine_is_queued(tmp_path: Path, let_go: Callable[[Hung], Hung]) -> None:
    hung = let_go(Hung("started"))
    with served(tmp_path, hung) as client:
        where = client.post("/workflow", json=flux(), headers=ASYNC).headers["location"]
        assert hung.reached.wait(60)
        job = client.get(where).json()
        assert (job["state"], job["position"], job["attempt"], job["started_at"]) == ("queued", 0, 1, None)
        assert [each["id"] for each in client.get("/jobs", params={"state": "queued"}).json()["jobs"]] == [job["id"]]
        time.sleep(0.3)
        hung.go.set()
        until(lambda: client.get(where).json()["state"] == "succeeded")
        job = client.get(where).json()
        created, started, ended = (
            datetime.fromisoformat(job[f"{what}_at"]) for what in ("created", "started", "ended")
        )
        waited = (started - created).total_seconds() * 1000
        assert waited >= 300 and abs(job["metrics"]["queue_ms"] - waited) <= 2
        assert job["metrics"]["execution_ms"] <= (ended - started).total_seconds() * 1000 + 2


def test_a_start_is_stored_soon_though_nothing_follows(tmp_path: Path, let_go: Callable[[Hung], Hung]) -> None:
    hung = let_go(Hung("node"))
    with served(tmp_path, hung) as client:
        where = client.post("/workflow", json=flux(), headers=ASYNC).headers["location"]
        assert hung.reached.wait(60)
        assert client.get(where).json()["state"] == "running"
        until(lambda: len(client.get("/jobs", params={"state": "running"}).json()["jobs"]) == 1)
        hung.go.set()


@pytest.mark.parametrize("kind", ["started", "node", "finished"])
def test_cancelling_frees_the_slot_whatever_the_engine_does(
    kind: str, tmp_path: Path, let_go: Callable[[Hung], Hung]
) -> None:
    hung = let_go(Hung(kind))
    with served(tmp_path, hung, cancel=0.2) as client:
        where = client.post("/workflow", json=flux(), headers=ASYNC).headers["location"]
        assert hung.reached.wait(60)
        assert client.delete(where).json()["cancel_requested"]
        until(lambda: client.get(where).json()["state"] == "cancelled")
        assert client.post("/workflow", json=flux()).status_code == 200, "the only slot is free"
        hung.go.set()  # and its thread finds that another has its place
        assert client.post("/workflow", json=flux()).status_code == 200
        until(lambda: client.get("/ready").json()["running"] == 0)  # the answer is there before its thread has ended
        assert client.get(where).json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("act", "deadline", "reason"),
    [
        (Hung("node"), "silence", "sent no event of the run for 0.2 seconds"),
        (Hung("finished"), "silence", "sent no event of the run for 0.2 seconds"),
        (Dripping(Hung("")), "download", "did not deliver an output within 0.2 seconds"),
        (Chatty("node"), "most", "took longer than its limit of 0.2 seconds"),
        (Hung("started"), "most", "did not start the run within 0.2 seconds"),
    ],
    ids=["silent", "silent at the end", "download", "endless", "never begun"],
)
def test_a_hung_engine_is_given_up(
    act: Any,
    deadline: str,
    reason: str,
    tmp_path: Path,
    let_go: Callable[[Hung], Hung],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hung = let_go(getattr(act, "_hung", act))
    begun = time.monotonic()

    def clock() -> float:
        """Stands still until the engine hangs: a slow machine may take its time up to there."""
        return time.monotonic() if hung.reached.is_set() else begun

    monkeypatch.setattr(worker, "Watch", partial(Watch, clock=clock))
    chosen = {deadline: 0.2} | ({"least": 0.1} if deadline == "most" else {})
    with served(tmp_path, act, **chosen) as client:
        answer = client.post("/workflow", json=flux())
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "run_timed_out")
        assert reason in answer.json()["error"]["message"]
        # The only slot is free: whatever becomes of the next on a slow machine, it is not left waiting.
        assert client.post("/workflow", json=flux()).status_code in (200, 504)


def test_waiting_in_the_engines_queue_is_no_silence(tmp_path: Path, let_go: Callable[[Hung], Hung]) -> None:
    hung = let_go(Hung("started"))
    with served(tmp_path, hung, **{**SHORT, "cancel": 60, "most": 60}) as client:
        where = client.post("/workflow", json=flux(), headers=ASYNC).headers["location"]
        assert hung.reached.wait(60)
        time.sleep(0.5)
        assert client.get(where).json()["state"] == "queued"
        hung.go.set()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(
    st.lists(
        st.tuples(st.sampled_from(["start", "hear", "wait", "excuse", "fetch", "done"]), st.floats(0, 50)), max_size=12
    ),
    st.none() | st.floats(1, 200),
)
def test_what_is_overdue(steps: list[tuple[str, float]], planned: float | None) -> None:
    """Against a second telling: the clocks as plain numbers."""
    clock, limits = Clock(), Deadlines(silence=30, download=20, cancel=10, least=40, most=100)
    watch = Watch(clock=clock)
    begun = fetching = None
    heard, fetch = 0.0, None
    for step, seconds in steps:
        clock.now += seconds
        if step == "fetch" and fetch is None:
            fetch = watch.fetch()
            fetch.__enter__()
            fetching = clock.now
        elif step == "done" and fetch is not None:
            fetch.__exit__(None, None, None)
            fetch, fetching, heard = None, None, clock.now
        elif step == "start":
            watch.start()
            begun = clock.now if begun is None else begun
        elif step == "hear":
            watch.hear()
            heard = clock.now
        elif step == "wait" and fetch is None:
            watch.wait()
            begun, heard = None, clock.now
        elif step == "excuse":
            watch.excuse()
            heard = clock.now
            begun, fetching = (None if since is None else clock.now for since in (begun, fetching))
        late = watch.overdue(limits, cancelled=None, planned=lambda: planned)
        most = 100 if planned is None else min(100.0, max(40.0, 20 * planned))
        if fetching is not None:
            assert isinstance(late, RunTimedOut) is (clock.now - fetching > 20)
        else:
            waits = begun is None and clock.now - heard > 100
            assert isinstance(late, RunTimedOut) is (
                waits or (begun is not None and (clock.now - heard > 30 or clock.now - begun > most))
            )
        assert isinstance(watch.overdue(limits, cancelled=clock.now - 11, planned=lambda: planned), Cancelled)
        asked = watch.overdue(limits, cancelled=clock.now - 9, planned=lambda: planned)
        assert (type(asked), str(asked)) == (type(late), str(late)), "a cancellation in time changes nothing"


def test_as_long_as_a_deadline_is_in_time_and_a_moment_more_is_not() -> None:
    limits = Deadlines(silence=30, download=20, cancel=10, least=40, most=100)

    def late(limit: float, *steps: str, planned: float | None = None, heard: float | None = None) -> list[bool]:
        """Whether it is overdue when the limit is reached, and a moment later."""
        found, held = [], []
        for more in (0.0, 0.5):
            clock = Clock()
            clock.now = 1000.0
            watch = Watch(clock=clock)
            for step in steps:
                doing = getattr(watch, step)()
                if step == "fetch":
                    doing.__enter__()
                    held.append(doing)
            clock.now += limit + more
            if heard is not None:
                watch._heard = clock.now - heard
            found.append(watch.overdue(limits, cancelled=None, planned=lambda: planned) is not None)
        return found

    assert late(30, "start") == [False, True], "silence"
    assert late(20, "start", "fetch") == [False, True], "download"
    assert late(100) == [False, True], "waiting in the engine's queue"
    assert late(100, "start", heard=0) == [False, True], "the most of all"
    assert late(40, "start", heard=0, planned=1) == [False, True], "the least of all"
    assert late(60, "start", heard=0, planned=3) == [False, True], "twenty times its plan"
    limits = replace(limits, least=500)
    assert late(100, "start", heard=0) == [False, True], "a least that is more than the most of all"
    clock = Clock()
    watch = Watch(clock=clock)
    for now, gone in ((10.0, False), (10.5, True)):
        clock.now = now
        assert isinstance(watch.overdue(limits, cancelled=0.0, planned=lambda: None), Cancelled) is gone


def test_a_run_may_take_an_hour_twenty_times_its_plan_or_six_hours() -> None:
    assert Deadlines() == Deadlines(silence=30 * 60, download=5 * 60, cancel=10, least=3600, most=6 * 3600)
    assert [Deadlines().run(planned) for planned in (1, 400, 5000, None)] == [3600, 8000, 21_600, 21_600]
