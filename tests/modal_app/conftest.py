"""One loopback Modal for all tests of this folder, with a worker class deployed on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

modal = pytest.importorskip("modal", reason="modal is not installed (pip install 'ryla-graphs[modal]')")

from tests.modal_app.loopback import LoopbackModal  # noqa: E402 - needs modal
from tests.modal_app.loopback.state import Call  # noqa: E402


class Workers:
    """What the calls of this test run; a test puts its own function here."""

    def __init__(self) -> None:
        self.work: Any = None

    async def __call__(self, call: Call) -> Any:
        return await self.work(call)


WORKERS = Workers()


@pytest.fixture(scope="session")
def control_plane() -> Iterator[LoopbackModal]:
    """The control plane, and this process's modal client pointed at it."""
    with LoopbackModal(WORKERS) as loopback:
        before = {name: os.environ.get(name) for name in loopback.environment}
        os.environ.update(loopback.environment)
        yield loopback
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
