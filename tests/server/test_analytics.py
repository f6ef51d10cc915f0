"""RYLA's product events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, create_app
from ryla_graphs.server.records import Job, JobError, JobRequest, JobState
from ryla_graphs.server.sinks.analytics import Posted, events_of
from tests.server.clients import TestClient
from tests.server.https import https_site
from tests.server.kept import kept

SMALL = {"prompt": "a secret prompt", "width": 64, "height": 64, "seed": 7, "steps": 2}

pytestmark = pytest.mark.usefixtures("stores")


@pytest.fixture
def events(tmp_path: Path) -> Iterator[Any]:
    """Runs a preset and gives the events that came of it."""
    path = tmp_path / "events.jsonl"
    app = create_app(Simulator(), kept(tmp_path / "data"), Settings(analytics_file=path))

    def run(preset: str, **parameters: Any) -> list[dict[str, Any]]:
        assert client.post(f"/{preset}", json=SMALL | parameters).status_code == 200
        return [json.loads(line) for line in path.read_text().splitlines()]

    with TestClient(app) as client:
        yield run


def test_flux_dev(events: Any) -> None:
    reported = events("flux-dev")
    names = [event["event"] for event in reported]
    assert names[0] == "modal_flux_dev_generation_requested"
    assert names[-1] == "modal_flux_dev_generation_completed"
    assert names.count("modal_model_loaded") == 3
    loaded = [event["properties"] for event in reported if event["event"] == "modal_model_loaded"]
    assert {"unet_name": "flux1-dev.safetensors"}.items() <= next(p for p in loaded if "unet_name" in p).items()
    last = reported[-1]["properties"]
    assert (last["preset"], last["seed"], last["width"]) == ("flux-dev", 7, 64) and last["execution_ms"] >= 0


def test_flux_lora(events: Any) -> None:
    names = [event["event"] for event in events("flux-lora", loraId="me")]
    assert {"modal_lora_loaded", "modal_lora_generation_requested", "modal_lora_generation_completed"} <= set(names)


def test_no_prompt_is_in_them(events: Any) -> None:
    assert "secret" not in json.dumps(events("flux-dev"))


def job(state: JobState, error: JobError | None = None) -> Job:
    prompt = {
        "lora": {"class_type": "LoraLoaderModelOnly", "inputs": {"lora_name": "me.safetensors", "model": ["1", 0]}}
    }
    request = JobRequest(prompt=prompt, preset="flux-lora")
    return Job(id="j", owner="o", request=request, created_at=1, state=state, error=error)


def test_a_lora_that_does_not_load() -> None:
    error = JobError(code="node_failed", message="no", node="lora", class_type="LoraLoaderModelOnly")
    reported = dict(events_of(job(JobState.FAILED, error)))
    assert reported["modal_lora_load_failed"]["lora_name"] == "me.safetensors"
    assert reported["modal_lora_generation_failed"]["code"] == "node_failed"


def test_other_ends() -> None:
    assert [name for name, _ in events_of(job(JobState.CANCELLED))] == ["modal_lora_generation_cancelled"]
    assert list(events_of(job(JobState.RUNNING))) == []


def test_events_are_posted_in_batches_with_a_token(tmp_path: Path) -> None:
    with https_site(tmp_path) as site:
        target = Posted(site.fetcher(), site.url("events"), "the-token")
        for number in range(250):
            target.put({"event": "x", "number": number})
        target.close()
        bodies = [hook.json for hook in site.received]
    assert [event["number"] for body in bodies for event in body] == list(range(250))
    assert max(map(len, bodies)) <= 100
    assert {hook.headers["authorization"] for hook in site.received} == {"Bearer the-token"}


def test_an_address_that_does_not_answer_costs_only_its_events(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with https_site(tmp_path) as site:
        site.statuses = [500]
        target = Posted(site.fetcher(), site.url())
        target.put({"event": "x"})
        target.close()
    assert "1 analytics events were dropped: answered 500" in caplog.text
