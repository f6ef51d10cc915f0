"""The ComfyUI engine tells the truth, whatever happens to the socket."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs import presets
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import Result, connect, run
from ryla_graphs.engines.comfyui import ComfyUI
from ryla_graphs.engines.events import Event
from ryla_graphs.problems import (
    Cancelled,
    EngineError,
    EngineRefused,
    EngineUnreachable,
    ExecutionFailed,
    NotFound,
    OutputMissing,
)
from tests.engines.stub import PNG, Script, file, serve, serving
from tests.graphs import text_to_image


def compiled() -> CompiledWorkflow:
    return text_to_image().compile()


def reported(script: Script, workflow: CompiledWorkflow | None = None, **options: Any) -> tuple[Result, list[Event]]:
    events: list[Event] = []
    with serving(script) as (engine, stub):
        result = run(engine, workflow or compiled(), on_event=events.append, **options)
        assert stub.subscribed_before_submit
    return result, events


def test_a_plain_run(tmp_path: Path) -> None:
    with serving() as (engine, stub):
        events: list[Event] = []
        result = run(engine, compiled(), on_event=events.append, previews=True)
        kinds = [event.kind for event in events]
        assert kinds[:3] == ["queued", "started", "node"]
        assert kinds.count("progress") == 3 and kinds.count("preview") == 6 and kinds.count("output") == 2
        assert kinds[-1] == "finished"
        assert [event.to_dict()["step"] for event in events if event.kind == "progress"] == [1, 2, 3]
        assert result.run == stub.submitted[0]["prompt_id"]
        assert stub.submitted[0]["extra_data"] == {"preview_method": "auto"}
        assert [path.relative_to(tmp_path).as_posix() for path in result.save(tmp_path)] == [
            "pictures/x_00001_.png",
            "pictures/x_00002_.png",
        ]
        assert (tmp_path / "pictures/x_00001_.png").read_bytes() == PNG


def test_a_failing_node_is_named_with_its_line() -> None:
    error = {
        "node_id": "sampler", "node_type": "KSampler", "exception_message": "out of memory", "traceback": ["SECRET"],
    }  # fmt: skip
    with pytest.raises(ExecutionFailed) as caught:
        reported(Script(error=error))
    assert (caught.value.node, caught.value.class_type) == ("sampler", "KSampler")
    assert "out of memory" in str(caught.value) and "SECRET" not in str(caught.value)


def test_an_output_that_does_not_arrive_is_no_success() -> None:
    with pytest.raises(OutputMissing, match="SaveImage 'save' promised 2 image outputs but delivered 1"):
        reported(Script(outputs={"save": {"images": [{"filename": "x.png", "subfolder": "", "type": "output"}]}}))
    with pytest.raises(OutputMissing):
        reported(Script(outputs={}))


def test_outputs_of_every_kind_arrive() -> None:
    def file(name: str) -> dict[str, str]:
        return {"filename": name, "subfolder": "a/b", "type": "temp"}

    outputs: dict[str, dict[str, Any]] = {
        "save": {"images": [file("a.png"), file("b.png")], "animated": [False]},
        "video": {"gifs": [file("c.mp4")], "images": [file("d.webm")]},
        "sound": {"audio": [file("e.flac")]},
        "words": {"text": ["hello"]},
        "shape": {"3d": [file("f.glb")]},
        "tensor": {"latents": [file("g.latent")]},
        "odd": {"result": ["x", None, {"camera": 1}], "anything": [file("h.bin")]},
    }
    result, _ = reported(Script(outputs=outputs))
    assert [(a.node, a.kind, a.filename) for a in result.outputs] == [
        ("save", "image", "a.png"),
        ("save", "image", "b.png"),
        ("video", "video", "c.mp4"),
        ("video", "video", "d.webm"),
        ("sound", "audio", "e.flac"),
        ("words", "text", "words_00001_.txt"),
        ("shape", "3d", "f.glb"),
        ("tensor", "latent", "g.latent"),
        ("odd", "file", "h.bin"),
    ]
    assert {a.subfolder for a in result.outputs if a.kind != "text"} == {"a/b"}
    assert result.outputs[5].text == "hello"


def test_a_file_that_the_server_does_not_give_is_an_error(tmp_path: Path) -> None:
    outputs = {"save": {"images": [{"filename": f"gone_{i}.png"} for i in range(2)]}}
    with serving(Script(outputs=outputs)) as (engine, _):
        result = run(engine, compiled())
        with pytest.raises(EngineError, match=r"gone_0.png"):
            result.save(tmp_path)


def test_files_are_read_from_the_servers_folder_where_it_is_here(tmp_path: Path) -> None:
    output = tmp_path / "output"
    (output / "pictures").mkdir(parents=True)
    (output / "pictures" / "x_00001_.png").write_bytes(b"from disk")
    (tmp_path / "secret.png").write_bytes(b"not to be read")
    (output / "link.png").symlink_to(tmp_path / "secret.png")
    files = [("x_00001_.png", "pictures"), ("x_00002_.png", "pictures"), ("secret.png", ".."), ("link.png", "")]
    outputs = {"save": {"images": [file(name, subfolder) for name, subfolder in files]}}
    with serve(Script(outputs=outputs)) as (address, _), ComfyUI(address, output_directory=output) as engine:
        result = run(engine, compiled())
        assert [artifact.read() for artifact in result.outputs] == [b"from disk", PNG, PNG, PNG]


@pytest.mark.parametrize("jobs_api", [True, False])
def test_cancel_ends_this_run_only(jobs_api: bool) -> None:
    with serving(Script(waits=True, jobs_api=jobs_api)) as (engine, stub):
        started = engine.start(compiled())
        canceller = threading.Thread(target=started.cancel)
        kinds = []
        for event in started.events():
            kinds.append(event.kind)
            if event.kind == "node":
                canceller.start()
        canceller.join()
        assert kinds[-1] == "cancelled"
        assert set(stub.cancelled) == {started.id}


def test_a_cancelled_run_raises() -> None:
    with serving(Script(waits=True)) as (engine, _):

        def stop(event: Event) -> None:
            if event.kind == "node":
                engine.client.cancel(event.run)

        with pytest.raises(Cancelled):
            run(engine, compiled(), on_event=stop)


def refusal(**node: Any) -> dict[str, Any]:
    return {
        "error": {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation"},
        "node_errors": {
            "sampler": {
                "class_type": "KSampler",
                "errors": [
                    {
                        "type": "value_not_in_list",
                        "message": "Value not in list",
                        "details": "sampler_name: 'euler' not in []",
                        "extra_info": {"input_name": "sampler_name", "received_value": "euler"},
                    }
                ],
                "dependent_outputs": ["save"],
            }
        },
    } | node


def test_a_refused_graph_is_reported_in_terms_of_our_nodes_and_lines() -> None:
    with pytest.raises(EngineRefused) as caught:
        reported(Script(refusal=(400, refusal())))
    (problem,) = caught.value.problems
    assert (problem.code, problem.node, problem.input) == ("value_not_in_list", "sampler", "sampler_name")
    assert problem.source and "graphs.py:" in problem.source
    assert "Prompt outputs failed validation" in str(caught.value)


def test_a_reason_that_no_register_has_is_reported_all_the_same() -> None:
    answer = refusal()
    answer["node_errors"]["sampler"]["errors"][0]["type"] = "of_a_newer_server"
    with pytest.raises(EngineRefused) as caught:
        reported(Script(refusal=(400, answer)))
    assert [(problem.code, problem.level) for problem in caught.value.problems] == [("of_a_newer_server", "error")]


def test_a_graph_taken_in_part_is_cancelled_and_refused() -> None:
    with serving(Script(refusal=(200, refusal(error=None)), waits=True)) as (engine, stub):
        with pytest.raises(EngineRefused, match="would leave out some outputs"):
            run(engine, compiled())
        assert stub.cancelled == [stub.submitted[0]["prompt_id"]]


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, "500 Internal Server Error"), (403, ""), (400, {"error": "odd"}), (400, []), (413, "too large")],
)
def test_odd_refusals_are_refusals(status: int, body: Any) -> None:
    with pytest.raises(EngineRefused):
        reported(Script(refusal=(status, body)))


def test_a_preset_parameter_behind_a_refusal_is_named() -> None:
    workflow = presets.get("flux-dev").build(prompt="x", seed=1).compile()
    answer = refusal()
    answer["node_errors"]["sampler"]["errors"][0]["extra_info"]["input_name"] = "steps"
    with serving(Script(refusal=(400, answer))) as (engine, _), pytest.raises(EngineRefused) as caught:
        run(engine, workflow)
    assert caught.value.problems[0].parameters == ("steps",)


def test_inputs_are_uploaded_under_names_of_their_own() -> None:
    workflow = presets.get("flux-instantid").build(prompt="x", referenceImage="me.png", seed=1).compile()
    script = Script(outputs={"save": {"images": [{"filename": "x.png"}]}})
    with serving(script) as (engine, stub):
        run(engine, workflow, {"me.png": b"face"})
        (name,) = stub.uploads
        assert name.startswith("me-") and name.endswith(".png") and stub.uploads[name] == b"face"
        assert stub.submitted[0]["prompt"]["reference"]["inputs"]["image"] == name
    assert workflow.prompt["reference"]["inputs"]["image"] == "me.png"


def test_an_input_that_the_graph_does_not_name_is_refused() -> None:
    with serving() as (engine, stub), pytest.raises(EngineRefused, match=r"names no input file 'me\.png'"):
        run(engine, compiled(), {"me.png": b"face"})
    assert stub.submitted == []


def test_nothing_at_the_address() -> None:
    engine = ComfyUI("http://127.0.0.1:9")
    with pytest.raises(EngineUnreachable, match=r"no ComfyUI answers at http://127.0.0.1:9: .*refused"):
        engine.catalog()
    with pytest.raises(EngineUnreachable):
        engine.start(compiled())


def test_the_catalog_is_the_servers() -> None:
    with serving() as (engine, _):
        assert list(engine.catalog()) == ["Only"]


def test_an_old_server_that_names_runs_itself() -> None:
    result, _ = reported(Script(own_id="its own", jobs_api=False))
    assert result.run == "its own" and len(result.outputs) == 2


@pytest.mark.parametrize("page", ["<html>Please log in</html>", "[]", "{}"])
def test_a_page_instead_of_an_answer(page: str) -> None:
    with pytest.raises(EngineUnreachable, match="/prompt does not answer like ComfyUI"):
        reported(Script(refusal=(200, page)))


def test_what_answers_but_is_no_comfyui() -> None:
    with serving() as (engine, _), pytest.raises(EngineUnreachable, match="does not answer like ComfyUI"):
        ComfyUI(f"{engine.client.address}/nothing").catalog()


@pytest.mark.parametrize(
    "address",
    ["http://[bad", "https://[::1", "http://", "http://h:99999", "http://h:port", "http://h:0", "ftp://host", "//host"],
)
def test_what_is_no_address_is_no_engine(address: str) -> None:
    with pytest.raises(NotFound, match="there is no engine"):
        connect(address)
    with pytest.raises(NotFound, match="there is no engine"):
        connect(f"http://host:8188,{address}")
    with pytest.raises(NotFound, match="is not the address of a server: use remote:https://host"):
        connect(f"remote:{address}")


def test_engines_by_address() -> None:
    assert connect().name == "simulator"
    assert connect("http://host:8188/").name == "ComfyUI at http://host:8188"
    with pytest.raises(NotFound, match="there is no engine 'gpu'"):
        connect("gpu")
    assert ComfyUI("https://host/comfy").client.socket_address("x") == "wss://host/comfy/ws?clientId=x"
