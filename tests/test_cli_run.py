"""`ryla-graphs run` on a server: who judges, how a run ends early, and what is left of one that fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs import presets
from ryla_graphs.catalogs import bundled
from tests.conftest import ROOT, recorded
from tests.engines.stub import Script, file, serve
from tests.graphs import text_to_image
from tests.test_cli import good, ryla

SERVED = bundled("core").entries()
SHOUT = {"input": {"required": {"text": ["STRING", {}]}}, "output": ["STRING"]}


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(text_to_image().compile().document))
    return path


def picture(**facts: Any) -> dict[str, Any]:
    return {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0} | facts}


def saved(source: str) -> dict[str, Any]:
    return {"class_type": "SaveImage", "inputs": {"images": [source, 0], "filename_prefix": "x"}}


def written(path: Path, **nodes: dict[str, Any]) -> Path:
    path.write_text(json.dumps(nodes))
    return path


def test_the_servers_own_catalog_judges(tmp_path: Path) -> None:
    """A class that only that server has, and a weight that it has not."""
    graph = recorded("repro/custom_class.json")
    outputs = {"7": {"images": [file("x.png")]}}
    refused = ryla("run", graph, "-o", tmp_path)
    assert refused.returncode == 1 and "ShoutText" in refused.stderr
    with serve(Script(object_info={**SERVED, "ShoutText": SHOUT}, outputs=outputs)) as (address, stub):
        assert "x.png" in good("run", graph, "--engine", address, "-o", tmp_path)
        assert stub.submitted[0]["prompt"]["9"]["class_type"] == "ShoutText"
    loader = {"input": {"required": {"ckpt_name": [["other.safetensors"], {}]}}, "output": ["MODEL", "CLIP", "VAE"]}
    known = {**SERVED, "ShoutText": SHOUT, "CheckpointLoaderSimple": loader}
    with serve(Script(object_info=known)) as (address, stub):
        refused = ryla("run", graph, "--engine", address)
        assert refused.returncode == 1 and "sd_xl_base_1.0.safetensors" in refused.stderr
        assert stub.submitted == []


def test_the_server_judges_for_every_command(tmp_path: Path) -> None:
    graph = recorded("repro/custom_class.json")
    outputs = {"7": {"images": [file("x.png")]}}
    with serve(Script(object_info={**SERVED, "ShoutText": SHOUT}, outputs=outputs)) as (address, stub):
        for command in ("validate", "compile", "plan"):
            good(command, graph, "--engine", address)
            assert "ShoutText" in ryla(command, graph).stdout + ryla(command, graph).stderr
        swept: list[str | Path] = ["sweep", graph, "--grid", "4.width=512,640", "-o", tmp_path]
        good(*swept, "--engine", address)
        assert len(stub.submitted) == 2 and ryla(*swept).returncode == 1


def test_another_catalog_may_judge(tmp_path: Path) -> None:
    graph = written(tmp_path / "g.json", a=picture(), b=saved("a"))
    outputs = {"b": {"images": [file("x.png")]}}
    with serve(Script(outputs=outputs)) as (address, _):  # whose catalog knows none of these classes
        assert ryla("run", graph, "--engine", address).returncode == 1
        good("run", graph, "--engine", address, "--catalog", "core", "-o", tmp_path / "o")


def test_files_that_are_brought_are_not_missed(tmp_path: Path) -> None:
    """Though the server, which does not have them yet, lists the files that it has."""
    (tmp_path / "me.png").write_bytes(b"face")
    load = {"input": {"required": {"image": [["other.png"], {"image_upload": True}]}}, "output": ["IMAGE", "MASK"]}
    graph = written(tmp_path / "g.json", a={"class_type": "LoadImage", "inputs": {"image": "x.png"}}, b=saved("a"))
    outputs = {"b": {"images": [file("x.png")]}}
    with serve(Script(object_info={**SERVED, "LoadImage": load}, outputs=outputs)) as (address, stub):
        given = ["-p", f"a.image=@{tmp_path / 'me.png'}"]
        good("run", graph, "--engine", address, *given, "-o", tmp_path / "o")
        assert list(stub.uploads.values()) == [b"face"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_cancels_the_run_and_says_so(number: signal.Signals, code: int, graph: Path, tmp_path: Path) -> None:
    with serve(Script(waits=True, object_info=SERVED)) as (address, stub):
        process = begun("run", graph, "--engine", address, "-o", tmp_path / "o", confirmation=55.0)
        until(lambda: stub.executed, process)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=300)
        (run,) = stub.executed
        assert (process.returncode, stdout) == (code, "")
        assert stderr.splitlines()[-1] == f"cancelled run {run} on ComfyUI at {address}"
        assert set(stub.cancelled) == {run}


def test_a_signal_that_comes_while_the_server_takes_the_graph(graph: Path, tmp_path: Path) -> None:
    with serve(Script(waits=True, object_info=SERVED, answers={"/prompt": ["hangs"]})) as (address, stub):
        process = begun("run", graph, "--engine", address, "-o", tmp_path / "o", confirmation=5.0)
        until(lambda: stub.submitted, process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=300)
        assert process.returncode == 143
        assert stub.submitted[0]["prompt_id"] in stub.cancelled


def test_a_server_that_is_gone_is_no_reason_to_hang(graph: Path, tmp_path: Path) -> None:
    with serve(Script(waits=True, object_info=SERVED)) as (address, stub):
        process = begun("run", graph, "--engine", address, "-o", tmp_path / "o", confirmation=1.0)
        until(lambda: stub.executed, process)
        stub.script.answers["/api"] = ["reset"] * 100
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=300)
    assert process.returncode == 143
    assert "asked ComfyUI at" in stderr and "has not confirmed" in stderr


def begun(*arguments: str | Path, confirmation: float) -> subprocess.Popen[str]:
    """The command, which waits so many seconds for the server to confirm that it cancelled."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    code = f"from ryla_graphs.cli import interrupts, main; interrupts.CONFIRMATION_SECONDS = {confirmation}; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def until(condition: Any, process: subprocess.Popen[str]) -> None:
    """Wait for something on the server, as long as the command is alive."""
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_what_had_come_is_saved_where_a_later_output_fails(tmp_path: Path) -> None:
    graph = written(tmp_path / "g.json", a=picture(), b=saved("a"), c=saved("a"))
    outputs = {"b": {"images": [file("x.png", "")]}}
    with serve(Script(object_info=SERVED, outputs=outputs)) as (address, _):
        result = ryla("run", graph, "--engine", address, "-o", tmp_path / "o")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"{tmp_path / 'o' / 'x.png'}  (arrived before the run failed)" in result.stderr
    assert "error: SaveImage 'c' promised 1 image outputs but delivered 0" in result.stderr
    assert (tmp_path / "o" / "x.png").is_file()


def left_out(node: str, *outputs: str) -> dict[str, Any]:
    error = {
        "type": "value_bigger_than_max",
        "message": "Value 99999 bigger than max of 16384",
        "details": "width",
        "extra_info": {"input_name": "width", "received_value": 99999},
    }
    return {node: {"class_type": "EmptyImage", "errors": [error], "dependent_outputs": list(outputs)}}


def half(tmp_path: Path) -> Path:
    return written(tmp_path / "g.json", a=picture(), b=saved("a"), bad=picture(width=99999), c=saved("bad"))


def on_half_a_server(stub_says: dict[str, Any]) -> Script:
    return Script(
        object_info=SERVED, outputs={"b": {"images": [file("x.png", "")]}}, refusal=(200, {"node_errors": stub_says})
    )


def test_part_of_a_graph(tmp_path: Path) -> None:
    graph = half(tmp_path)
    with serve(on_half_a_server(left_out("bad", "c"))) as (address, stub):
        refused = ryla("run", graph, "--engine", address)
        assert refused.returncode == 1 and stub.submitted == []
        done = ryla("run", graph, "--engine", address, "--partial", "-o", tmp_path / "o")
        assert done.returncode == 0 and "x.png" in done.stdout
        assert "left out: EmptyImage 'bad'.width:" in done.stderr
        assert set(stub.submitted[0]["prompt"]) == {"a", "b", "bad", "c"} and stub.cancelled == []
        reported = json.loads(good("run", graph, "--engine", address, "--partial", "--json", "-o", tmp_path / "o"))
        assert [(row["node"], row["input"]) for row in reported["left_out"]] == [("bad", "width")]
        assert [row["node"] for row in reported["outputs"]] == ["b"]


def test_part_of_a_graph_that_the_server_knows_better(tmp_path: Path) -> None:
    """Custom classes check in ways that no catalog tells."""
    graph = written(tmp_path / "g.json", a=picture(), b=saved("a"), d=picture(color=1), c=saved("d"))
    with serve(on_half_a_server(left_out("d", "c"))) as (address, stub):
        refused = ryla("run", graph, "--engine", address)
        assert refused.returncode == 1 and "would leave out some outputs" in refused.stderr
        assert stub.cancelled == [stub.submitted[0]["prompt_id"]]
        reported = json.loads(good("run", graph, "--engine", address, "--partial", "--json", "-o", tmp_path / "o"))
        assert [row["node"] for row in reported["left_out"]] == ["d"]


def test_an_output_that_the_server_took_and_did_not_deliver_is_missed_all_the_same(tmp_path: Path) -> None:
    graph = written(tmp_path / "g.json", a=picture(), b=saved("a"), d=picture(color=1), c=saved("d"))
    with serve(on_half_a_server({})) as (address, _):
        result = ryla("run", graph, "--engine", address, "--partial", "-o", tmp_path / "o")
    assert result.returncode == 1 and "SaveImage 'c' promised 1 image outputs but delivered 0" in result.stderr


def test_part_of_a_graph_of_which_nothing_is_good(tmp_path: Path) -> None:
    graph = written(tmp_path / "g.json", bad=picture(width=99999), c=saved("bad"))
    result = ryla("run", graph, "--partial")
    assert result.returncode == 1 and "EmptyImage 'bad'.width" in result.stderr


def test_part_of_a_graph_in_the_simulator(tmp_path: Path) -> None:
    reported = json.loads(good("run", half(tmp_path), "--partial", "--json", "-o", tmp_path / "o"))
    assert [row["node"] for row in reported["outputs"]] == ["b"]
    assert [row["node"] for row in reported["left_out"]] == ["bad"]


def test_a_strict_run_fails_with_what_it_would_guess(tmp_path: Path) -> None:
    seed = {"class_type": "Seed (rgthree)", "inputs": {"seed": -1}}
    shown = {"class_type": "PreviewAny", "inputs": {"source": ["a", 0]}}
    graph = written(tmp_path / "g.json", a=seed, b=shown)
    why = "the outputs of Seed (rgthree) 'a' are unknown: it draws a random seed"
    loose = ryla("run", graph, "-o", tmp_path / "o")
    assert loose.returncode == 0 and f"guessed: {why}" in loose.stderr
    assert json.loads(good("run", graph, "-o", tmp_path / "o", "--json"))["guessed"] == [why]
    strict = ryla("run", graph, "-o", tmp_path / "o", "--strict")
    assert strict.returncode == 1 and "would have to guess" in strict.stderr and why in strict.stderr


@pytest.mark.parametrize(
    ("source", "said"),
    [("x = 1", "it needs a `workflow`, a Workflow or a function"), ("def portrait(): ...", "write mine.py:portrait")],
)
def test_a_python_file_without_a_workflow_says_what_to_write(
    source: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(source)
    answer = ryla("compile", "mine.py")
    assert answer.returncode == 2 and said in answer.stderr


def test_a_parameter_that_is_missing_is_described() -> None:
    answer = ryla("compile", "flux-instantid", "-p", "prompt=x")
    described = presets.get("flux-instantid").parameters.model_fields["reference_image"].description
    assert answer.returncode == 2 and f"referenceImage: is missing\n    hint: {described}" in answer.stderr
