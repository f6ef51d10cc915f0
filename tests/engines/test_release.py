"""A server with another ComfyUI than the catalog in use is reported once, by `run` and by commands with `--engine`."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from ryla_graphs import catalogs
from ryla_graphs.catalogs import COMFYUI_VERSION
from ryla_graphs.engines import connect, judge_of, run
from ryla_graphs.engines.comfyui import ComfyUI
from ryla_graphs.engines.comfyui.client import ComfyClient
from ryla_graphs.sources import open_catalog
from tests.engines.stub import Script, file, serving
from tests.graphs import text_to_image
from tests.test_doors import ryla

SERVED = catalogs.bundled("core").entries()
OUTPUTS = {"save": {"images": [file("1.png"), file("2.png")]}}


@pytest.fixture
def version(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Any:
    """Every server says this version of itself."""
    asked = ComfyClient.json

    def json_(client: ComfyClient, path: str, **given: Any) -> Any:
        if path == "/system_stats":
            return {"system": {"comfyui_version": request.param}}
        return asked(client, path, **given)

    monkeypatch.setattr(ComfyClient, "json", json_)
    return request.param


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "runs ComfyUI" in record.getMessage()]


@pytest.mark.parametrize("version", ["0.46.1"], indirect=True)
def test_another_release_is_reported_once(version: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with serving(Script(object_info=SERVED, outputs=OUTPUTS)) as (engine, _):
        for _ in range(2):
            run(engine, text_to_image())
            run(connect(engine.client.address), text_to_image().compile())
        assert engine.catalog().comfyui == version
        (message,) = warnings(caplog)
        assert (
            f"{engine.client.address} runs ComfyUI {version}" in message and f"of ComfyUI {COMFYUI_VERSION}" in message
        )
        judge_of(engine, open_catalog("0.28"))
        assert len(warnings(caplog)) == 2 and "ComfyUI 0.28.0 is in use" in warnings(caplog)[1]


@pytest.mark.parametrize("version", [COMFYUI_VERSION, f"v{COMFYUI_VERSION}", None, ["?"], ""], indirect=True)
def test_nothing_is_reported_of_the_same_release_or_of_none(version: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with serving(Script(object_info=SERVED, outputs=OUTPUTS)) as (engine, _):
        run(engine, text_to_image())
        assert warnings(caplog) == [] and isinstance(engine, ComfyUI)


def test_validate_asks_the_engine(tmp_path: Any) -> None:
    graph = tmp_path / "graph.json"
    graph.write_bytes(text_to_image().compile().json())
    with serving(Script(object_info={"Only": {"input": {"required": {}}, "output": []}})) as (engine, _):
        answer = ryla("validate", graph, "--engine", engine.client.address)
        assert answer.returncode == 1 and "has no node class" in answer.stdout + answer.stderr
    assert ryla("validate", graph).returncode == 0
    assert ryla("validate", graph, "--engine", "http://127.0.0.1:9").returncode == 2
