"""Graphs that are broken in any way get an answer that says how, never an internal error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given

from ryla_graphs import presets
from ryla_graphs.server import SqliteStore, create_app
from ryla_graphs.testing.mutations import mutations
from tests.server.clients import TestClient
from tests.server.scripted import InstantEngine

PICTURE = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}}
SAVED = {"1": PICTURE, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}
FLUX = dict(presets.get("flux-dev").build(prompt="a fox", seed=1).compile().prompt)
PATHS = ("/workflow", "/validate", "/workflow/graph", "/api/v2/jobs")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app = create_app(InstantEngine(), SqliteStore(tmp_path_factory.mktemp("broken")))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@given(prompt=mutations(SAVED) | mutations(FLUX))
@example(prompt={**SAVED, "spare": {"class_type": "EmptyImage"}})
@example(prompt={**SAVED, "spare": {"class_type": 5, "inputs": {}}})
@example(prompt={**SAVED, "spare": {"class_type": {}}})
@example(prompt={**SAVED, "class_type": 1})
def test_a_broken_graph_is_no_internal_error(prompt: Any, client: TestClient) -> None:
    content = json.dumps({"workflow": prompt}).encode()
    headers = {"Content-Type": "application/json", "Prefer": "respond-async"}
    for path in PATHS:
        answer = client.post(path, content=content, headers=headers)
        assert answer.status_code < 500 or answer.json()["error"]["code"] == "queue_full", (path, answer.text)
