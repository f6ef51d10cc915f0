"""The reader: what each thing is, which graph of it is used, and what is said of things that are none."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import Workflow
from ryla_graphs.formats import json_text
from ryla_graphs.formats.read import read
from ryla_graphs.problems import InvalidDocument, InvalidInputs, RylaError
from ryla_graphs.server.safety.provenance import delivered
from tests.conftest import recorded
from tests.formats.files import PROMPT, WORKFLOW, chunk, exif, png_of, saved
from tests.graphs import text_to_image
from tools.save_samples import HERE, prompt_of, workflow_of

ASSET = "0f8fad5b-d9cb-469f-a165-70867728950e"
PICTURE = saved("PNG")
BASE64 = base64.b64encode(PICTURE).decode()
LOADING = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "me.png"}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
}


def loading(image: Any) -> dict[str, Any]:
    return LOADING | {"1": {"class_type": "LoadImage", "inputs": {"image": image}}}


BODIES: dict[str, tuple[Any, str]] = {
    "bare": (PROMPT, "API JSON"),
    "prompt": ({"prompt": PROMPT, "client_id": "x", "number": 1}, "the body of a POST /prompt"),
    "ours": ({"workflow": PROMPT, "inputs": {}}, "a workflow with its input files"),
    "v2": ({"workflow": PROMPT, "metadata": {"a": "b"}}, "a job of Comfy API v2"),
    "worker-comfyui": ({"input": {"workflow": PROMPT}}, "a request to worker-comfyui"),
    "a worker": ({"input": {"workflow_json": json.dumps(PROMPT)}}, "a request to a serverless worker"),
    "Salad": ({"prompt": PROMPT, "convert_output": {"format": "webp"}}, "a request to Salad's comfyui-api"),
    "history": (
        {"0f8f": {"prompt": [3, "0f8f", PROMPT, {}, ["2"]], "outputs": {}}},
        "an entry of ComfyUI's queue or history",
    ),
    "history alone": (
        {"prompt": [3, "0f8f", PROMPT, {}, ["2"]], "outputs": {}},
        "an entry of ComfyUI's queue or history",
    ),
    "a job": (
        {"id": "0f8f", "status": "completed", "create_time": 1, "workflow": {"prompt": PROMPT, "extra_data": {}}},
        "a job of ComfyUI",
    ),
    "queue": ([0, "0f8f", PROMPT, {}, ["2"]], "an entry of ComfyUI's queue or history"),
    "all of the queue": (
        {"queue_running": [], "queue_pending": [[0, "0f8f", PROMPT, {}, ["2"]]]},
        "an entry of ComfyUI's queue or history",
    ),
    "JSON as a text": (json.dumps(PROMPT), "API JSON"),
    "JSON as a text as a text": (json.dumps(json.dumps(PROMPT)), "API JSON"),
    "a wrapped text": ({"workflow": json.dumps(PROMPT)}, "a workflow with its input files"),
    "a wrapped body": ({"workflow": {"prompt": PROMPT}}, "a workflow with its input files"),
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies(name: str) -> None:
    body, kind = BODIES[name]
    for source in (body, json.dumps(body), json.dumps(body).encode(), gzip.compress(json.dumps(body).encode())):
        found = read(source)
        assert (found.kind, found.prompt, found.used) == (kind, PROMPT, "prompt")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings_of_windows(encoding: str) -> None:
    text = json.dumps(PROMPT, ensure_ascii=False)
    if encoding == "utf-16-le":
        text = "\ufeff" + text
    if encoding == "utf-32":
        with pytest.raises(InvalidDocument):
            read(b"\0" + text.encode())
        return
    assert read(text.encode(encoding)).prompt == PROMPT


@pytest.mark.parametrize("name", ["prompt", "workflow", "workflow_json", "input"])
def test_a_node_may_bear_the_name_of_a_key(name: str) -> None:
    graph = {name: PROMPT["1"], "2": PROMPT["2"]}
    assert (read(graph).prompt, read(graph).kind) == (graph, "API JSON")
    assert read({name: PROMPT["1"]}).prompt == {name: PROMPT["1"]}


FILES: dict[str, dict[str, Any]] = {
    "ours": {"workflow": LOADING, "inputs": {"me.png": f"data:image/png;base64,{BASE64}"}},
    "ours, bare": {"workflow": LOADING, "inputs": {"me.png": BASE64}},
    "worker-comfyui": {"input": {"workflow": LOADING, "images": [{"name": "me.png", "image": BASE64}]}},
}


@pytest.mark.parametrize("name", FILES)
def test_files_come_along(name: str) -> None:
    found = read(FILES[name])
    assert (found.prompt, found.inputs) == (LOADING, {"me.png": PICTURE})


@pytest.mark.parametrize("image", [BASE64, f"data:image/png;base64,{BASE64}"])
def test_files_in_the_graph_itself_come_along(image: str) -> None:
    found = read({"prompt": loading(image)})
    name = found.prompt["1"]["inputs"]["image"]
    assert (found.prompt, found.inputs) == (loading(name), {name: PICTURE})


def test_what_only_a_server_can_fetch_stays_a_text() -> None:
    body = {"workflow": LOADING, "inputs": {"me.png": "https://example.org/me.png"}}
    assert read(body).inputs == {"me.png": "https://example.org/me.png"}
    asset = {"__type": "core/ASSET", "info": {"id": ASSET}}
    found = read({"workflow": loading(asset)})
    assert (found.prompt, found.inputs) == (loading(f"asset-{ASSET}"), {f"asset-{ASSET}": ASSET})


def test_an_asset_without_an_id() -> None:
    with pytest.raises(InvalidInputs, match="has no id"):
        read({"workflow": loading({"__type": "core/ASSET", "info": {}})})


def test_a_workflow_says_that_files_came_along() -> None:
    (problem,) = [each for each in Workflow.open(FILES["ours"]).validate() if each.code == "files_came_along"]
    assert "me.png" in problem.message and problem.level != "error"


def test_keys_that_nothing_is_made_of_are_named() -> None:
    assert read({"prompt": PROMPT, "webhook": "https://example.org", "client_id": "x"}).unread == ("webhook",)
    assert read({"input": {"workflow": PROMPT, "speed": 3}}).unread == ("speed",)


@pytest.mark.parametrize("name", ["picture.png", "animated.webp", "video.mp4", "sound.opus", "latent.latent"])
def test_a_file_that_has_both_is_read_by_its_prompt(name: str) -> None:
    found = read((HERE / name).read_bytes())
    assert (found.prompt, found.ui, found.used) == (prompt_of(name), workflow_of(name), "prompt")
    assert found.kind.endswith("with a prompt and a workflow") and "values as they ran" in (found.because or "")


def test_a_file_as_a_data_url() -> None:
    text = f"data:image/png;base64,{base64.b64encode((HERE / 'picture.png').read_bytes()).decode()}"
    assert read(text).prompt == prompt_of("picture.png") == read({"workflow": text}).prompt


def test_the_workflow_in_a_request_is_its_layout() -> None:
    body = {"prompt": PROMPT, "extra_data": {"extra_pnginfo": {"workflow": WORKFLOW}, "api_key_comfy_org": "secret"}}
    assert read(body).ui == WORKFLOW
    assert "secret" not in repr(read(body))


def test_a_prompt_that_is_broken_is_said_where_the_file_is_used() -> None:
    text = b"prompt\0" + json.dumps(PROMPT).encode()
    content = png_of(chunk(b"tEXt", text), chunk(b"tEXt", b'workflow\0{"nodes": ['), chunk(b"IEND", b""))
    found = read(content)
    assert [problem.code for problem in found.problems] == ["broken_metadata"]
    assert found.problems[0].level == "warning" and "its workflow is not JSON" in found.problems[0].message


def test_what_is_wanted_must_be_there() -> None:
    with pytest.raises(InvalidDocument, match="has no workflow; read its prompt instead"):
        read(PROMPT, prefer="workflow")
    with pytest.raises(InvalidDocument, match="has no prompt; read its workflow instead"):
        read(WORKFLOW, prefer="prompt")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", '"\\ud800"', '{"a": [NaN]}'])
def test_values_that_are_no_json_are_errors_at_their_place(value: str) -> None:
    found = read(json.dumps(PROMPT).replace('"width": 64', f'"width": {value}'))
    (problem,) = found.problems
    assert (problem.code, problem.level, problem.node) == ("not_json", "error", "1")
    assert problem.input is not None and problem.input.startswith("width")
    json.dumps(found.prompt, allow_nan=False, ensure_ascii=False).encode()


def test_what_comfyui_writes_beside_the_inputs_is_none_of_them() -> None:
    nodes = PROMPT | {"1": PROMPT["1"] | {"is_changed": [float("nan")]}}
    found = read(json.dumps(nodes))
    assert not found.problems and found.prompt["1"]["inputs"] == PROMPT["1"]["inputs"]


def test_json_that_speaks_of_other_formats_is_json() -> None:
    graph = {"1": {"class_type": "A", "inputs": {"text": "<svg xmlns='x'> ftyp RIFF", "x": "data:,"}}}
    assert read(json.dumps(graph).encode()).prompt == graph


def test_an_id_that_is_no_text() -> None:
    found = read('{"\\ud800": {"class_type": "A", "inputs": {}}}')
    assert [problem.code for problem in found.problems] == ["not_json"]


_MISFITS: dict[str, tuple[Any, str]] = {
    "nothing": (b"", "empty"),
    "nothing in it": ("{}", "nothing in it"),
    "a list": ("[]", "a list"),
    "a number": (b'{"input": 3}', "no graph"),
    "a word": ('"hello"', "one plain value"),
    "a queue of two": ({"queue_running": [[0, "a", PROMPT, {}]] * 2, "queue_pending": []}, "/queue; open one"),
    "a history of two": (
        {name: {"prompt": [0, name, PROMPT, {}], "outputs": {}} for name in "ab"},
        "/history; open one",
    ),
    "a comma too many": ('{"1": {"inputs": {},}}', "leave out the comma"),
    "a comma too many, and a line": ('{"1": [1,\n]}', "leave out the comma"),
    "Python's text": (str(PROMPT), "json.dumps"),
    "a name of Python": ('{"1": None}', "json.dumps"),
    "a template": ('{"1": {"width": {{width}}}}', "placeholders"),
    "another template": ('{"1": {"width": %width%}}', "placeholders"),
    "a comment": ('{"1": 2, // two\n"2": 3}', "no comments"),
    "a script's value": ('{"1": undefined}', "JSON.stringify"),
    "a script": (b"const prompt = {};", "JavaScript"),
    "Markdown": (b"```json\n{}\n```", "between the fences"),
    "JSON lines": ('{"a": 1}\n{"b": 2}\n', "a second value"),
    "JSON that ends early": ('{"1": {"inputs": {"text": "a fo', "too early"),
    "a node": (PROMPT["1"], "one node"),
    "a catalog": ({"A": {"input": {}, "output": []}}, "catalog"),
    "a web page": (b"<!DOCTYPE html><html>", "web page"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "an archive": (b"PK\3\4", "ZIP"),
    "Python": (b"from ryla_graphs import Workflow", "FILE.py"),
    "text": (b"a red fox", "text, but no JSON"),
    "a binary": (bytes(80), "no kind"),
    "cut JSON": (b'{"1": {"class_type": "A"', "line 1"),
    "deep JSON": (b'{"1": ' + b"[" * 100_000, "levels deep"),
    "a bare picture": (PICTURE, "carries no workflow"),
    "a delivered picture": (delivered(PICTURE, "image/png"), "takes the workflow out.*/api/v2/jobs/ID/workflow"),
    "a delivered WebP": (delivered(saved("WEBP"), "image/webp"), "X-Job-Id"),
    "a bare weight file": (b"\x10\0\0\0\0\0\0\0" + b'{"a": [1, 2, 3]}', "weight file"),
    "settings": (png_of(chunk(b"tEXt", b"parameters\0Steps: 20, Sampler: x"), chunk(b"IEND", b"")), "another program"),
    "a broken picture": (png_of(chunk(b"tEXt", b"prompt\0{", length=2**31)), "claims 2,147,483,648 bytes"),
    "a broken prompt": (saved("WEBP", exif=exif({0x0110: 'prompt:{"1": '})), "its prompt is not JSON"),
    "another program's request": ({"prompt": "a fox", "steps": 20}, "its `prompt` is text"),
    "cut gzip": (gzip.compress(b"{}" * 100)[:20], "broken gzip"),
    "broken gzip": (b"\x1f\x8b\x08" + bytes(20), "broken gzip"),
    "images": ({"input": {"workflow": PROMPT, "images": "x"}}, "`images`"),
    "an image": ({"input": {"workflow": PROMPT, "images": [{"name": "x"}]}}, r"images\[0\]"),
    "inputs": ({"workflow": PROMPT, "inputs": {"a": 3}}, "`inputs` must be"),
    "wraps": ({"workflow": {"workflow": {"workflow": {"workflow": PROMPT}}}}, "wrapped in too many"),
    "an error": ({"error": {"message": "no"}}, "tells of an error"),
    "a set": ({"1": {"class_type": "A", "inputs": {"a": {1, 2}}}}, "cannot be written as JSON"),
    "a broken data URL": ("data:image/png;base64,%%%", "data URL"),
}


@pytest.mark.parametrize("name", _MISFITS)
def test_what_is_no_graph_is_reported_in_one_sentence(name: str) -> None:
    source, expected = _MISFITS[name]
    with pytest.raises(InvalidDocument, match=expected) as caught:
        read(source)
    assert "\n" not in str(caught.value)


def test_a_gzip_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "MOST_BYTES", 2**20)
    with pytest.raises(InvalidDocument, match="unpacks to more than 1,048,576 bytes"):
        read(gzip.compress(b" " * (2**20 + 1)))


def test_python_values_that_contain_themselves_or_go_too_deep() -> None:
    loop: dict[str, Any] = {"class_type": "A", "inputs": {}}
    loop["inputs"]["me"] = loop
    with pytest.raises(InvalidDocument):
        read({"1": loop})
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidDocument):
        read({"1": {"class_type": "A", "inputs": {"deep": deep}}})


def test_an_integer_of_countless_digits() -> None:
    with pytest.raises(InvalidDocument, match="not JSON"):
        read('{"1": {"class_type": "A", "inputs": {"n": ' + "9" * 10_000 + "}}}")


@pytest.mark.parametrize("name", ["wrapped_prompt", "wrapped_runpod", "runpod_request"])
def test_recorded_bodies(name: str) -> None:
    found = read(recorded(f"repro/{name}.json").read_bytes())
    assert "CheckpointLoaderSimple" in {node["class_type"] for node in found.prompt.values()}
    assert list(found.inputs) == (["photo.png"] if name == "runpod_request" else [])


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(BASE64),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["prompt", "workflow", "input", "inputs", "images", "nodes", "class_type", "__type", "1"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(_VALUES)
def test_whatever_json_holds_it_is_opened_or_refused(value: Any) -> None:
    text = json.dumps(value)
    with contextlib.suppress(RylaError):
        json.dumps(read(text).prompt, allow_nan=False, ensure_ascii=False).encode()


@given(st.data())
def test_a_body_that_somebody_changed_is_opened_or_refused(data: st.DataObject) -> None:
    text = bytearray(json.dumps(data.draw(st.sampled_from([body for body, _ in BODIES.values()]))).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text)))
        text[place : place + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=6))
    with contextlib.suppress(RylaError):
        json.dumps(read(bytes(text)).prompt, allow_nan=False, ensure_ascii=False).encode()


def test_compiled_graphs_come_back() -> None:
    prompt = text_to_image().compile().prompt
    assert read(prompt).prompt == prompt
