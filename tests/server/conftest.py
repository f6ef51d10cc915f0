"""Deployments under test: an engine, a store, and the app over both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ryla_graphs.engines import Engine, connect
from ryla_graphs.server import Settings, SqliteStore, Store, create_app

Pair = Callable[[Path], tuple[Engine, Store]]

DEPLOYMENTS: Mapping[str, Pair] = {
    "simulator": lambda folder: (connect("simulator"), SqliteStore(folder)),
}
"""Every pair of engine and store that keeps the contract; an entry more and the whole contract is tested with it."""


@pytest.fixture(params=DEPLOYMENTS)
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Engine, Store]:
    """An engine and a store of each kind."""
    return DEPLOYMENTS[request.param](tmp_path)


@pytest.fixture
def client(deployment: tuple[Engine, Store]) -> Iterator[TestClient]:
    """A client of an app with plain settings."""
    with TestClient(create_app(*deployment, Settings())) as client:
        yield client
