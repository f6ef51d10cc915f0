"""Webhooks against a receiver that answers as a test says: who is posted to, how often, and what is kept until then."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.answers.words import JobState
from ryla_graphs.problems import InvalidInputs, InvalidSettings
from ryla_graphs.server import SqliteStore
from ryla_graphs.server.records import WEBHOOK_URL, Hook, Job, JobEvent, JobRequest
from ryla_graphs.server.safety.fetch import Answer, Fetcher, FetchPolicy
from ryla_graphs.server.safety.refusals import refusal
from ryla_graphs.server.sinks import webhooks as module
from ryla_graphs.server.sinks.webhooks import Signer, Webhooks
from tests.server.live import until

SIGNER = Signer(base64.b64encode(bytes(32)).decode())
ENDED = JobEvent(3, 12.5, "status", {})


class Receiver(Fetcher):
    """Answers with the next status, 200 after the last; holds on while it is `busy`."""

    def __init__(self, *statuses: int) -> None:
        super().__init__(FetchPolicy(hosts=("*",)))
        self.statuses = list(statuses)
        self.free = threading.Event()
        self.free.set()
        self.lock = threading.Lock()
        self.on: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.posted: list[tuple[str, bytes, Any]] = []

    def post(self, url: str, body: bytes, headers: Any, *, name: str = "url") -> Answer:
        with self.lock:
            for key in (url, "all"):
                self.on[key] += 1
                self.most[key] = max(self.most[key], self.on[key])
        assert self.free.wait(60)
        with self.lock:
            self.posted.append((url, body, headers))
            for key in (url, "all"):
                self.on[key] -= 1
            status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            raise refusal("url_failed", "the host is down", name=name)
        return Answer(status, b"")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def made(store: SqliteStore) -> Iterator[Callable[..., Webhooks]]:
    all_: list[tuple[Webhooks, Receiver]] = []

    def make(receiver: Receiver, *, signer: Signer | None = SIGNER, pauses: tuple[float, ...] = ()) -> Webhooks:
        hooks = Webhooks(receiver, signer, lambda job: {"id": job.id}, store, pauses=pauses)
        all_.append((hooks, receiver))
        return hooks

    yield make
    for hooks, receiver in all_:
        receiver.free.set()
        hooks.close()


def job(number: int, *, owner: str = "me", state: JobState = JobState.SUCCEEDED, address: Any = None) -> Job:
    extra = {WEBHOOK_URL: f"https://{owner}.example/" if address is None else address}
    request = JobRequest(prompt={}, extra={} if address == "" else extra)
    return Job(id=f"{number:08d}-0000-4000-8000-000000000000", owner=owner, request=request, created_at=0, state=state)


def end(hooks: Webhooks, store: SqliteStore, *jobs: Job) -> None:
    for each in jobs:
        store.add_job(each, [])
        hooks.on_event(each, ENDED)


@given(st.binary(min_size=24, max_size=64), st.booleans(), st.text(max_size=20), st.integers(0, 2**40), st.binary())
def test_a_receiver_can_check_a_signature(key: bytes, prefix: bool, name: str, at: int, body: bytes) -> None:
    headers = Signer("whsec_" * prefix + base64.b64encode(key).decode()).headers(name, at, body)
    version, _, signature = headers["webhook-signature"].partition(",")
    expected = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    assert version == "v1" and base64.b64decode(signature) == expected
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (name, str(at))


@pytest.mark.parametrize("odd", ["!", " ", "\n", "-", "=="])
def test_a_slip_in_a_secret_is_not_passed_over(odd: str) -> None:
    secret = base64.b64encode(bytes(range(32))).decode()
    with pytest.raises(InvalidSettings):
        Signer(f"{secret[:10]}{odd}{secret[10:]}")


@pytest.mark.parametrize("size", [0, 23, 65])
def test_a_key_has_24_to_64_bytes(size: int) -> None:
    with pytest.raises(InvalidSettings, match="24 to 64 bytes"):
        Signer(base64.b64encode(bytes(size)).decode())


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (200, None), (204, None), (299, None), (410, None),
        (199, "answered 199"), (300, "answered 300"), (302, "answered 302"), (404, "answered 404"),
        (500, "answered 500"), (0, "the host is down"),
    ],
)  # fmt: skip
def test_an_answer_is_taken_or_the_hook_given_up(
    status: int, says: str | None, made: Any, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    receiver = Receiver(status)
    hooks = made(receiver)
    end(hooks, store, job(1))
    until(lambda: store.hooks() == [] and bool(caplog.messages))
    wanted = f"webhook of job {job(1).id} " + ("delivered" if says is None else f"given up: {says}")
    assert wanted in caplog.messages and len(receiver.posted) == 1
    ((url, body, headers),) = receiver.posted
    assert url == "https://me.example/" and headers["webhook-id"] == f"msg_{job(1).id}"
    assert json.loads(body) == {"type": "job.succeeded", "timestamp": 12.5, "data": {"id": job(1).id}}


@pytest.mark.parametrize(("failures", "delivered"), [(2, True), (3, False)])
def test_it_is_tried_again_after_each_pause(
    failures: int, delivered: bool, made: Any, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    receiver = Receiver(*[500] * failures)
    hooks = made(receiver, pauses=(0.0, 0.001))
    end(hooks, store, job(1))
    until(lambda: store.hooks() == [])
    assert len(receiver.posted) == 3
    pauses = [message for message in caplog.messages if re.search(r"\b(0|0\.001) s\b", message)]
    assert len(pauses) == 2 and all("answered 500" in message for message in pauses)
    until(lambda: ("delivered" if delivered else "given up") in caplog.messages[-1])


def test_what_waits_for_another_attempt_is_kept_with_their_number(made: Any, store: SqliteStore) -> None:
    hooks = made(Receiver(500), pauses=(3600.0,))
    assert hooks.due_in is None
    end(hooks, store, job(1))
    until(lambda: [hook.attempt for hook in store.hooks()] == [1])
    until(lambda: hooks.due_in != 0.0)
    assert 3500 < (hooks.due_in or 0) <= 3600
    hooks.close()
    later = made(receiver := Receiver())
    later.restore()
    until(lambda: store.hooks() == [])
    assert len(receiver.posted) == 1


def test_while_one_is_posted_something_is_due(made: Any, store: SqliteStore) -> None:
    receiver = Receiver()
    receiver.free.clear()
    hooks = made(receiver)
    end(hooks, store, job(1))
    until(lambda: receiver.on["all"] == 1)
    assert hooks.due_in == 0.0
    receiver.free.set()
    until(lambda: hooks.due_in is None)


def test_nothing_is_posted_where_no_caller_asked_for_it_or_nothing_ended(made: Any, store: SqliteStore) -> None:
    hooks, unsigned = made(Receiver()), made(Receiver(), signer=None)
    end(hooks, store, job(1, address=""), job(2, state=JobState.RUNNING))
    hooks.on_event(job(1), JobEvent(1, 0.0, "progress", {}))
    unsigned.on_event(job(1), ENDED)
    assert store.hooks() == [] and hooks.due_in is unsigned.due_in is None
    store.keep_hook(Hook(job(1).id, "me", "https://me.example/", "{}"))
    unsigned.restore()
    assert unsigned.due_in is None


def test_an_address_is_looked_at_before_the_job_is_taken(made: Any) -> None:
    made(Receiver()).check("https://me.example/")
    for hooks, address, says in (
        (made(Receiver()), "http://me.example/", "only https://"),
        (made(Receiver(), signer=None), "https://me.example/", "no webhooks"),
    ):
        with pytest.raises(InvalidInputs) as refused:
            hooks.check(address)
        (problem,) = refused.value.problems
        assert (problem.code, problem.field) == ("webhook_refused", "webhook_url") and says in problem.message


def test_an_owner_has_two_at_once_and_all_of_them_sixteen(made: Any, store: SqliteStore) -> None:
    receiver = Receiver()
    receiver.free.clear()
    hooks = made(receiver)
    end(hooks, store, *(job(number, owner=f"o{number % 10}") for number in range(40)))
    until(lambda: receiver.on["all"] == 16)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "webhooks")
    receiver.free.set()
    until(lambda: store.hooks() == [])
    assert receiver.most["all"] == 16
    assert max(most for name, most in receiver.most.items() if name != "all") == 2
    assert len(receiver.posted) == 40


def test_an_owner_with_too_many_waiting_loses_the_newest(
    made: Any, store: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert module.BACKLOG == 1_000
    monkeypatch.setattr(module, "BACKLOG", 3)
    receiver = Receiver()
    receiver.free.clear()
    hooks = made(receiver)
    for number in range(2):
        end(hooks, store, job(number))
        until(lambda: receiver.on["all"] == number + 1)  # noqa: B023
    end(hooks, store, *(job(number) for number in range(2, 7)), job(9, owner="you"))
    assert [job(number).id in caplog.messages[number - 5] for number in (5, 6)] == [True, True]
    assert len(caplog.messages) == 2 and all("given up" in each and " 3 " in each for each in caplog.messages)
    assert len(store.hooks()) == 6
    receiver.free.set()
    until(lambda: store.hooks() == [])
    assert len(receiver.posted) == 6


def test_a_fault_of_ours_costs_one_hook_and_no_thread(made: Any, store: SqliteStore) -> None:
    class Broken(Receiver):
        def post(self, url: str, *args: Any, **kwargs: Any) -> Answer:
            if not self.posted:
                self.posted.append((url, b"", {}))
                raise RuntimeError("a fault")
            return super().post(url, *args, **kwargs)

    receiver = Broken()
    hooks = made(receiver)
    end(hooks, store, *(job(number) for number in range(5)))
    until(lambda: len(receiver.posted) == 5)
    until(lambda: hooks.due_in is None)
    assert len(store.hooks()) == 1, "a restart tries it again"


def test_a_store_that_keeps_nothing_stops_no_hook(
    made: Any, store: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("disk")

    monkeypatch.setattr(SqliteStore, "keep_hook", broken)
    receiver = Receiver()
    end(made(receiver), store, job(1))
    until(lambda: len(receiver.posted) == 1)
    assert [job(1).id in message and "disk" in message for message in caplog.messages] == [True]


def test_after_the_end_nothing_is_posted(made: Any, store: SqliteStore) -> None:
    receiver = Receiver()
    hooks = made(receiver)
    hooks.close()
    end(hooks, store, job(1))
    assert receiver.posted == [] and len(store.hooks()) == 1
