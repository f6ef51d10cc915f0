"""Requests that say only their graph get past FastAPI's work on parameters; all others do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.dependencies.utils import solve_dependencies

from ryla_graphs.engines.partner_key import HEADER
from ryla_graphs.server import SqliteStore, create_app
from tests.server.clients import TestClient
from tests.server.scripted import InstantEngine
from tests.server.test_contract import flux


@pytest.mark.parametrize(
    ("path", "headers", "in_full"),
    [
        ("/workflow", {}, False),
        ("/workflow", {"Prefer": "respond-async", "Accept": "application/json"}, False),
        ("/workflow?outputs=base64", {}, True),
        ("/workflow", {"Idempotency-Key": "one"}, True),
        ("/workflow", {HEADER: "comfyui-" + "k" * 64}, True),
        ("/flux-schnell", {}, False),
        ("/flux-schnell?format=webp", {}, True),
    ],
)
def test_parameters_are_looked_for_only_where_some_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, headers: dict[str, str], in_full: bool
) -> None:
    solved: list[Any] = []

    async def solving(**given: Any) -> Any:
        solved.append(given)
        return await solve_dependencies(**given)

    monkeypatch.setattr("fastapi.routing.solve_dependencies", solving)
    with TestClient(create_app(InstantEngine(), SqliteStore(tmp_path))) as client:
        body = flux() if path.startswith("/workflow") else {"prompt": "a red bicycle"}
        answer = client.post(path, json=body, headers=headers)
        assert answer.status_code in (200, 202), answer.text
        assert bool(solved) is in_full
        assert client.post(path.partition("?")[0] + "?nonsense=1", json=body).status_code == 422
