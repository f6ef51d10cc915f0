"""One's own pipelines over HTTP: with requests, with our client, beside the official SDK."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from comfy_sdk import Comfy
from PIL import Image

from ryla_graphs import RequestFailed, RylaClient
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.pipelines import Pipelines, load
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.safety.tokens import Tokens
from tests.pipelines.callers import called_by_all, three
from tests.pipelines.own import EDITOR, written
from tests.server.live import listening

TOKEN = "a-token-that-is-long-enough"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = written(tmp_path_factory.mktemp("own"))
    (folder / "broken.py").write_text("from ryla_graphs import Workflow\n\n1 / 0\n")
    settings = Settings(pipelines=(str(folder),))
    with listening(create_app(Simulator(), SqliteStore(folder / "data"), settings)) as address:
        yield address


def picture(size: tuple[int, int] = (400, 300)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "tan").save(buffer, "PNG")
    return buffer.getvalue()


def test_every_pipeline_is_a_row_of_the_presets(address: str) -> None:
    rows = {row["name"]: row for row in requests.get(f"{address}/presets", timeout=60).json()["presets"]}
    assert rows["grey"]["summary"] == "A grey picture."
    assert rows["small-portrait"] == {
        "name": "small-portrait",
        "summary": "A portrait made small.",
        "url": "/small-portrait",
    }
    assert rows["one-colour"]["summary"] == "A picture of one colour."
    assert "flux-dev" in rows


def test_its_parameters_are_a_form(address: str) -> None:
    reported = requests.get(f"{address}/presets/small-portrait", timeout=60).json()
    facts = reported["parameters"]["properties"]
    assert list(facts) == ["face", "seed", "size", "how"] and reported["parameters"]["required"] == ["face"]
    assert (facts["face"]["format"], facts["face"]["x-widget"]) == ("ryla-file", "file")
    assert facts["face"]["description"] == "Whose it is."
    assert facts["size"]["description"] == "How large it is, in megapixels."
    assert facts["size"]["maximum"] == 4 and facts["how"]["enum"] == ["as-is", "negative"]
    assert facts["seed"]["x-widget"] == "seed"
    colour = requests.get(f"{address}/presets/one-colour", timeout=60).json()["parameters"]["properties"]
    assert (colour["paint"]["minimum"], colour["paint"]["maximum"], colour["paint"]["default"]) == (1, 255, 7)
    assert colour["width"]["default"] == 64


def test_openapi_has_them_among_the_presets(address: str) -> None:
    api = requests.get(f"{address}/openapi.json", timeout=120).json()
    for name in ("grey", "small-portrait", "one-colour"):
        operation = api["paths"][f"/{name}"]["post"]
        assert operation["tags"] == ["presets"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert "webhookUrl" in api["components"]["schemas"][schema]["properties"]


def test_a_preset_is_run(address: str) -> None:
    answer = requests.post(f"{address}/grey", json={"width": 128}, timeout=120)
    assert answer.status_code == 200, answer.text
    assert Image.open(io.BytesIO(answer.content)).size == (128, 64)


def test_a_function_is_run_with_an_upload_and_a_drawn_seed(address: str) -> None:
    face = f"data:image/png;base64,{base64.b64encode(picture()).decode()}"
    answer = requests.post(f"{address}/small-portrait", json={"face": face, "how": "negative"}, timeout=120)
    assert answer.status_code == 200, answer.text
    width, height = Image.open(io.BytesIO(answer.content)).size
    assert 9_000 < width * height < 12_000
    assert int(answer.headers["X-Seed"]) > 0


def test_a_saved_graph_is_run(address: str) -> None:
    answer = requests.post(f"{address}/one-colour", json={"width": 32, "paint": 200}, timeout=120)
    assert answer.status_code == 200, answer.text
    shown = Image.open(io.BytesIO(answer.content))
    assert shown.size == (32, 48) and shown.convert("RGB").getpixel((0, 0)) == (0, 0, 200)


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("small-portrait", {"how": "upside-down"}, "face"),
        ("small-portrait", {"face": "x.png", "szie": 2}, "szie"),
        ("one-colour", {"paint": 256}, "paint"),
        ("grey", {"width": "wide"}, "width"),
    ],
)
def test_bad_parameters_are_reported_by_name(address: str, path: str, body: Any, place: str) -> None:
    answer = requests.post(f"{address}/{path}", json=body, timeout=120)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_parameters")
    assert place in {row.get("parameter") for row in answer.json()["error"]["problems"]}


def test_a_value_error_of_a_function_reaches_the_caller(address: str) -> None:
    face = f"data:image/png;base64,{base64.b64encode(picture()).decode()}"
    answer = requests.post(f"{address}/small-portrait", json={"face": face, "size": 3.5}, timeout=120)
    assert answer.status_code == 422, answer.text
    assert "more than 3 megapixels is not small" in answer.text


def test_a_name_that_is_not_served_is_answered_with_the_nearest_and_where_to_look(address: str) -> None:
    message = requests.post(f"{address}/one-color", json={}, timeout=60).json()["error"]["message"]
    assert "did you mean '/one-colour'" in message
    assert "some pipelines of this deployment failed to load, and its log says why" in message


def test_our_client_calls_them_as_methods(address: str, tmp_path: Path) -> None:
    with RylaClient(address) as client:
        made: Any = client
        job = made.small_portrait(face=picture(), size=0.02)
        assert job.view.ended and len(job.save(tmp_path)) == 1
        assert made.one_colour().state == "succeeded"
        with pytest.raises(RequestFailed) as refused:
            made.one_color()
        assert (refused.value.code, refused.value.status) == ("not_found", 404)
        assert not hasattr(client, "_repr_html_")


def test_the_official_sdk_sees_their_jobs_and_runs_their_graphs(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMFY_BASE_URL", address)
    taken = requests.post(f"{address}/grey", json={"width": 96}, headers={"Prefer": "respond-async"}, timeout=120)
    grey = Pipelines(load([str(written(tmp_path) / "my_own.py")])).get("grey")
    with Comfy() as client:
        job = client.jobs.get(taken.json()["id"]).result()
        assert Image.open(io.BytesIO(job.outputs[0].to_bytes())).size == (96, 64)
        job = client.run(client.workflows.from_json(dict(grey.build(width=32).compile().prompt)))
        assert Image.open(io.BytesIO(job.outputs[0].to_bytes())).size == (32, 64)


def test_a_file_with_three_pipelines_is_served_to_every_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(pipelines=(three(tmp_path),), tokens=Tokens.parse(f"me:{TOKEN}"))
    with listening(create_app(Simulator(), SqliteStore(tmp_path / "data"), settings)) as address:
        called_by_all(address, TOKEN, monkeypatch)


def test_what_does_not_load_is_logged_with_its_line_and_the_others_serve(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path)
    (folder / "broken.py").write_text("from ryla_graphs import Workflow\n\n1 / 0\n")
    (folder / "jobs.json").write_text(json.dumps(EDITOR))
    with caplog.at_level(logging.ERROR):
        app = create_app(Simulator(), SqliteStore(tmp_path / "data"), Settings(pipelines=(str(folder),)))
    reported = [row.getMessage() for row in caplog.records if row.name == "ryla_graphs.server"]
    assert any("broken.py:3: ZeroDivisionError" in line for line in reported)
    assert any("the server has a route /jobs" in line for line in reported)
    assert app.state.deployment.pipelines.own == ("one-colour", "grey", "small-portrait")
    assert "imported" not in capsys.readouterr().out
