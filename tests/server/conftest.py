"""Deployments under test: an engine, a store, and the app over both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from ryla_graphs.engines import Engine
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, SqliteStore, Store, create_app
from tests.server.clients import TestClient
from tests.server.kept import STORES, Kept

Pair = Callable[[Path, pytest.FixtureRequest, Simulator], tuple[Engine, Store]]


def here(folder: Path, _: pytest.FixtureRequest, simulator: Simulator) -> tuple[Engine, Store]:
    return simulator, SqliteStore(folder)


def on_modal(folder: Path, request: pytest.FixtureRequest, simulator: Simulator) -> tuple[Engine, Store]:
    loopback = request.getfixturevalue("deployed")
    from tests.modal_app.on_loopback import OnLoopback

    return OnLoopback(loopback, folder / "worker", simulator).engine, STORES["modal"](folder)


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


@pytest.fixture(params=STORES)
def stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has `kept` open each kind of store in turn."""
    if request.param == "modal":
        request.getfixturevalue("control_plane")
    monkeypatch.setattr(Kept, "open", staticmethod(STORES[request.param]))
