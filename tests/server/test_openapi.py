"""Whatever a caller sends, the answer is one that the OpenAPI document tells of."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ryla_graphs.server import Settings, SqliteStore, create_app
from tests.server.clients import TestClient
from tests.server.scripted import InstantEngine
from tests.server.test_contract import flux

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

EXAMPLES = 6
HOST = {"Host": "localhost"}


@pytest.fixture(scope="module")
def api() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(InstantEngine(), SqliteStore(Path(folder)), Settings(wait_seconds=20))
        with TestClient(app) as client:
            client.post("/workflow", json=flux())
            yield schemathesis.openapi.from_asgi("/openapi.json", app, headers=HOST)


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
        case.call_and_validate(checks=CHECKS, headers=HOST)

    answers()
