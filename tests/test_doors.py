"""Every door opens every kind of thing: Python, the command line, HTTP, Comfy API v2, the client."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ryla_graphs import Workflow
from ryla_graphs.cli import main
from ryla_graphs.client import RylaClient
from ryla_graphs.engines import connect
from ryla_graphs.server import SqliteStore, create_app
from tests.formats.files import PROMPT, WORKFLOW, P, made, png, saved
from tests.server.clients import TestClient
from tests.server.live import listening
from tests.test_cli_weights import Answer
from tools.save_samples import HERE, SAVES

FACE = saved("PNG")
FACE_TEXT = base64.b64encode(FACE).decode()
LOADING: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "me.png"}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
}


def text(value: Any) -> Callable[[], bytes]:
    return lambda: json.dumps(value).encode()


def with_file(image: Any) -> dict[str, Any]:
    return LOADING | {"1": {"class_type": "LoadImage", "inputs": {"image": image}}}


BODIES: Mapping[str, Callable[[], bytes]] = {
    "api.json": text(PROMPT),
    "prompt.json": text({"prompt": PROMPT, "client_id": "x", "extra_data": {"extra_pnginfo": {"workflow": WORKFLOW}}}),
    "ours.json": text({"workflow": LOADING, "inputs": {"me.png": f"data:image/png;base64,{FACE_TEXT}"}}),
    "v2.json": text({"workflow": PROMPT, "extra_data": {}}),
    "worker.json": text({"input": {"workflow": LOADING, "images": [{"name": "me.png", "image": FACE_TEXT}]}}),
    "salad.json": text({"prompt": with_file(FACE_TEXT), "id": "1"}),
    "history.json": text({"0f8f": {"prompt": [3, "0f8f", PROMPT, {}, ["2"]], "outputs": {}}}),
    "editor.json": text(WORKFLOW),
    "wrapped_editor.json": text({"workflow": WORKFLOW}),
}
FILES: Mapping[str, Callable[[], bytes]] = {
    "picture.png": lambda: made("PNG"),
    "prompt_only.png": lambda: png(lambda info: info.add_text("prompt", P)),
    "workflow_only.png": lambda: png(lambda info: info.add_text("workflow", json.dumps(WORKFLOW))),
    "picture.webp": lambda: made("WebP"),
    "picture.jpg": lambda: made("JPEG"),
    "picture.avif": lambda: made("AVIF"),
    "picture.gif": lambda: made("GIF"),
    "video.mp4": lambda: made("MP4"),
    "helper_suite.mkv": lambda: made("MKV of VideoHelperSuite"),
    "film.webm": lambda: made("WebM"),
    "sound.flac": lambda: made("FLAC"),
    "sound.mp3": lambda: made("MP3 of old"),
    "sound.opus": lambda: made("Ogg"),
    "latent.latent": lambda: made("latent"),
}
KINDS = {**BODIES, **FILES}


@pytest.fixture(params=KINDS)
def thing(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of each kind."""
    path = tmp_path / str(request.param)
    path.write_bytes(KINDS[str(request.param)]())
    return path


def ryla(*arguments: str | Path, stdin: bytes = b"") -> Answer:
    """Run the command line in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(sys, "argv", ["ryla-graphs", *map(str, arguments)])
        patch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin), isatty=lambda: False))
        patch.setenv("COLUMNS", "200")
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    assert "a bug in ryla-graphs" not in err.getvalue(), err.getvalue()
    return Answer(code, out.getvalue(), err.getvalue())


def outputs_in(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix != ".json"]


@pytest.mark.parametrize("name", SAVES)
def test_what_a_real_comfyui_saved_is_a_valid_graph(name: str) -> None:
    workflow = Workflow.open(HERE / name)
    assert [problem for problem in workflow.validate() if problem.level == "error"] == []
    assert workflow.compile().outputs


def test_python(thing: Path) -> None:
    for source in (thing, str(thing), thing.read_bytes()):
        workflow = Workflow.open(source)
        assert len(workflow.compile().prompt) >= 2
    assert Workflow.open(thing).name == thing.stem


COMMANDS: Mapping[str, Callable[[Path, Path], list[str | Path]]] = {
    "validate": lambda thing, _: ["validate", thing, "--json"],
    "compile": lambda thing, _: ["compile", thing],
    "convert": lambda thing, out: ["convert", thing, "--to", "api", "-o", out / "api.json"],
    "ui": lambda thing, out: ["convert", thing, "--to", "ui", "-o", out / "ui.json"],
    "python": lambda thing, out: ["convert", thing, "--to", "python", "-o", out / "pipe.py"],
    "mermaid": lambda thing, _: ["convert", thing, "--to", "mermaid"],
    "plan": lambda thing, _: ["plan", thing, "--json"],
    "lock": lambda thing, out: ["lock", thing, "-o", out / "ryla.lock"],
    "weights": lambda thing, _: ["weights", "list", thing, "--json"],
    "pull": lambda thing, out: ["weights", "pull", thing, "--into", out / "models", "--dry-run"],
    "inputs": lambda thing, _: ["run", thing, "--list-inputs", "--json"],
    "diff": lambda thing, _: ["diff", thing, thing],
    "run": lambda thing, out: ["run", thing, "-o", out / "out"],
    "sweep": lambda thing, out: ["sweep", thing, "--grid", "2.filename_prefix=a,b", "-o", out / "out"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands(name: str, thing: Path, tmp_path: Path) -> None:
    answer = ryla(*COMMANDS[name](thing, tmp_path))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    if name in ("run", "sweep"):
        assert outputs_in(tmp_path / "out")


def test_standard_input(thing: Path, tmp_path: Path) -> None:
    answer = ryla("run", "-", "-o", tmp_path / "out", stdin=gzip.compress(thing.read_bytes()))
    assert answer.returncode == 0, answer.stderr
    assert outputs_in(tmp_path / "out")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    store = SqliteStore(tmp_path_factory.mktemp("server"))
    with TestClient(create_app(connect("simulator"), store)) as client:
        yield client


def test_http(thing: Path, served: TestClient) -> None:
    ran = served.post("/workflow", content=thing.read_bytes())
    assert ran.status_code == 200 and ran.content, ran.text
    judged = served.post("/validate", content=thing.read_bytes())
    assert judged.status_code == 200, judged.text
    facts = judged.json()
    assert (facts["valid"], facts["runs_here"], facts["verdict"]["accepted"]) == (True, True, True), facts
    assert facts["kind"] and facts["outputs"] and facts["plan"]["stages"] is not None


@pytest.mark.parametrize("name", [name for name in BODIES if name not in ("ours.json", "worker.json")])
def test_comfy_api_v2(name: str, served: TestClient) -> None:
    """What may stand in its `workflow`; that reserves `inputs` for itself."""
    answer = served.post("/api/v2/jobs", json={"workflow": json.loads(BODIES[name]())})
    assert answer.status_code == 201, answer.text


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with listening(create_app(connect("simulator"), SqliteStore(tmp_path_factory.mktemp("live")))) as address:
        yield address


def test_client(thing: Path, address: str) -> None:
    with RylaClient(address) as client:
        for source in (thing, str(thing), thing.read_bytes()):
            assert client.run(source).outputs[0].read()
        if thing.suffix == ".json":
            assert client.run(json.loads(thing.read_bytes())).outputs


@pytest.mark.parametrize("name", ["picture.png", "animated.webp"])
def test_from_chooses(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(made("PNG" if name.endswith("png") else "WebP"))
    colours = [
        json.loads(ryla("convert", path, "--from", kind).stdout)["1"]["inputs"]["color"]
        for kind in ("prompt", "workflow")
    ]
    assert colours == [7, 5]
    assert "using its workflow: that was asked for" in ryla("convert", path, "--from", "workflow").stderr
    assert ryla("diff", path, path, "--from", "workflow").returncode == 0


@pytest.mark.parametrize("name", ["api.json", "worker.json", "picture.webp", "sound.flac", "editor.json"])
@pytest.mark.parametrize("form", ["ui", "python"])
def test_what_was_converted_is_the_same_graph(name: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(KINDS[name]())
    wanted = [] if name == "editor.json" else ["--from", "prompt"]
    out = tmp_path / ("pipe.py" if form == "python" else "ui.json")
    assert ryla("convert", path, "--to", form, "-o", out, *wanted).returncode == 0
    target = f"{out}:workflow" if form == "python" else out
    answer = ryla("diff", path, target)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(("name", "start"), [("x.py", "from ryla"), ("x.mmd", "flowchart"), ("x.json", "{")])
def test_the_suffix_says_what_to_write(name: str, start: str, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(made("PNG"))
    assert ryla("convert", path, "-o", tmp_path / name).returncode == 0
    assert (tmp_path / name).read_text().startswith(start)


def test_the_layout_that_somebody_made_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(made("PNG"))
    assert json.loads(ryla("convert", path, "--to", "ui").stdout) == WORKFLOW
    new = json.loads(ryla("convert", path, "--to", "ui", "--from", "prompt").stdout)
    assert new != WORKFLOW and new["nodes"][0]["widgets_values"][3] == 7
    changed = json.loads(ryla("convert", path, "--to", "ui", "-p", "1.color=9").stdout)
    assert changed["nodes"][0]["widgets_values"][3] == 9


def test_from_chooses_over_http_too(served: TestClient) -> None:
    content = made("PNG")
    for query, used in (("", "prompt"), ("?from=prompt", "prompt"), ("?from=workflow", "workflow")):
        assert served.post(f"/validate{query}", content=content).json()["used"] == used
        assert served.post(f"/workflow{query}", content=content).status_code == 200
    assert served.post("/validate?from=workflow", json=PROMPT).status_code == 422


def test_inputs_are_set_in_any_graph(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(made("PNG"))
    face = tmp_path / "face.png"
    face.write_bytes(FACE)
    compiled = json.loads(ryla("compile", path, "-p", "1.width=128", "-p", "2.filename_prefix=123").stdout)
    assert (compiled["1"]["inputs"]["width"], compiled["2"]["inputs"]["filename_prefix"]) == (128, "123")
    graph = tmp_path / "load.json"
    graph.write_text(json.dumps(LOADING))
    assert ryla("run", graph, "-p", f"1.image=@{face}", "-o", tmp_path / "out").returncode == 0
    for setting, message in (
        ("1.widht=1", "did you mean 'width'"),
        ("9.width=1", "there is no node '9'; there are 1, 2"),
        ("width=1", "names no input of the graph; write NODE.INPUT=VALUE, such as 1.width="),
    ):
        answer = ryla("run", path, "-p", setting, "-o", tmp_path / "out")
        assert answer.returncode == 2 and message in answer.stderr


def test_what_the_app_mode_shows_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    path.write_text(
        json.dumps(WORKFLOW | {"extra": {"linearData": {"inputs": [["2", "filename_prefix"], ["1", "color"]]}}})
    )
    rows = json.loads(ryla("run", path, "--list-inputs", "--json").stdout)
    assert [row["key"] for row in rows][:2] == ["2.filename_prefix", "1.color"]
    assert [row["in_app"] for row in rows] == [True, True, False, False, False]


def test_what_only_a_server_can_fetch_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"workflow": LOADING, "inputs": {"me.png": "https://example.org/me.png"}}))
    answer = ryla("run", path, "-o", tmp_path / "out")
    assert answer.returncode != 0 and "where only a server looks" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_what_is_used_and_what_is_not_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"prompt": PROMPT, "webhook": "https://example.org"}))
    assert "ignored: `webhook`" in ryla("validate", path).stderr
    assert json.loads(ryla("validate", path, "--json").stdout)[0]["unread"] == ["webhook"]


REFUSED: Mapping[str, tuple[bytes, str, int]] = {
    "a bare picture": (FACE, "carries no workflow", 422),
    "text": (b"a fox", "text, but no JSON", 400),
    "half of it": (json.dumps(PROMPT).encode()[:-9], "not JSON", 400),
    "a list": (b"[]", "a list", 400),
    "no graph": (b'{"a": 1}', "no graph", 422),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_none_is_refused_at_every_door(name: str, tmp_path: Path, served: TestClient) -> None:
    content, message, status = REFUSED[name]
    path = tmp_path / "thing"
    path.write_bytes(content)
    for command in ("validate", "compile", "convert", "plan", "run"):
        answer = ryla(command, path)
        assert answer.returncode == 1 and message in answer.stderr and len(answer.stderr.splitlines()) == 1
        failed = json.loads(ryla(command, path, "--json").stdout)
        assert failed["error"] == "InvalidDocument" and message in failed["message"]
    for where in ("/workflow", "/validate"):
        assert served.post(where, content=content).status_code == status


def test_an_unread_key_is_refused_where_it_would_be_missed(served: TestClient) -> None:
    answer = served.post("/workflow", json={"prompt": PROMPT, "convert_output": {"format": "webp"}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_document")
    assert served.post("/validate", json={"prompt": PROMPT, "webhook": "x"}).json()["unread"] == ["webhook"]


def test_values_that_are_no_json_are_reported_at_their_place(tmp_path: Path, served: TestClient) -> None:
    broken = json.dumps(PROMPT).replace('"width": 64', '"width": NaN').encode()
    path = tmp_path / "x.json"
    path.write_bytes(broken)
    answer = ryla("validate", path)
    assert answer.returncode == 1 and "not_json: EmptyImage '1'.width" in answer.stdout
    refused = served.post("/workflow", content=broken)
    assert refused.status_code == 422 and refused.json()["error"]["problems"][0]["code"] == "not_json"
