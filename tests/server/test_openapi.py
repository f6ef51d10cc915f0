"""Whatever a caller sends, the answer is one that the OpenAPI document tells of."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ryla_graphs.answers.shapes import EVENTS
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.http.v2.models import EVENTS as V2_EVENTS
from tests.server.clients import TestClient
from tests.server.live import listening
from tests.server.scripted import InstantEngine
from tests.server.test_contract import flux

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

EXAMPLES = 6


@pytest.fixture(scope="module")
def api() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(InstantEngine(), SqliteStore(Path(folder)), Settings(wait_seconds=20))
        with listening(app) as address:
            requests.post(f"{address}/workflow", json=flux(), timeout=60)
            yield schemathesis.openapi.from_url(f"{address}/openapi.json", timeout=120)


def test_answers_are_as_documented(api: Any) -> None:
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) > 30
    for operation in operations:
        _try(operation)


def _try(operation: Any) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    def answers(case: Any) -> None:
        case.call_and_validate(checks=CHECKS, timeout=120)  # longer than `wait_seconds`, however slow the machine

    answers()


def test_every_operation_has_a_name_and_every_answer_a_schema(tmp_path: Path) -> None:
    """Clients are generated from the document: methods are named after operations, types after schemas."""
    document = create_app(InstantEngine(), SqliteStore(tmp_path)).openapi()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names) and all(re.fullmatch("[a-z][a-z0-9_]+", name) for name in names)
    stable = {"submit_workflow", "validate_workflow", "draw_workflow", "run_flux_dev", "list_jobs", "show_job"}
    assert stable | {"v2_post_jobs", "v2_list_jobs", "v2_get_job", "v2_post_assets"} <= set(names)
    for operation in operations:
        for status, answer in operation["responses"].items():
            for media, content in answer.get("content", {}).items():
                assert content.get("schema") or media == "*/*", (operation["operationId"], status)
    known = document["components"]["schemas"].keys()
    assert {found.split("/")[-1] for found in re.findall(r'"#/components/schemas/[^"]+', json.dumps(document))} <= known


def test_generated_clients_can_ask_for_a_job_and_read_its_events(tmp_path: Path) -> None:
    """Generators type only the headers that are listed, and the data of events only by the schema of the answer."""
    paths = create_app(InstantEngine(), SqliteStore(tmp_path)).openapi()["paths"]
    for path in ("/workflow", "/flux-dev", "/face-swap"):
        headers = {each["name"] for each in paths[path]["post"]["parameters"] if each["in"] == "header"}
        assert {"Prefer", "X-Cancel-On-Disconnect", "Idempotency-Key"} <= headers
    for path, events in (("/jobs/{job_id}/events", EVENTS), ("/api/v2/jobs/{job_id}/events", V2_EVENTS)):
        (content,) = paths[path]["get"]["responses"]["200"]["content"].values()
        named = [each["$ref"].rpartition("/")[2] for each in content["schema"]["anyOf"]]
        assert named == [model.__name__ for model in events.values()]


def test_what_streams_tell_is_as_documented(tmp_path: Path) -> None:
    with TestClient(create_app(Simulator(), SqliteStore(tmp_path))) as client:
        headers = {"Prefer": "respond-async, previews"}
        where = client.post("/workflow", json=flux(), headers=headers).headers["location"]
        for path in (f"{where}/events", f"/api/v2{where}/events"):
            models = V2_EVENTS if "v2" in path else EVENTS
            lines = client.get(path).text.splitlines()
            events = [(kind[7:], json.loads(data[6:])) for kind, data in pairwise(lines) if kind.startswith("event: ")]
            assert "status" in dict(events)
            for kind, data in events:
                assert data.keys() <= models[kind].model_fields.keys()
                models[kind].model_validate(data)


def test_no_answer_hides_what_its_fields_are(tmp_path: Path) -> None:
    schemas = create_app(InstantEngine(), SqliteStore(tmp_path)).openapi()["components"]["schemas"]

    def fields(shape: str, name: str) -> set[str]:
        text = json.dumps(schemas[shape]["properties"][name])
        (kind,) = {ref.rpartition("/")[2] for ref in re.findall(r'"\$ref": "([^"]+)"', text)}
        return {*schemas[kind]["properties"]}

    for shape in ("JudgementShape", "GraphShape", "OpenedShape"):
        assert {"weights", "gpus", "peak_bytes"} <= fields(shape, "plan")
    assert {"node", "class_type", "kind", "at_least"} <= fields("JudgementShape", "outputs")
    assert {"queue_ms", "execution_ms", "nodes", "cost_usd"} <= fields("JobShape", "metrics")
