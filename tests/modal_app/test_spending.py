"""What a day's jobs may cost: refused with the numbers before a GPU starts, booked when they end, kept for the next."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import modal
import pytest

from ryla_graphs import presets
from ryla_graphs.answers.words import JobState
from ryla_graphs.modal_deploy import money
from ryla_graphs.modal_deploy.money import Clock, Pricing
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.modal_deploy.spending import RESERVED, Spending
from ryla_graphs.modal_deploy.web import Parts
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.records import Job, JobEvent, JobRequest
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.on_loopback import APP
from tests.modal_app.test_journey import BEARER, TOKEN, OnGpu, small

FLUX = presets.get("flux-dev").build(small()).compile()
OTHER = "another-token-that-is-long"
USD = Pricing.of(ModalSettings()).at_most(FLUX.plan, None, ModalSettings().fallback)


@pytest.fixture
def gpus(deployed: LoopbackModal, tmp_path: Path) -> Callable[..., OnGpu]:
    parts = Parts.of(ModalSettings(app=f"app-{uuid.uuid4().hex[:8]}"))

    def made(**settings: Any) -> OnGpu:
        return OnGpu(deployed, ModalSettings(app=APP, **settings), parts, tmp_path)

    return made


def test_a_job_beyond_the_budget_starts_no_gpu_and_reports_the_numbers(
    gpus: Callable[..., OnGpu], monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = gpus(max_usd_per_day=USD * 1.5)
    now = time.time()
    monkeypatch.setattr(money, "time", SimpleNamespace(time=lambda: now))  # a busy machine would be billed
    gpu.clock = Clock(time.time() - 60, Pricing.of(gpu.settings))
    gpu.clock.ready()
    gpu.hold("flux-dev")
    with gpu.client() as client:
        first = client.post("/flux-dev", json=small())
        assert first.status_code == 200, first.text
        paid = float(first.headers["x-cost-usd"])
        by_hand = (60 + 60) * (0.000542 + 4 * 0.0000131 + 32 * 0.00000222)  # the simulator works for no time
        assert abs(paid - by_hand) < 0.05 * by_hand
        (used,) = re.findall(r"^ryla_budget_used_usd (\S+)$", client.get("/metrics").text, re.MULTILINE)
        assert abs(float(used) - paid) < 1e-6
        second = client.post("/flux-dev", json=small(seed=8))
    error = second.json()["error"]
    assert (second.status_code, error["code"]) == (429, "over_budget")
    assert f"may cost ${USD * 1.5:.2f} a day" in error["message"]
    assert f"this one may cost ${USD:.4f}" in error["message"]
    assert f"${paid:.2f} is spent" in error["message"] and 0 < int(second.headers["retry-after"]) <= 86_401
    assert len(gpu.calls) == 1
    with gpu.client() as client:  # the next web container knows what was spent
        assert client.post("/flux-dev", json=small(seed=9)).status_code == 429
    assert len(gpu.calls) == 1


def test_each_owner_has_a_budget_of_his_own(gpus: Callable[..., OnGpu]) -> None:
    gpu = gpus(max_usd_per_day_each=USD * 1.5)
    gpu.simulator.go.clear()
    gpu.hold("flux-dev")
    waiting = BEARER | {"Prefer": "respond-async"}
    with gpu.client(RYLA_TOKENS=f"me:{TOKEN},you:{OTHER}") as client:
        assert client.post("/flux-dev", json=small(), headers=waiting).status_code == 202
        mine = client.post("/flux-dev", json=small(seed=8), headers=waiting)
        yours = client.post("/flux-dev", json=small(), headers=waiting | {"Authorization": f"Bearer {OTHER}"})
        gpu.simulator.go.set()
    assert mine.status_code == 429 and "the jobs of 'me'" in mine.json()["error"]["message"]
    assert yours.status_code == 202


def job(state: JobState = JobState.QUEUED, **more: Any) -> Job:
    request = JobRequest(prompt={}, extra={RESERVED: round(USD, 6)})
    return Job(id=more.pop("id", "1"), owner="me", request=request, created_at=0.0, state=state, **more)


def reported(spending: Spending, one: Job) -> None:
    spending.on_event(one, JobEvent(1 if one.state is JobState.QUEUED else 9, 0.0, "status", {}))


def test_a_reservation_becomes_what_it_really_cost() -> None:
    spending = Spending(ModalSettings(max_usd_per_day=USD * 2.5))
    spending.admit("me", FLUX, None)
    assert spending.total() == pytest.approx(USD)
    reported(spending, job())
    assert spending.total() == pytest.approx(USD, abs=1e-6)  # counted once
    reported(spending, job(JobState.FAILED, run_id="r", metrics={"cost_usd": 0.01}))
    assert spending.total() == pytest.approx(0.01)
    for number in (2, 3):
        reported(spending, job(id=str(number)))
        reported(spending, job(JobState.FAILED, id=str(number), run_id="r" if number == 2 else None))
    assert spending.total() == pytest.approx(0.01 + USD, abs=1e-5)  # lost, so unknown; never begun, so nothing


def test_many_at_once_do_not_slip_through() -> None:
    spending = Spending(ModalSettings(max_usd_per_day=USD * 1.5))
    spending.admit("me", FLUX, None)
    with pytest.raises(RequestError, match="may cost"):
        spending.admit("you", FLUX, None)


def test_a_new_day_begins_with_nothing_spent(deployed: LoopbackModal) -> None:
    now = [1_790_000_000.0]
    records = modal.Dict.from_name(f"days-{uuid.uuid4().hex[:8]}", create_if_missing=True)
    spending = Spending(ModalSettings(max_usd_per_day=USD), records, now=lambda: now[0])
    reported(spending, job(JobState.SUCCEEDED, run_id="r", metrics={"cost_usd": USD / 2}))
    spending.close()
    again = Spending(ModalSettings(), records, now=lambda: now[0])
    assert again.total("me") == pytest.approx(USD / 2)
    with pytest.raises(RequestError):
        spending.admit("me", FLUX, None)
    now[0] += 86_400
    assert spending.admit("me", FLUX, None) and spending.total() == pytest.approx(USD)


def test_without_limits_no_job_is_refused() -> None:
    spending = Spending(ModalSettings())
    for _ in range(100):
        spending.admit("me", FLUX, "H100")
