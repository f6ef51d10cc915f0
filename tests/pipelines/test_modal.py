"""One's own pipelines on Modal: what `modal deploy` sends, and what the web container serves, against the loopback."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from ryla_graphs import RylaClient
from ryla_graphs.modal_deploy.own_pipelines import own_pipelines
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.modal_deploy.web import Parts
from ryla_graphs.problems import InvalidSettings
from tests.modal_app.commands import deployed_app
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.loopback.state import AppRecord
from tests.modal_app.test_journey import TOKEN, OnGpu
from tests.pipelines.callers import called_by_all, three
from tests.pipelines.own import written
from tests.server.live import listening

FOLDER = "/opt/ryla/pipelines"


@pytest.fixture
def gpu(control_plane: LoopbackModal, own_runtime: AppRecord, tmp_path: Path) -> Iterator[OnGpu]:
    settings = ModalSettings(app=own_runtime.name)
    one = OnGpu(control_plane, settings, Parts.of(settings), tmp_path / "gpu", waking=True)
    yield one
    one.simulator.go.set()
    one.pending.wait(60)


def test_the_files_go_into_the_image_and_containers_know_where(
    control_plane: LoopbackModal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "modal_package").mkdir()
    (tmp_path / "modal_package" / "__init__.py").touch()
    (tmp_path / "modal_package" / "inner.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "own").mkdir()
    folder = written(tmp_path / "own")
    named = f"{folder},{folder / 'One colour.json'}, modal_package.inner"
    app = deployed_app(control_plane, here=True, RYLA_PIPELINES=named)
    state = control_plane.state
    (web,) = state.functions[app.functions["web"]].ranked
    files = {file.filename for mount in web.mount_ids for file in state.mounts[mount]}
    placed = {f"{FOLDER}/0/my_own.py", f"{FOLDER}/0/One colour.json", f"{FOLDER}/1/One colour.toml"}
    assert placed <= files and any(name.endswith("modal_package/inner.py") for name in files)
    reported = [state.environments[secret].get("RYLA_PIPELINES") for secret in web.secret_ids]
    assert f"{FOLDER}/0,{FOLDER}/1/One colour.json,modal_package.inner" in reported


def test_a_container_finds_them_where_they_are(tmp_path: Path) -> None:
    there = own_pipelines({"RYLA_PIPELINES": f"{FOLDER}/0,a_package.inside"})
    assert there.environment == {"RYLA_PIPELINES": f"{FOLDER}/0,a_package.inside"}
    assert (there.files, there.packages) == ([], ["a_package"])
    assert own_pipelines({}).environment == {}
    with pytest.raises(InvalidSettings, match="RYLA_PIPELINES: 'not/there' is not a file"):
        own_pipelines({"RYLA_PIPELINES": "not/there"})


def test_they_are_served_to_every_caller(gpu: OnGpu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own").mkdir()
    named = f"{three(tmp_path)},{written(tmp_path / 'own') / 'One colour.json'}"
    with gpu.app(RYLA_PIPELINES=named) as app, listening(app) as address:
        called_by_all(address, TOKEN, monkeypatch)
        with RylaClient(address, TOKEN) as client:
            saved = client.run_preset("one-colour", {"width": 16})
            assert Image.open(io.BytesIO(saved.outputs[0].read())).size == (16, 48)
