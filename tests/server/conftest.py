"""Deployments under test: an engine, a store, and the app over both."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ryla_graphs.engines import Engine
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, SqliteStore, Store, create_app

Pair = Callable[[Path, pytest.FixtureRequest, Simulator], tuple[Engine, Store]]


def here(folder: Path, _: pytest.FixtureRequest, simulator: Simulator) -> tuple[Engine, Store]:
    return simulator, SqliteStore(folder)


def on_modal(folder: Path, request: pytest.FixtureRequest, simulator: Simulator) -> tuple[Engine, Store]:
    loopback = request.getfixturevalue("deployed")
    import modal

    from ryla_graphs.server.store.on_modal.store import ModalStore
    from tests.modal_app.on_loopback import OnLoopback

    name = uuid.uuid4().hex
    records = modal.Dict.from_name(f"records-{name}", create_if_missing=True)
    content = modal.Volume.from_name(f"content-{name}", create_if_missing=True)
    worker = OnLoopback(loopback, folder / "worker", simulator)
    return worker.engine, ModalStore(records, content, folder / "mirror")


DEPLOYMENTS: Mapping[str, Pair] = {"here": here, "modal": on_modal}
"""Every pair of engine and store that keeps the contract, over a simulator; an entry more is tested with all of it."""


@pytest.fixture(params=DEPLOYMENTS)
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Engine, Store]:
    """An engine and a store of each kind."""
    return DEPLOYMENTS[request.param](tmp_path, request, Simulator())


@pytest.fixture
def client(deployment: tuple[Engine, Store]) -> Iterator[TestClient]:
    """A client of an app with plain settings."""
    with TestClient(create_app(*deployment, Settings())) as client:
        yield client
