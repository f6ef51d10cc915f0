"""Partners' paid services: off unless allowed, paid by a key that nothing shows or keeps, and within the cap."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ryla_graphs.client.flows import submit_workflow
from ryla_graphs.engines import PartnerKey, connect, run
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.problems import InvalidSettings, RunLost
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.environment import settings_from
from ryla_graphs.workflow import Workflow
from tests.engines.stub import Script, StubComfy, file, serving
from tests.server.clients import TestClient
from tests.server.scripted import Held, ScriptedEngine, ending
from tests.server.test_contract import flux
from tests.server.test_jobs import ASYNC, ended

KEY = "comfyui-5ecre75ecre75ecre75ecre75ecre7"
OTHER = "another-key-of-somebody-else"

ASKED = {"prompt": "a fox", "prompt_upsampling": False, "seed": 1, "aspect_ratio": "16:9", "raw": False}
GRAPH: dict[str, Any] = {
    "paid": {"class_type": "FluxProUltraImageNode", "inputs": ASKED},
    "save": {"class_type": "SaveImage", "inputs": {"images": ["paid", 0], "filename_prefix": "fox"}},
}
INFO: Mapping[str, Any] = {
    "FluxProUltraImageNode": {
        "input": {"required": {name: ["*"] for name in ASKED}},
        "output": ["IMAGE"],
        "category": "partner/image/BFL",
        "api_node": True,
    },
    "SaveImage": {
        "input": {"required": {"images": ["IMAGE"], "filename_prefix": ["STRING", {}]}},
        "output": [],
        "output_node": True,
    },
}
SCRIPT = Script(object_info=INFO, outputs={"save": {"images": [file("x_00001_.png")]}})


@contextmanager
def paid(folder: Path, script: Script = SCRIPT, **settings: Any) -> Iterator[tuple[TestClient, StubComfy]]:
    """A deployment over a stub of ComfyUI that calls paid services."""
    with serving(script) as (engine, stub):
        settings.setdefault("partner_nodes", True)
        app = create_app(engine, SqliteStore(folder), Settings(**settings))
        with TestClient(app) as client:
            yield client, stub


def keys_of(stub: StubComfy) -> list[str | None]:
    return [order["extra_data"].get("api_key_comfy_org") for order in stub.submitted]


def codes_of(answer: Any) -> list[str]:
    return [problem["code"] for problem in answer.json()["error"]["problems"]]


def test_no_server_calls_a_paid_service_unless_that_is_allowed(tmp_path: Path) -> None:
    with paid(tmp_path, partner_nodes=False, partner_key=SecretStr(KEY)) as (client, stub):
        answer = client.post("/workflow", json=GRAPH)
        assert answer.status_code == 422 and codes_of(answer) == ["partner_nodes_off"]
        assert "BFL" in answer.text and "RYLA_PARTNER_NODES" in answer.text
        assert client.post("/api/v2/jobs", json={"workflow": GRAPH}).status_code == 422
        judgement = client.post("/validate", json=GRAPH).json()
        assert judgement["valid"] and not judgement["runs_here"]
        assert judgement["plan"]["services"][0]["usd_at_most"] == 0.06
        assert not stub.submitted


def test_somebody_has_to_pay(tmp_path: Path) -> None:
    with paid(tmp_path) as (client, stub):
        answer = client.post("/workflow", json=GRAPH)
        assert codes_of(answer) == ["partner_key_missing"] and "Comfy-Api-Key" in answer.text
        assert not stub.submitted


BODIES: Mapping[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "header": ("/workflow", GRAPH, {"Comfy-Api-Key": KEY}),
    "beside a workflow": ("/workflow", {"workflow": GRAPH, "extra_data": {"api_key_comfy_org": KEY}}, {}),
    "as ComfyUI takes it": ("/workflow", {"prompt": GRAPH, "extra_data": {"api_key_comfy_org": KEY}}, {}),
    "as worker-comfyui takes it": ("/workflow", {"input": {"workflow": GRAPH, "comfy_org_api_key": KEY}}, {}),
    "v2": ("/api/v2/jobs", {"workflow": GRAPH, "extra_data": {"api_key_comfy_org": KEY}}, {}),
}


@pytest.mark.parametrize("way", BODIES)
def test_the_callers_key_goes_to_the_engine_and_nowhere_else(
    way: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path, body, headers = BODIES[way]
    with paid(tmp_path, partner_key=SecretStr(OTHER)) as (client, stub):
        answer = client.post(path, json=body, headers={"Idempotency-Key": "k", **headers, **ASYNC})
        assert answer.status_code in (201, 202), answer.text
        job_id = answer.json()["id"]
        job = ended(client, f"/jobs/{job_id}")
        assert job["state"] == "succeeded" and keys_of(stub) == [KEY]
        reported = [
            answer.text,
            str(answer.headers),
            *(client.get(f"{place}/{job_id}{more}").text for place, more in PLACES),
            client.get("/metrics").text,
            caplog.text,
        ]
    assert not [text for text in reported if KEY in text]
    assert tmp_path.exists() and not [
        found for found in tmp_path.rglob("*") if found.is_file() and KEY.encode() in found.read_bytes()
    ]


PLACES = [
    ("/jobs", ""),
    ("/jobs", "/events"),
    ("/api/v2/jobs", ""),
    ("/api/v2/jobs", "/workflow"),
    ("/api/v2/jobs", "/events"),
]


def test_the_deployment_pays_where_the_caller_does_not(tmp_path: Path) -> None:
    with paid(tmp_path, partner_key=SecretStr(KEY)) as (client, stub):
        assert client.post("/workflow", json=GRAPH).status_code == 200
        assert client.post("/workflow", json=GRAPH, headers={"Comfy-Api-Key": OTHER}).status_code == 200
        assert keys_of(stub) == [KEY, OTHER]


def test_a_graph_that_calls_no_service_gets_no_key(tmp_path: Path) -> None:
    engine = Listening()
    with TestClient(create_app(engine, SqliteStore(tmp_path), Settings(partner_key=SecretStr(KEY)))) as client:
        assert client.post("/workflow", json=flux(), headers={"Comfy-Api-Key": OTHER}).status_code == 200
    assert engine.keys == [None]


class Listening(Simulator):
    """A simulator that is not taken for one, and keeps what it was given."""

    name = "somewhere"

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[PartnerKey | None] = []

    def start(self, *arguments: Any, partner_key: PartnerKey | None = None, **more: Any) -> Any:
        self.keys.append(partner_key)
        return super().start(*arguments, **more)


def test_a_service_that_repeats_the_key_is_not_quoted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    error = {"node_id": "paid", "node_type": "FluxProUltraImageNode", "exception_message": f"no credit for {OTHER}"}
    with paid(tmp_path, replace(SCRIPT, error=error)) as (client, _):
        answer = client.post("/workflow", json=GRAPH, headers={"Comfy-Api-Key": OTHER})
    assert answer.status_code == 500 and "no credit for [partner key]" in answer.text
    assert OTHER not in caplog.text


def test_a_broken_key_is_refused_without_being_repeated(tmp_path: Path) -> None:
    bad = "my key, with spaces"
    with paid(tmp_path) as (client, _):
        answers = [
            client.post("/workflow", json=GRAPH, headers={"Comfy-Api-Key": bad}),
            client.post("/workflow", json={"workflow": GRAPH, "extra_data": {"api_key_comfy_org": 7}}),
            client.post("/api/v2/jobs", json={"workflow": GRAPH, "extra_data": {"api_key_comfy_org": bad}}),
            client.post("/api/v2/jobs", json={"workflow": GRAPH, "extra_data": {"api_key_comfy_org": [bad]}}),
        ]
    assert [answer.status_code for answer in answers] == [422] * 4
    assert not [answer for answer in answers if bad in answer.text]


def test_one_idempotency_key_is_one_job_whoever_pays(tmp_path: Path) -> None:
    with paid(tmp_path) as (client, stub):
        bodies = [{"workflow": GRAPH, "extra_data": {"api_key_comfy_org": key}} for key in (KEY, OTHER)]
        jobs = [client.post("/workflow", json=b, headers={"Idempotency-Key": "k"}).headers["x-job-id"] for b in bodies]
        assert jobs[0] == jobs[1] and len(stub.submitted) == 1


def two(second: str) -> dict[str, Any]:
    """A graph with two paid nodes."""
    more = {"class_type": second, "inputs": ASKED}
    return {**GRAPH, "more": more, "also": {**GRAPH["save"], "inputs": {"images": ["more", 0], "filename_prefix": "b"}}}


def test_a_job_spends_no_more_than_it_may(tmp_path: Path) -> None:
    info = {**INFO, "FluxKontextProImageNode": INFO["FluxProUltraImageNode"]}
    wishes: dict[str, Any] = {"partner_max_usd": 0.06, "partner_key": SecretStr(KEY)}
    with paid(tmp_path, replace(SCRIPT, object_info=info), **wishes) as (client, stub):
        assert client.post("/workflow", json=GRAPH).status_code == 200
        dear = client.post("/workflow", json=two("FluxProUltraImageNode"))
        assert codes_of(dear) == ["partner_cost"] and "$0.12" in dear.text
        assert codes_of(client.post("/workflow", json=two("FluxKontextProImageNode"))) == ["partner_price_unknown"]
        assert len(stub.submitted) == 1


def test_a_node_that_runs_once_for_each_of_a_list_has_no_known_price(tmp_path: Path) -> None:
    listing = {"input": {"required": {}}, "output": ["STRING"], "output_is_list": [True]}
    graph = {**GRAPH, "many": {"class_type": "Many", "inputs": {}}}
    graph["paid"] = {**GRAPH["paid"], "inputs": {**ASKED, "prompt": ["many", 0]}}
    script = replace(SCRIPT, object_info={**INFO, "Many": listing})
    with paid(tmp_path, script, partner_max_usd=100, partner_key=SecretStr(KEY)) as (client, _):
        answer = client.post("/workflow", json=graph)
        assert codes_of(answer) == ["partner_price_unknown"] and "$0.06 per call" in answer.text


def test_a_run_that_is_lost_is_not_paid_twice(tmp_path: Path) -> None:
    engine = ScriptedEngine(ending(RunLost("gone"), after=3))
    with TestClient(create_app(engine, SqliteStore(tmp_path), Settings(partner_nodes=True))) as client:
        answer = client.post("/workflow", json=GRAPH)
    assert answer.status_code == 503 and len(engine.calls) == 1


def test_a_run_without_memory_is_not_paid_twice(tmp_path: Path) -> None:
    error = {"node_id": "paid", "node_type": "FluxProUltraImageNode", "exception_message": "CUDA out of memory"}
    with paid(tmp_path, replace(SCRIPT, error=error), partner_key=SecretStr(KEY)) as (client, stub):
        assert client.post("/workflow", json=GRAPH).status_code == 500
        assert len(stub.submitted) == 1


def test_a_key_does_not_outlive_its_server(tmp_path: Path) -> None:
    held = Held()
    first = ScriptedEngine(held, slots=1)
    with TestClient(create_app(first, SqliteStore(tmp_path), Settings(partner_nodes=True))) as client:
        client.post("/workflow", json=flux(), headers=ASYNC)
        assert held.reached.wait(60)
        headers = {"Comfy-Api-Key": KEY, **ASYNC}
        where = client.post("/workflow", json=GRAPH, headers=headers).headers["location"]
        jobs = client.app.state.deployment.jobs  # type: ignore[attr-defined]
        jobs._stopping.set()  # as a crash would, and no thread takes the job that waits
        jobs._queue.close()
        held.go.set()
    settings = Settings(partner_nodes=True, partner_key=SecretStr(OTHER))
    second = Listening()
    with TestClient(create_app(second, SqliteStore(tmp_path), settings)) as client:
        job = ended(client, where)
    assert job["state"] == "failed" and "send the job again with its key" in job["error"]["message"]
    assert not [key for key in second.keys if key is not None]


def test_the_simulator_makes_stand_ins_and_says_so(tmp_path: Path) -> None:
    with TestClient(create_app(Simulator(), SqliteStore(tmp_path), Settings(partner_nodes=True))) as client:
        assert client.post("/workflow", json=GRAPH).status_code == 200
    result = run(connect(), Workflow.open(GRAPH))
    assert result.outputs[0].simulated and "calls a paid service" in result.outputs[0].guessed[0]


def test_a_key_is_never_shown() -> None:
    key = PartnerKey(KEY)
    ask = next(submit_workflow(GRAPH, {}, partner_key=key))
    assert KEY not in f"{key!r} {key} {ask!r} {vars(Settings(partner_key=SecretStr(KEY)))}"
    with pytest.raises(TypeError, match="never stored"):
        pickle.dumps(key)
    with pytest.raises(InvalidSettings) as caught:
        settings_from({"COMFY_API_KEY": "short"})
    assert "short" not in str(caught.value) and "COMFY_API_KEY" in str(caught.value)
