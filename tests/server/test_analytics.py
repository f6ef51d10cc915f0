"""RYLA's product events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.answers.words import JobState
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.faces import FaceScore
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.server import Settings, create_app
from ryla_graphs.server.records import Job, JobError, JobRequest
from ryla_graphs.server.sinks.analytics import Posted
from ryla_graphs.server.sinks.product_events import EVENTS, FILE, events_of, face_event
from tests.server.clients import TestClient
from tests.server.https import https_site
from tests.server.kept import kept
from tools import events_table

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


def test_the_table_of_the_docs() -> None:
    text = events_table.PAGE.read_text(encoding="utf-8")
    assert text == events_table.written(text), "run `python -m tools.events_table`"


def sent_of(state: JobState, error: JobError | None = None) -> list[tuple[str, dict[str, Any]]]:
    done = job(state, error)
    measured = {"queue_ms": 1, "execution_ms": 2, "gpu": "L40S", "nodes": {"lora": 3.0, "unet": 4.0}, "secret": "x"}
    unet = {
        "unet": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux.safetensors", "weight_dtype": "default"}}
    }
    request = replace(
        done.request, prompt={**done.request.prompt, **unet}, parameters={"width": 64, "prompt": "a secret"}, seed=7
    )
    attempts = ({"route": "pod", "experiment": "guidance"},)
    return list(events_of(replace(done, metrics=measured, request=request, attempts=attempts)))


def test_each_fires_once_in_its_journey_with_what_the_table_says() -> None:
    """Of a job that is asked for, succeeds and is measured, one that fails at its LoRA, and one that is cancelled."""
    lora = JobError(code="node_failed", message="no", node="lora", class_type="LoraLoaderModelOnly")
    journeys = {
        "succeeds": [sent_of(state) for state in (JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED)],
        "fails": [sent_of(JobState.QUEUED), sent_of(JobState.RUNNING), sent_of(JobState.FAILED, lora)],
        "is cancelled": [sent_of(JobState.QUEUED), sent_of(JobState.CANCELLED)],
    }
    score = {**FaceScore("measured", "m", "c", True, 0.93, 41.0, 0.5, 1e-4, 1, 1, 1900).to_dict(), "output": 0}
    ended = replace(job(JobState.SUCCEEDED), attempts=({"route": "pod", "experiment": "guidance"},))
    journeys["succeeds"].append([face_event(replace(ended, metrics={"route": "pod"}), score)])
    fired: set[str] = set()
    for journey in journeys.values():
        seen = [event for events in journey for event in events]
        names = [name.removeprefix("modal_").replace("lora_generation", "{preset}_generation") for name, _ in seen]
        names = [name.replace("lora_face", "{preset}_face") for name in names]
        assert len(set(names)) == len(names) and set(names) <= EVENTS.keys()
        assert sum(name.startswith("{preset}_generation") for name in names) == 2
        fired |= set(names)
        for name, (_, properties) in zip(names, seen, strict=True):
            known = EVENTS[name].properties
            files = {"unet_name", "lora_name"} if FILE in known else set()
            assert properties.keys() <= {*known, *files}, name
            assert "secret" not in str(properties)
    assert fired == EVENTS.keys()


def test_names_without_modal_on_wish(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    settings = Settings(analytics_file=path, analytics_plain=True)
    with TestClient(create_app(Simulator(), kept(tmp_path / "data"), settings)) as client:
        assert client.post("/flux-dev", json=SMALL).status_code == 200
    names = [json.loads(line)["event"] for line in path.read_text().splitlines()]
    assert names[0] == "flux_dev_generation_requested" and names[-1] == "flux_dev_generation_completed"
    assert names.count("model_loaded") == 3 and len(names) == 5


@pytest.mark.parametrize(
    "settings",
    [{"analytics_file": Path("/proc/nowhere/events.jsonl")}, {"analytics_url": "https://user@events.example"}],
    ids=["a file", "an address"],
)
def test_what_cannot_be_written_to_is_said_on_start(settings: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="product events") as refused:
        create_app(Simulator(), kept(tmp_path), Settings(**settings))
    assert "\n" not in str(refused.value)
