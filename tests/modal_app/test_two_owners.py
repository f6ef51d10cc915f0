"""A redeployment: two web containers are alive over one dictionary of records, and one of them owns it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import modal
import pytest

from ryla_graphs.answers.words import JobState
from ryla_graphs.modal_deploy.store.lease import LOST_SECONDS, Lease
from ryla_graphs.modal_deploy.store.store import ModalStore
from ryla_graphs.server.records import output_id_of, run_id_of
from ryla_graphs.server.storage import StaleJob
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.test_journey import BEARER, PACE, OnGpu, gpu, small  # noqa: F401 - a fixture
from tests.server.clients import TestClient
from tests.server.https import Site, https_site
from tests.server.test_store import event, job


@pytest.fixture
def records(control_plane: LoopbackModal) -> modal.Dict:
    return modal.Dict.from_name(f"records-{uuid.uuid4().hex}", create_if_missing=True)


def waited(until: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until something is there."""
    end = time.monotonic() + seconds
    while not (found := until()) and time.monotonic() < end:
        time.sleep(0.02)
    assert found
    return found


class TestLease:
    """One term after another, each with one owner."""

    def test_the_next_one_waits_until_the_one_before_lets_go(self, records: modal.Dict) -> None:
        old, new = Lease(records, pause=0.01), Lease(records, pause=0.01)
        assert old.take() and old.held and old.owned()
        taking = threading.Thread(target=new.take)
        taking.start()
        waited(old.superseded)
        assert not new.held
        old.release()
        taking.join(60)
        assert [lease.held for lease in (old, new)] == [False, True] and new.term == old.term + 1

    def test_an_owner_that_is_silent_is_not_waited_for(self, records: modal.Dict) -> None:
        now = [1000.0]
        old, new = (Lease(records, pause=0.01, clock=lambda: now[0]) for _ in range(2))
        old.take()
        now[0] += 30
        assert new.take() and new.held

    def test_an_owner_that_could_not_renew_stops_by_itself(self, records: modal.Dict) -> None:
        old = Lease(records)
        old.take()
        old._renewed -= LOST_SECONDS
        assert not old.held
        old.renew()
        assert old.held

    def test_of_many_that_begin_at_once_one_owns(self, records: modal.Dict) -> None:
        leases = [Lease(records, pause=0.01) for _ in range(6)]
        threads = [threading.Thread(target=lease.take) for lease in leases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(lease.term for lease in leases) == [1, 2, 3, 4, 5, 6]
        assert [lease.term for lease in leases if lease.held] == [6]

    def test_it_says_whether_any_container_owns(self, records: modal.Dict) -> None:
        one = Lease(records)
        assert not one.owned()
        one.take()
        assert Lease(records).owned()
        one.release()
        assert not Lease(records).owned()


class TestStore:
    """What two containers write of one job."""

    def stores(self, records: modal.Dict, folder: Path, owns: list[bool]) -> list[ModalStore]:
        content = modal.Volume.from_name("content", create_if_missing=True)
        owning = [partial(owns.__getitem__, number) for number in range(2)]
        return [ModalStore(records, content, folder / str(number), owning=owning[number]).load() for number in range(2)]

    def test_the_first_end_stays(self, records: modal.Dict, tmp_path: Path) -> None:
        old, new = self.stores(records, tmp_path, [True, True])
        old.add_job(job(1), [event(1)])
        assert new.job(job(1).id) is not None
        done, failed = (_ended(job(1), state) for state in (JobState.SUCCEEDED, JobState.FAILED))
        old.save_job(done, was=JobState.QUEUED, events=[event(2)])
        with pytest.raises(StaleJob):
            new.save_job(failed, was=JobState.QUEUED, events=[event(2)])
        assert new.overtaken == {job(1).id} and new.fetch(job(1).id) and new.job(job(1).id) == done
        (again, _) = self.stores(records, tmp_path / "again", [True, True])
        assert again.job(job(1).id) == done

    def test_who_does_not_own_moves_nothing(self, records: modal.Dict, tmp_path: Path) -> None:
        old, new = self.stores(records, tmp_path, [False, True])
        old.add_job(job(1), [event(1)])
        with pytest.raises(StaleJob):
            old.save_job(_ended(job(1), JobState.SUCCEEDED), was=JobState.QUEUED)
        assert new.fetch(job(1).id) and new.job(job(1).id) == job(1)
        running = _moved(job(1), JobState.RUNNING, attempt=1)
        new.save_job(running, was=JobState.QUEUED)
        assert old.job(job(1).id) == running

    def test_a_late_write_does_not_undo_an_end(self, records: modal.Dict, tmp_path: Path) -> None:
        """As of a container that was paused between its look at the lease and its write."""
        old, new = self.stores(records, tmp_path, [True, True])
        old.add_job(job(1), [event(1)])
        new.fetch(job(1).id)
        done = _ended(job(1), JobState.SUCCEEDED)
        new.save_job(done, was=JobState.QUEUED)
        old.save_job(_moved(job(1), JobState.RUNNING, attempt=1), was=JobState.QUEUED)
        (again, _) = self.stores(records, tmp_path / "again", [True, True])
        assert again.job(job(1).id) == done and again.jobs(states=[JobState.RUNNING]) == []
        assert f"job:{job(1).id}" not in records.keys()  # noqa: SIM118 - not a dict


def _moved(what: Any, state: JobState, **more: Any) -> Any:
    from dataclasses import replace

    return replace(what, state=state, **more)


def _ended(what: Any, state: JobState) -> Any:
    return _moved(what, state, ended_at=2.0)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with https_site(tmp_path) as site:
        yield site


class Rolling:
    """Containers of the web side, as Modal has two of while it redeploys: a new one starts, and the old one ends."""

    def __init__(self, gpu: OnGpu, site: Site) -> None:  # noqa: F811
        self.gpu = gpu
        self.site = site

    @contextmanager
    def app(self) -> Iterator[Any]:
        with self.gpu.app(RYLA_WEBHOOK_SECRET="whsec_" + "c2VjcmV0" * 6) as app:
            app.state.deployment.webhooks._fetcher = self.site.fetcher()
            yield app

    @contextmanager
    def container(self) -> Iterator[TestClient]:
        with self.app() as app, TestClient(app, headers=BEARER) as client:
            yield client

    def submitted(self, client: TestClient, **more: Any) -> str:
        asked = small(webhookUrl=self.site.url(), **more)
        answer = client.post("/flux-dev", json=asked, headers={"Prefer": "respond-async"})
        assert answer.status_code == 202, answer.text
        return str(answer.headers["location"])


@pytest.fixture
def rolling(gpu: OnGpu, site: Site) -> Rolling:  # noqa: F811
    gpu.hold("flux-dev")
    gpu.simulator.go.clear()
    gpu.pace = PACE._replace(beat=0.05)  # what containers do to each other is not waited for long
    return Rolling(gpu, site)


def outputs_of(job: dict[str, Any]) -> list[str]:
    return [output["id"] for output in job["outputs"]]


def test_a_redeployment_runs_and_tells_each_job_once(rolling: Rolling) -> None:
    reported: list[str] = []
    with rolling.container() as old:
        where = rolling.submitted(old)
        waited(lambda: old.get(where).json()["progress"])
        reading = threading.Thread(target=lambda: reported.append(old.get(f"{where}/events").text))
        reading.start()
        with rolling.container() as new:
            assert new.get(where).json()["state"] in ("queued", "running")
            later = rolling.submitted(old, seed=9)  # a request that Modal had already given to the old one
            rolling.gpu.simulator.go.set()
            done = [waited(partial(_succeeded, new, at)) for at in (where, later)]
            seen_by_old = [waited(partial(_succeeded, old, at)) for at in (where, later)]
            reading.join(60)
            for mine, theirs in zip(done, seen_by_old, strict=True):
                assert outputs_of(mine) == outputs_of(theirs) and len(outputs_of(mine)) == 1
                assert old.get(mine["outputs"][0]["url"]).status_code == 200
            hooks = rolling.site.wait(2)
    assert '"state":"succeeded"' in reported[0]
    with rolling.container() as again:
        for mine in done:
            assert outputs_of(again.get(f"/jobs/{mine['id']}").json()) == outputs_of(mine)
            assert again.get(mine["outputs"][0]["url"]).status_code == 200
    assert sorted(hook.json["data"]["id"] for hook in rolling.site.received) == sorted(mine["id"] for mine in done)
    assert len(hooks) == 2 and len([call for call in rolling.gpu.calls if call.method == "run"]) == 2


def test_a_cancel_that_comes_to_the_old_container_reaches_the_new_one(rolling: Rolling) -> None:
    with rolling.container() as old:
        where = rolling.submitted(old)
        waited(lambda: old.get(where).json()["progress"])
        with rolling.container() as new:
            assert old.delete(where).status_code in (200, 202)
            waited(lambda: new.get(where).json()["state"] == "cancelled")
            waited(lambda: old.get(where).json()["state"] == "cancelled")


def test_a_caller_that_waits_at_the_old_container_gets_its_picture(rolling: Rolling) -> None:
    answers: list[Any] = []
    with rolling.container() as old:
        asking = threading.Thread(target=lambda: answers.append(old.post("/flux-dev", json=small())))
        asking.start()
        waited(lambda: rolling.gpu.calls)
        with rolling.container():
            rolling.gpu.simulator.go.set()
            asking.join(60)
    assert answers[0].status_code == 200 and answers[0].content.startswith(b"\x89PNG")


def test_ids_are_those_of_the_attempt() -> None:
    assert run_id_of("a", 1) == run_id_of("a", 1) != run_id_of("a", 2) != run_id_of("b", 2)
    ids = {output_id_of("a", attempt, node, place) for attempt in (1, 2) for node in ("x", "y") for place in (0, 1)}
    assert len(ids) == 8 and output_id_of("a", 1, "x", 0) in ids


def _succeeded(client: TestClient, where: str) -> Any:
    job = client.get(where).json()
    return job if job["state"] == "succeeded" else None
