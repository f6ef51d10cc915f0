"""`ryla-graphs weights`, as a user types it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ryla_graphs import presets
from ryla_graphs.cli import main
from ryla_graphs.cli.weights.words import total
from ryla_graphs.weights import MANIFEST, known, manifest
from tests.conftest import ROOT
from tests.models_folder.files import CLIP_L, FLUX, encoded, write
from tests.models_folder.hub import TOKEN, Hub, serving
from tests.test_cli import ryla as ryla_of_its_own

GENDERAGE = known("genderage.onnx")
CONTENT = random.Random(1).randbytes(GENDERAGE.size or 0 if GENDERAGE else 0)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub()) as served:
        yield served


class Answer(NamedTuple):
    """What a command printed, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def ryla(*arguments: str | Path, **environment: str) -> Answer:
    """Run the command line in this process, which saves a second each time."""
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr("sys.argv", ["ryla-graphs", *map(str, arguments)])
        for name, value in {"COLUMNS": "200", **environment}.items():
            patch.setenv(name, value)
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    assert "a bug in ryla-graphs" not in err.getvalue(), err.getvalue()
    return Answer(code, out.getvalue(), err.getvalue())


def good(*arguments: str | Path) -> str:
    result = ryla(*arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def pull(*arguments: str | Path, hub: Hub | None = None, **environment: str) -> Any:
    """The answer of a pull in JSON, with its exit code."""
    endpoint = hub.endpoint if hub is not None else "http://127.0.0.1:9"
    where = {"HF_ENDPOINT": endpoint, "HF_TOKEN": "", "HF_HOME": "/nowhere", "RYLA_COMMERCIAL": ""} | environment
    result = ryla("weights", "pull", *arguments, "--json", **where)
    assert TOKEN not in result.stdout + result.stderr
    return json.loads(result.stdout) | {"exit": result.returncode}


def codes(answer: Any) -> list[str]:
    return [problem["code"] for problem in answer["problems"]]


@pytest.mark.parametrize(
    ("sizes", "text"),
    [
        ([], "no files"),
        ([9_800_000_000], "1 file, 9.8 GB"),
        ([9_800_000_000, 200_000_000], "2 files, 10.0 GB"),
        ([9_800_000_000, None], "2 files, at least 9.8 GB (1 of unknown size)"),
        ([None], "1 file of unknown size"),
        ([None] * 4, "4 files of unknown size"),
    ],
)
def test_an_unknown_size_is_never_nothing(sizes: list[int | None], text: str) -> None:
    assert total(sizes) == text


def test_a_graph_of_unknown_weights_is_not_empty(tmp_path: Path) -> None:
    graph = tmp_path / "graph.json"
    graph.write_text(json.dumps({"1": {"class_type": "VAELoader", "inputs": {"vae_name": "mine.safetensors"}}}))
    assert good("weights", "list", graph).rstrip().endswith("\n1 file of unknown size")
    answer = json.loads(good("weights", "list", graph, "--json"))
    assert (answer["bytes"], answer["unknown_sizes"]) == (0, 1)


def test_the_whole_manifest_is_listed() -> None:
    text = good("weights", "list")
    assert all(row.name in text.replace("\n", "") for row in MANIFEST)
    rows = json.loads(good("weights", "list", "--json"))
    assert [(row["folder"], row["name"]) for row in rows] == [row.key for row in manifest()]
    assert all(row["sources"][0]["url"].startswith("https://") for row in rows)


@pytest.mark.parametrize("name", presets.NAMES)
def test_what_a_preset_needs(name: str) -> None:
    answer = json.loads(good("weights", "list", name, "--json"))
    assert answer["bytes"] > 10**7
    assert answer["needs"]


def test_parameters_decide_what_is_needed(tmp_path: Path) -> None:
    assert "mine.safetensors" in good("weights", "list", "flux-lora", "-p", "lora_id=mine")
    text = good("weights", "list", "flux-dev", "-p", "unetName=mine.safetensors")
    assert "diffusion_models/mine.safetensors" in text and "not in the manifest" in text
    graph = write(
        tmp_path / "graph.json", b'{"1": {"class_type": "VAELoader", "inputs": {"vae_name": "ae.safetensors"}}}'
    )
    answer = json.loads(good("weights", "list", graph, "--json"))
    assert [(need["node"], need["input"], need["name"]) for need in answer["needs"]] == [
        ("1", "vae_name", "ae.safetensors")
    ]


def test_show() -> None:
    text = good("weights", "show", "flux1-dev.safetensors")
    for fact in ("23,802,932,552 bytes", "no commercial use", "(gated)", "4610115bb0c8", "Comfy-Org/flux1-dev"):
        assert fact in text
    assert "pickle" in good("weights", "show", "face_yolov8m.pt")
    assert len(json.loads(good("weights", "show", "image_proj_model.bin", "--json"))) == 2
    result = ryla("weights", "show", "ae.safetensor")
    assert result.returncode == 2 and "did you mean 'ae.safetensors'" in result.stderr


def test_check_names_what_is_bad(tmp_path: Path) -> None:
    write(tmp_path / "vae" / "ae.safetensors", b"")
    write(tmp_path / "text_encoders" / "clip_l.safetensors", encoded(CLIP_L))
    write(tmp_path / "unet" / "mine.safetensors", encoded(FLUX))
    result = ryla("weights", "check", tmp_path)
    assert result.returncode == 1
    assert (
        "empty_file: vae/ae.safetensors: is empty" in result.stdout and "weights pull ae.safetensors" in result.stdout
    )
    assert "a diffusion model of Flux.1" in result.stdout
    assert result.stdout.splitlines()[-1] == "3 files: 1 unknown, 1 suspect, 1 bad"
    answer = json.loads(ryla("weights", "check", tmp_path, "--json").stdout)
    assert (answer["bad"], answer["suspect"], answer["unknown"]) == (1, 1, 1)
    (tmp_path / "vae" / "ae.safetensors").unlink()
    assert "2 files: 1 unknown, 1 suspect" in good("weights", "check", tmp_path)


def test_check_what_a_preset_needs(tmp_path: Path) -> None:
    write(tmp_path / "text_encoders" / "clip_l.safetensors", encoded(CLIP_L))
    result = ryla("weights", "check", tmp_path, "--preset", "flux-dev")
    assert result.returncode == 1
    assert "4 files: 1 suspect, 3 missing" in result.stdout
    assert ryla("weights", "check", tmp_path / "nowhere").returncode == 2


def test_check_compares_hashes(tmp_path: Path) -> None:
    assert GENDERAGE is not None
    write(tmp_path / GENDERAGE.folder / GENDERAGE.name, CONTENT)
    assert "1 files: 1 fine" in good("weights", "check", tmp_path)
    result = ryla("weights", "check", tmp_path, "--hash")
    assert result.returncode == 1 and "wrong_hash" in result.stdout


def test_a_dry_run_sends_no_request(tmp_path: Path) -> None:
    answer = pull("flux-dev", "--into", tmp_path / "models", "--dry-run")
    assert answer["exit"] == 0 and answer["free"] > 0
    assert answer["bytes"] == sum(file["size"] for file in answer["files"]) == 34_172_222_116
    assert not (tmp_path / "models").exists()
    text = good("weights", "pull", "flux-dev", "--into", tmp_path / "models", "--dry-run")
    assert "34.2 GB to download" in text and "`--accept-licence` is needed for flux-1-dev-non-commercial" in text


def test_licences_are_accepted_first(tmp_path: Path, hub: Hub) -> None:
    files = ("flux1-dev.safetensors", "RealVisXL_V5.0_fp16.safetensors", "ae.safetensors")
    refused = pull(*files, "--into", tmp_path, hub=hub)
    assert (refused["exit"], codes(refused)) == (2, ["licence_not_accepted"] * 2)
    commercial = pull(*files, "--into", tmp_path, hub=hub, RYLA_COMMERCIAL="1")
    assert (commercial["exit"], codes(commercial)) == (2, ["licence_forbids", "licence_not_accepted"])
    assert hub.log == [], "nothing is asked before"
    accepted = pull(*files, "--into", tmp_path, "--accept-licence", hub=hub, RYLA_COMMERCIAL="1")
    assert codes(accepted) == ["source_gone"] * 5, "flux1-dev and ae have two sources"
    assert hub.log


@pytest.mark.parametrize(("answer", "expected"), [("n", "`--accept-licence` goes on"), ("y", "cannot be reached")])
def test_on_a_terminal_it_asks(tmp_path: Path, answer: str, expected: str) -> None:
    pty = pytest.importorskip("pty", reason="terminals are tested where there are ptys")
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    result = subprocess.run(
        [sys.executable, "-m", "ryla_graphs", "weights", "pull", "flux1-dev.safetensors", "--into", str(tmp_path)],
        stdin=theirs,
        stderr=theirs,
        check=False,
        cwd=ROOT,
        env=os.environ | {"HF_ENDPOINT": "http://127.0.0.1:9", "RYLA_COMMERCIAL": "", "COLUMNS": "200"},
    )
    os.close(theirs)
    shown = ""
    with suppress(OSError):  # the other end is closed, so a terminal ends with an error
        while piece := os.read(ours, 100_000):
            shown += piece.decode()
    assert "running it commercially needs a licence" in shown and "Do you accept these licences? [y/N]" in shown
    assert result.returncode == 2 and expected in shown


def test_a_gated_repository(tmp_path: Path, hub: Hub) -> None:
    hub.gated = {"black-forest-labs/FLUX.1-Kontext-dev"}
    for token, code in (("", "token_missing"), ("hf_bad", "token_wrong")):
        arguments = ("flux1-kontext-dev.safetensors", "--into", tmp_path, "--accept-licence")
        answer = pull(*arguments, hub=hub, HF_TOKEN=token)
        assert (answer["exit"], codes(answer)) == (2, [code])
        assert "https://huggingface.co" in answer["problems"][0]["hint"]


def test_bytes_that_are_not_the_published_ones(tmp_path: Path, hub: Hub) -> None:
    assert GENDERAGE is not None
    hub.files["DIAMONIK7777/antelopev2/genderage.onnx"] = CONTENT
    answer = pull("genderage.onnx", "--into", tmp_path, "--accept-licence", hub=hub)
    assert (answer["exit"], codes(answer)) == (2, ["source_changed"])
    assert not list(tmp_path.rglob("*.onnx"))


def test_what_is_there_is_not_fetched(tmp_path: Path) -> None:
    assert GENDERAGE is not None
    write(tmp_path / GENDERAGE.folder / GENDERAGE.name, CONTENT)
    answer = pull("genderage.onnx", "--into", tmp_path)
    assert answer["exit"] == 0
    assert [(file["name"], file["state"]) for file in answer["files"]] == [("genderage.onnx", "there")]


def test_unknown_files_are_missing(tmp_path: Path) -> None:
    graph = b'{"1": {"class_type": "VAELoader", "inputs": {"vae_name": "mine.safetensors"}}}'
    path = write(tmp_path / "graph.json", graph)
    answer = pull(path, "--into", tmp_path / "models")
    assert (answer["exit"], answer["not_in_manifest"]) == (1, ["vae/mine.safetensors"])
    write(tmp_path / "models" / "vae" / "mine.safetensors", encoded(FLUX))
    assert pull(path, "--into", tmp_path / "models")["exit"] == 0


def test_a_name_that_is_nothing(tmp_path: Path) -> None:
    result = ryla("weights", "pull", "flux-dew", "--into", tmp_path)
    assert result.returncode == 2 and "did you mean 'flux-dev'" in result.stderr


def test_without_the_extra_the_line_that_installs_it_is_reported(tmp_path: Path) -> None:
    write(tmp_path / "huggingface_hub" / "__init__.py", b"raise ModuleNotFoundError(name='huggingface_hub')")
    path = f"{tmp_path}:{Path.cwd()}"
    result = ryla_of_its_own("weights", "pull", "ae.safetensors", "--into", tmp_path, PYTHONPATH=path)
    assert result.returncode == 2
    assert "pip install 'ryla-graphs[weights]'" in result.stderr


def graph_with(path: Path, *models: dict[str, str], mode: int = 0) -> Path:
    """A workflow of the editor whose one loader names weight files with addresses, and a node that needs none."""
    loader = {
        "id": 1,
        "type": "VAELoader",
        "mode": mode,
        "inputs": [],
        "outputs": [],
        "properties": {"models": list(models)},
        "widgets_values": [models[0]["name"]],
    }
    other = {"id": 2, "type": "EmptyImage", "mode": 0, "inputs": [], "outputs": [], "widgets_values": [64, 64, 1, 0]}
    path.write_text(json.dumps({"nodes": [loader, other], "links": [], "version": 0.4}))
    return path


def hub_file(name: str, content: bytes, **facts: str) -> dict[str, str]:
    url = f"https://huggingface.co/somebody/things/resolve/main/vae/{name}"
    return {
        "name": name,
        "directory": "vae",
        "url": url,
        "hash": hashlib.sha256(content).hexdigest(),
        "hash_type": "SHA256",
    } | facts


def test_files_that_a_graph_brings_are_pulled_and_checked(tmp_path: Path, hub: Hub) -> None:
    content = encoded(FLUX)
    graph = graph_with(tmp_path / "graph.json", hub_file("mine.safetensors", content))
    hub.files["somebody/things/vae/mine.safetensors"] = content
    needs = json.loads(good("weights", "list", graph, "--json"))["needs"]
    assert needs[0]["weight"]["sources"][0]["repository"] == "somebody/things"
    models = tmp_path / "models"
    assert codes(pull(graph, "--into", models, hub=hub)) == ["licence_not_accepted"]
    assert hub.log == [], "nothing is asked before"
    assert pull(graph, "--into", models, "--accept-licence", hub=hub)["exit"] == 0
    assert (models / "vae" / "mine.safetensors").read_bytes() == content
    assert ryla("weights", "check", models, "--preset", graph, "--hash").returncode == 1  # a Flux model is no VAE
    (models / "vae" / "mine.safetensors").write_bytes(content + b"x")
    assert "missing_file" not in ryla("weights", "check", models, "--preset", graph).stdout


def test_other_bytes_than_the_graph_says(tmp_path: Path, hub: Hub) -> None:
    graph = graph_with(tmp_path / "graph.json", hub_file("mine.safetensors", b"something else"))
    hub.files["somebody/things/vae/mine.safetensors"] = encoded(FLUX)
    answer = pull(graph, "--into", tmp_path, "--accept-licence", hub=hub)
    assert codes(answer)[0] in ("source_changed", "wrong_bytes")
    assert not (tmp_path / "vae" / "mine.safetensors").exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x.safetensors",
        "http://huggingface.co/a/b/resolve/main/x.safetensors",
        "https://huggingface.co.evil.example/x",
        "https://huggingface.co:8443/x",
        "https://huggingface.co@evil.example/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_other_hosts_are_not_asked(url: str, tmp_path: Path) -> None:
    graph = graph_with(tmp_path / "graph.json", hub_file("mine.safetensors", b"", url=url))
    result = ryla("weights", "list", graph)
    assert "source_refused" in result.stderr and "not in the manifest" in result.stdout
    answer = pull(graph, "--into", tmp_path / "models", "--dry-run")
    assert (answer["files"], answer["not_in_manifest"]) == ([], ["vae/mine.safetensors"])


def test_a_name_that_leads_out_of_its_folder(tmp_path: Path, hub: Hub) -> None:
    graph = graph_with(tmp_path / "graph.json", hub_file("../../mine.safetensors", b"x"))
    answer = ryla("weights", "pull", graph, "--into", tmp_path / "models", "--accept-licence", HF_ENDPOINT=hub.endpoint)
    assert answer.returncode != 0 and hub.log == []


def test_what_a_node_that_does_not_run_brings_is_not_needed(tmp_path: Path) -> None:
    graph = graph_with(tmp_path / "graph.json", hub_file("mine.safetensors", b""), mode=2)
    assert json.loads(good("weights", "list", graph, "--json"))["needs"] == []
