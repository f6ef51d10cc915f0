"""One loopback Modal for a session, with a worker class deployed on it; skips where modal is not installed."""

from __future__ import annotations

import os
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.modal_app.loopback import LoopbackModal
    from tests.modal_app.loopback.state import AppRecord


PROTOCOL = ("1.6",)
"""The versions of modal whose protocol the loopback speaks; it carries no promise beyond them."""


def needs_modal() -> None:
    """Skip where modal is not installed, or is one that speaks otherwise."""
    modal = pytest.importorskip("modal", reason="modal is not installed (pip install 'ryla-graphs[modal]')")
    if ".".join(modal.__version__.split(".")[:2]) not in PROTOCOL:
        reported = f"the loopback control plane was written for modal {PROTOCOL[-1]}, this is {modal.__version__}"
        pytest.skip(reported, allow_module_level=True)


@pytest.fixture(scope="session")
def control_plane() -> Iterator[LoopbackModal]:
    """The control plane, and this process's modal client pointed at it."""
    needs_modal()
    from tests.modal_app.loopback import LoopbackModal
    from tests.modal_app.on_loopback import WORKERS

    with LoopbackModal(WORKERS) as loopback, sources_read_once():
        before = {name: os.environ.get(name) for name in loopback.environment}
        os.environ.update(loopback.environment)
        yield loopback
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@contextmanager
def sources_read_once() -> Generator[None]:
    """Have every deployment of this process send the sources that the first one found; looking for them takes long."""
    from modal import mount

    found: dict[tuple[str, bool], list[Any]] = {}
    entry: Any = mount._MountedPythonModule
    look = entry.get_files_to_upload

    def once(module: Any) -> Iterator[Any]:
        key = (str(module.remote_dir), module.ignore is None)
        if module.module_name != "ryla_graphs":
            yield from look(module)
        else:
            yield from found[key] if key in found else found.setdefault(key, [*look(module)])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entry, "get_files_to_upload", once)
        yield


@pytest.fixture(scope="session")
def deployed(control_plane: LoopbackModal) -> LoopbackModal:
    """The control plane with a worker class on it."""
    from tests.modal_app.on_loopback import deploy

    deploy()
    return control_plane


@pytest.fixture(scope="session")
def runtime(control_plane: LoopbackModal) -> AppRecord:
    """`runtime_modal.py`, deployed by the real command under the name that it has by default.

    In this process, which saves three seconds; test_smoke.py deploys with one of its own.
    """
    from tests.modal_app.commands import deployed_app

    return deployed_app(control_plane, here=True, RYLA_MODAL_APP="ryla-comfyui")


@pytest.fixture
def own_runtime(control_plane: LoopbackModal, runtime: AppRecord) -> AppRecord:
    """The same deployment under a name of its own, so that its volumes, queues and records are those of one test."""
    return control_plane.known_as(runtime, f"app-{uuid.uuid4().hex[:8]}")
