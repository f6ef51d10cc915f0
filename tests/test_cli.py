"""The command line, as a user types it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ryla_graphs import presets
from ryla_graphs.catalogs import bundled
from tests.conftest import ROOT
from tests.data.make_object_info import object_info
from tests.engines.stub import Script, serve
from tests.graphs import text_to_image
from tests.warm import run_warm


def ryla(
    *arguments: str | Path, stdin: str | None = None, cold: bool = False, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line; a traceback is a failure whatever the test is about.

    `cold` starts Python for it, as a user does; else it is a fork of a process that has its modules loaded, unless
    the environment says how Python is to start.
    """
    given = [*map(str, arguments)]
    variables = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "PYTHONWARNINGS": "error"} | environment
    if cold or not hasattr(os, "fork") or any(name.startswith("PYTHON") for name in environment):
        command = [sys.executable, "-m", "ryla_graphs", *given]
        result = subprocess.run(command, capture_output=True, text=True, input=stdin, check=False, env=variables)
    else:
        result = run_warm(given, variables, stdin)
    assert "Traceback" not in result.stderr, result.stderr
    assert "a bug in ryla-graphs" not in result.stderr, result.stderr
    return result


def good(*arguments: str | Path, **options: Any) -> str:
    result = ryla(*arguments, **options)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(text_to_image().compile().prompt))
    return path


@pytest.fixture
def python(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(
        "from ryla_graphs import Workflow\n"
        "from ryla_graphs.nodes import EmptyImage, SaveImage\n\n"
        "def picture(width: int = 64, name: str = 'x') -> Workflow:\n"
        "    image = EmptyImage(width=width, height=64)\n"
        "    return Workflow(SaveImage(images=image, filename_prefix=name).named('save'))\n\n"
        "workflow = picture()\n"
        "def broken():\n    return 1 / 0\n"
        "def odd():\n    return 3\n"
    )
    return path


def test_version_and_help() -> None:
    assert good("--version", cold=True).startswith("ryla-graphs 0.")
    for command in ("presets", "compile", "validate", "plan", "run", "sweep", "nodes"):
        assert command in good("--help")
        assert "--json" in good(command, "--help") or command == "nodes"
    assert "--install-completion" in good("--help")


def test_presets() -> None:
    listed = [line.split()[0] for line in good("presets").splitlines() if line.startswith("  ")]
    assert listed == list(presets.NAMES) == [row["name"] for row in json.loads(good("presets", "--json"))]
    shown = good("presets", "flux-instantid")
    assert "referenceImage" in shown and "CPU | GPU" in shown and "integer 64..8192 step 16" in shown
    assert "needs ComfyUI 0.3.10, cubiq/ComfyUI_InstantID" in shown
    facts = json.loads(good("presets", "flux-dev", "--json"))
    assert "width" in facts["parameters"]["properties"]
    assert (facts["packs"], facts["min_comfyui"], facts["example"]) == ([], "0.3.10", {"prompt": "a red bicycle"})


def test_compile_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "graph.json"
    said = good("compile", "flux-dev", "-p", "prompt=a red bicycle", "-p", "seed=42", "-o", out)
    assert json.loads(out.read_text()) == json.loads((ROOT / "tests/golden/flux-dev.json").read_text())
    assert "10 nodes, sha256" in said


def test_compile_to_standard_output_and_json() -> None:
    prompt = json.loads(good("compile", "flux-dev", "-p", "prompt=x", "-p", "seed=1"))
    facts = json.loads(good("compile", "flux-dev", "-p", "prompt=x", "-p", "seed=1", "--json"))
    assert facts["prompt"] == prompt
    assert facts["outputs"] == [{"node": "save", "class_type": "SaveImage", "kind": "image", "at_least": 1}]
    assert facts["parameters"]["seed"] == 1
    assert "flux_dev.py:" in facts["sources"]["save"]


def test_compile_to_a_picture() -> None:
    assert good("compile", "flux-dev", "-p", "prompt=x", "--format", "mermaid").startswith("flowchart LR")
    facts = json.loads(good("compile", "flux-dev", "-p", "prompt=x", "--format", "mermaid", "--json"))
    assert facts["mermaid"].startswith("flowchart LR")


def test_compile_a_python_file(python: Path) -> None:
    assert json.loads(good("compile", f"{python}"))["1"]["inputs"]["width"] == 64
    assert json.loads(good("compile", f"{python}:picture", "-p", "width=128"))["1"]["inputs"]["width"] == 128


def test_parameters_from_files(tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_text("a blue door\n")
    (tmp_path / "more.json").write_text('{"steps": 7, "width": 512}')
    prompt = json.loads(
        good(
            "compile",
            "flux-dev",
            "-p",
            f"prompt=@{tmp_path}/prompt.txt",
            "--params",
            tmp_path / "more.json",
            "-p",
            "width=768",
        )
    )
    assert prompt["prompt"]["inputs"]["text"] == "a blue door"
    assert (prompt["sampler"]["inputs"]["steps"], prompt["canvas"]["inputs"]["width"]) == (7, 768)


def test_run_a_preset(tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = good(
        "run", "flux-dev", "-p", "prompt=a red bicycle", "-p", "negativePrompt=blurry", "-p", "width=256", "-o", out
    )
    assert "flux_dev_00001_.png  (simulated: no model ran)" in said and "seed " in said
    with Image.open(out / "flux_dev_00001_.png") as picture:
        assert picture.size == (256, 1024)
    assert json.loads((out / "flux-dev.json").read_text())["save"]["class_type"] == "SaveImage"


def test_run_says_what_has_no_effect(tmp_path: Path) -> None:
    result = ryla("run", "flux-dev", "-p", "prompt=x", "-p", "negativePrompt=y", "-p", "width=64", "-o", tmp_path)
    assert result.returncode == 0
    assert "parameter `negativePrompt`, `cfg`: at cfg 1 the negative prompt is ignored" in result.stderr


def test_run_with_a_reference_picture_and_json(tmp_path: Path) -> None:
    face = tmp_path / "face.png"
    Image.new("RGB", (64, 64), "tan").save(face)
    parameters = ["-p", "prompt=x", "-p", f"referenceImage=@{face}", "-p", "width=128", "-p", "height=128"]
    facts = json.loads(good("run", "flux-instantid", *parameters, "-o", tmp_path / "out", "--json"))
    assert facts["simulated"] is True and facts["parameters"]["referenceImage"] == "face.png"
    assert Path(facts["outputs"][0]["file"]).exists() and Path(facts["workflow"]).exists()


def test_run_a_json_file_with_an_input_changed(graph: Path, tmp_path: Path) -> None:
    facts = json.loads(
        good("run", graph, "-p", "4.batch_size=1", "-p", "sampler.steps=3", "-o", tmp_path / "o", "--json")
    )
    assert len(facts["outputs"]) == 1
    assert json.loads(Path(facts["workflow"]).read_text())["sampler"]["inputs"]["steps"] == 3


def test_run_from_standard_input(graph: Path, tmp_path: Path) -> None:
    assert "x_00002_.png" in good("run", "-", "-o", tmp_path / "o", stdin=graph.read_text())


def test_run_on_a_server(graph: Path, tmp_path: Path) -> None:
    with serve(Script(object_info=bundled("core").entries())) as (address, _):
        said = good("run", graph, "--engine", address, "-o", tmp_path / "o")
        assert "simulated" not in said and "x_00001_.png" in said
        good("run", graph, "-o", tmp_path / "p", RYLA_ENGINE=address)


def test_a_failing_run_is_exit_1(graph: Path, tmp_path: Path) -> None:
    error = {"node_id": "sampler", "node_type": "KSampler", "exception_message": "no such shape"}
    with serve(Script(error=error, object_info=bundled("core").entries())) as (address, _):
        result = ryla("run", graph, "--engine", address, "-o", tmp_path / "o")
        assert (result.returncode, result.stdout) == (1, "")
        assert "error: KSampler 'sampler' failed: no such shape" in result.stderr
        failed = json.loads(ryla("run", graph, "--engine", address, "--json").stdout)
        assert failed["error"] == "ExecutionFailed"


def test_sweep_a_preset(tmp_path: Path) -> None:
    sizes = ["-p", "prompt=a red bicycle", "-p", "width=64", "-p", "height=64"]
    said = good("sweep", "flux-dev", *sizes, "--grid", "seed=1..2", "--grid", "guidance=2.5,3.5", "-o", tmp_path)
    assert f"{tmp_path}/guidance=2.5,seed=2.png  (simulated: no model ran)" in said.splitlines()
    assert said.splitlines()[-2:] == [f"{tmp_path}/contact_sheet.png", f"{tmp_path}/sweep.json"]


def test_sweep_as_one_graph_and_json(tmp_path: Path) -> None:
    prompts = '{"day": "a street, at noon", "night": "a street, at night"}'
    options = ["-p", "width=64", "-p", "height=64", "--one-graph", "--json"]
    facts = json.loads(good("sweep", "flux-dev", "--grid", f"prompt={prompts}", *options, "-o", tmp_path / "o"))
    assert [cell["files"] for cell in facts["cells"]] == [["prompt=day.png"], ["prompt=night.png"]]
    assert facts["one_graph"] is True and facts["axes"]["prompt"][0] == "a street, at noon"
    assert "prompt=day/sampler" in json.loads((tmp_path / "o" / facts["workflow"]).read_text())
    assert json.loads((tmp_path / "o" / "sweep.json").read_text()) == facts


def test_sweep_pictures_json_files_and_functions(graph: Path, python: Path, tmp_path: Path) -> None:
    for colour in ("tan", "red"):
        (tmp_path / colour).mkdir()
        Image.new("RGB", (64, 64), colour).save(tmp_path / colour / "me.png")
    faces = f"baseImage=@{tmp_path}/tan/me.png,@{tmp_path}/red/me.png"
    swept = good("sweep", "flux-img2img", "-p", "prompt=x", "--grid", faces, "-o", tmp_path / "a", "--json")
    assert len({cell["values"]["baseImage"] for cell in json.loads(swept)["cells"]}) == 2
    assert "4.batch_size=1,sampler.steps=3.png" in good(
        "sweep", graph, "--grid", "sampler.steps=2,3", "--grid", "4.batch_size=[1]", "-o", tmp_path / "b"
    )
    assert "width=128.png" in good("sweep", f"{python}:picture", "--grid", "width=64,128", "-o", tmp_path / "c")


def test_a_sweep_with_a_failing_cell_is_exit_1_and_keeps_the_others(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "tan").save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    (tmp_path / "load.json").write_text(
        json.dumps(
            {
                "load": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
                "save": {"class_type": "SaveImage", "inputs": {"images": ["load", 0], "filename_prefix": "x"}},
            }
        )
    )
    pictures = f"load.image=@{tmp_path}/good.png,@{tmp_path}/bad.png"
    result = ryla("sweep", tmp_path / "load.json", "--grid", pictures, "-o", tmp_path / "out")
    assert result.returncode == 1 and "failed: load.image=bad.png: LoadImage 'load'" in result.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "load.image=good.png.png",
        "contact_sheet.png",
        "sweep.json",
    }


def test_validate_files(graph: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    prompt = json.loads(graph.read_text())
    prompt["sampler"]["inputs"]["steps"] = 0
    prompt["4"]["inputs"]["width"] = 1001
    bad.write_text(json.dumps(prompt))
    assert good("validate", graph) == f"{graph}: valid\n"
    result = ryla("validate", graph, bad)
    assert result.returncode == 1
    assert f"{bad}: 1 error, 1 warning" in result.stdout and "hint: use a whole number from 1 to 10000" in result.stdout
    facts = json.loads(ryla("validate", graph, bad, "--json").stdout)
    assert [row["valid"] for row in facts] == [True, False]
    assert facts[1]["problems"][0]["code"] == "value_smaller_than_min"


def test_validate_presets_python_and_requests(graph: Path, python: Path, tmp_path: Path) -> None:
    assert "valid" in good("validate", "flux-dev", "-p", "prompt=x")
    assert "valid" in good("validate", f"{python}:picture", "-p", "width=128")
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"prompt": json.loads(graph.read_text()), "client_id": "x"}))
    assert "valid" in good("validate", request)


def test_validate_against_a_catalog(graph: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "object_info.json.gz"
    catalog.write_bytes(gzip.compress(json.dumps(object_info()).encode()))
    result = ryla("validate", graph, "--catalog", catalog)
    assert result.returncode == 1 and "missing_node_type" in result.stdout


def test_validate_lines(graph: Path, tmp_path: Path) -> None:
    prompt = json.loads(graph.read_text())
    rows = [
        {"id": "good", "prompt": prompt},
        {"id": 2, "prompt": {}},
        {"id": 3, "prompt": prompt | {"sampler": prompt["sampler"] | {"inputs": {}}}},
        {"id": 4, "prompt": prompt | {"x": {"class_type": "Nope", "inputs": {}}}},
        {"id": 5, "prompt": None},
    ]
    lines = tmp_path / "rows.jsonl"
    lines.write_text("\n".join(json.dumps(row) for row in rows) + "\n\nnot json\n[]\n")
    refused = ryla("validate", "--jsonl", lines)
    assert refused.returncode == 1
    for said in (refused.stdout, good("validate", "--exit-zero", "--jsonl", "-", stdin=lines.read_text())):
        answers = [json.loads(line) for line in said.splitlines()]
        assert [(a["id"], a["accepted"], a["error"]) for a in answers] == [
            ("good", True, None),
            (2, False, "prompt_no_outputs"),
            (3, False, "prompt_outputs_failed_validation"),
            (4, False, "missing_node_type"),
            (5, False, None),
            (None, False, None),
            (None, False, None),
        ]
        assert answers[0]["nodes"] == {} and answers[0]["problems"] == []
        assert ["required_input_missing", "model"] in answers[2]["nodes"]["sampler"]
        assert answers[5]["problems"][0]["code"] == "unreadable_line"


def test_validate_bare_graphs_a_line(graph: Path) -> None:
    prompt = json.loads(graph.read_text())
    lines = "\n".join(json.dumps(row) for row in (prompt, {"id": "b", "prompt": prompt}, {"prompt": prompt["sampler"]}))
    verdicts = [json.loads(line) for line in ryla("validate", "--jsonl", "-", stdin=lines).stdout.splitlines()]
    assert [(row["id"], row["accepted"]) for row in verdicts] == [(1, True), ("b", True), (3, False)]
    assert good("validate", "--jsonl", "-", stdin=json.dumps(prompt))
    assert '"prompt": …' in good("validate", "--help") and "--exit-zero" in good("validate", "--help")


def test_another_catalog_for_good(graph: Path, tmp_path: Path) -> None:
    """`RYLA_CATALOG` is for every command, and `--engine` comes before it."""
    catalog = tmp_path / "object_info.json"
    catalog.write_text(json.dumps(object_info()))
    for command in ("run", "sweep", "compile", "plan", "validate"):
        arguments = ["--grid", "sampler.steps=2,3"] if command == "sweep" else []
        refused = ryla(command, graph, *arguments, RYLA_CATALOG=str(catalog))
        assert refused.returncode == 1, command
        assert "has no node class 'KSampler'" in refused.stdout + refused.stderr, command
    gone = ryla("compile", graph, "--engine", "http://127.0.0.1:9", RYLA_CATALOG=str(catalog))
    assert gone.returncode == 2 and "no ComfyUI answers at http://127.0.0.1:9" in gone.stderr


def test_many_files_of_the_editor_at_once(tmp_path: Path) -> None:
    """As somebody would run it over many files: one bad line takes no other with it, and dates are today's."""
    loader = {"id": 1, "type": "LoadImage", "widgets_values": ["a.png", "image"], "outputs": [{"links": [1]}]}
    saver = {
        "id": 2,
        "type": "SaveImage",
        "inputs": [{"name": "images", "type": "IMAGE", "link": 1}],
        "widgets_values": ["%date:yyyy%/x"],
    }
    whole = {"id": "good", "ui": {"nodes": [loader, saver], "links": [[1, 1, 0, 2, 0, "IMAGE"]]}}
    rows = [whole, {"id": "none"}, ["odd"], {"id": "no file", "ui": 7}, {**whole, "id": "again"}]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join([*map(json.dumps, rows), "{broken", ""]), encoding="utf-8")
    made = [json.loads(line) for line in good("convert", "--jsonl", file, "--to", "api").splitlines()]
    assert [row["id"] for row in made] == ["good", "none", None, "no file", "again", None]
    assert ["error" in row for row in made] == [False, True, True, True, False, True]
    assert made[0]["api"]["2"]["inputs"] == {
        "images": ["1", 0],
        "filename_prefix": f"{datetime.now().astimezone():%Y}/x",
    }
    assert made[0]["problems"] == made[0]["left_out"] == []


def test_a_users_own_error_names_the_line(python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ryla("compile", f"{python}:broken")
    assert broken.returncode == 1 and f"{python}:10: ZeroDivisionError" in broken.stderr
    monkeypatch.chdir(python.parent)
    assert "error: mine.py:10: ZeroDivisionError" in ryla("compile", "mine.py:broken").stderr
    assert "not a Workflow" in ryla("compile", f"{python}:odd").stderr
    assert "it has picture, workflow, broken, odd" in ryla("compile", f"{python}:nope").stderr
    assert "width" in ryla("compile", f"{python}:picture", "-p", "width=wide").stderr
    python.write_text("def f(:\n")
    assert "SyntaxError" in ryla("compile", f"{python}:f").stderr
    python.write_text("from ryla_graphs.nodes import EmptyImage\n\n\nEmptyImage(width=0, height=64)\n")
    wrong = ryla("compile", str(python))
    assert wrong.returncode == 1 and f"{python}:4" in wrong.stderr
    python.write_text("from ryla_graphs import Workflow\n\ndef f():\n    return Workflow('x')\n\nclass C: pass\n")
    assert f"{python}:4" in ryla("compile", f"{python}:f").stderr
    assert "is a class: no workflow" in ryla("compile", f"{python}:C").stderr


def test_errors_as_json(python: Path) -> None:
    facts = json.loads(ryla("compile", "flux-dev", "-p", "prompt=x", "-p", "steps=0", "--json").stdout)
    assert facts["error"] == "InvalidParameters"
    assert facts["problems"][0]["parameter"] == "steps"


def test_a_closed_pipe_is_no_error(graph: Path) -> None:
    command = f"{sys.executable} -m ryla_graphs nodes search a | head -1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.stderr == ""


def test_it_starts_without_loading_what_it_does_not_need() -> None:
    code = (
        "import sys; sys.argv = ['ryla-graphs', '--version']\n"
        "from ryla_graphs.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'pydantic', 'networkx', 'requests', 'PIL', 'rich.console', 'ryla_graphs.workflow'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.splitlines()[-1] in ("[]", "['rich.console']")
