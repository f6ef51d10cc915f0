"""`ryla-graphs lock`, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ryla_graphs import Workflow, presets
from ryla_graphs.catalogs import COMFYUI_VERSION
from ryla_graphs.lockfile import Lock, catalog_of
from ryla_graphs.nodes import EmptyImage, SaveImage
from tests.conftest import ROOT
from tests.test_cli import good, ryla

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NODES = {
    "Mine": {
        "input": {"required": {}},
        "output": ["IMAGE"],
        "output_name": ["IMAGE"],
        "python_module": "custom_nodes.mine",
    },
    "Other": {"input": {"required": {}}, "output": ["IMAGE"], "python_module": "custom_nodes.other"},
}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "ryla.lock"


@pytest.fixture
def nodes(tmp_path: Path) -> Path:
    path = tmp_path / "object_info.json"
    path.write_text(json.dumps(NODES))
    return path


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "graph.json"
    picture = {"class_type": "Mine", "inputs": {}}
    save = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}
    path.write_text(json.dumps({"1": picture, "2": save}))
    return path


def test_the_lock_of_this_repository_is_up_to_date() -> None:
    reported = ryla("lock", "--check", "--out", ROOT / "ryla.lock")
    assert reported.returncode == 0, f"run `ryla-graphs lock`: {reported.stdout}{reported.stderr}"
    assert Lock.read(ROOT / "ryla.lock").presets == presets.NAMES


def test_presets_give_packs_and_weights(out: Path) -> None:
    reported = good("lock", "flux-instantid", "--out", out)
    assert "cubiq/ComfyUI_InstantID" in reported and f"ComfyUI {COMFYUI_VERSION}" in reported
    lock = Lock.read(out)
    assert lock.presets == ("flux-instantid",) and len(lock.packs) == 1
    assert "flux1-dev.safetensors" in {row.file for row in lock.weights}


def test_check_tells_what_is_out_of_date_and_writes_nothing(out: Path) -> None:
    absent = ryla("lock", "--check", "--out", out)
    assert absent.returncode == 1 and "there is no" in absent.stdout and not out.exists()
    good("lock", "flux-dev", "--out", out)
    assert "up to date" in good("lock", "--check", "--out", out)
    text = out.read_text()
    stale = ryla("lock", "flux-instantid", "--check", "--out", out)
    assert stale.returncode == 1 and out.read_text() == text
    assert "pack ComfyUI_InstantID is new" in stale.stdout and "preset flux-dev was removed" in stale.stdout
    out.write_text(text.replace("torch==2.11.0", "torch==2.10.0"))
    assert ryla("lock", "--check", "--out", out).returncode == 1
    out.write_text(text.replace("do not edit", "I did"))
    edited = json.loads(ryla("lock", "--check", "--json", "--out", out).stdout)
    assert edited["up_to_date"] is False and edited["changes"] == []


def test_a_custom_pack_is_one_command_and_is_kept(out: Path, nodes: Path, graph: Path) -> None:
    good("lock", "flux-dev", "--out", out)
    refused = ryla("lock", "flux-dev", graph, "--out", out)
    assert (
        refused.returncode == 1 and "missing_node_type" in refused.stderr + refused.stdout
    ) or "Mine" in refused.stderr
    reported = good("lock", "flux-dev", graph, "--pack", f"me/mine@{COMMIT}", "--catalog", nodes, "--out", out)
    assert "me/mine" in reported and "not pinned" in reported
    good("lock", "--out", out)
    assert "up to date" in good("lock", "--check", "--out", out)
    lock = Lock.read(out)
    assert [pack.folder for pack in lock.packs] == ["mine"] and [row.name for row in lock.graphs] == [str(graph)]
    assert "Mine" in catalog_of(lock) and "Other" not in catalog_of(lock)
    good("lock", "flux-dev", "--drop", "mine", "--out", out)
    assert Lock.read(out).packs == () and not out.with_name("ryla.lock.nodes.json").exists()


def test_a_pack_without_known_classes_is_reported(out: Path) -> None:
    reported = json.loads(good("lock", "flux-dev", "--pack", f"me/mine@{COMMIT}", "--json", "--out", out))
    assert any("the classes of mine are unknown" in note for note in reported["notes"])


def test_a_changed_graph_is_another_lock(out: Path, tmp_path: Path) -> None:
    path = tmp_path / "plain.json"
    for width in (64, 128):
        workflow = Workflow(SaveImage(images=EmptyImage(width=width, height=64)))
        path.write_text(json.dumps(workflow.compile().prompt))
        if width == 64:
            good("lock", path, "--out", out)
    stale = ryla("lock", "--check", "--out", out)
    assert stale.returncode == 1 and f"graph {path} changed" in stale.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "reported"),
    [
        (["--pack", "me/mine"], 2, "git ls-remote https://github.com/me/mine HEAD"),
        (["--pack", "mine"], 2, "OWNER/REPO@COMMIT"),
        (["--comfyui", "newest"], 2, "is neither a version"),
        (["--comfyui", "0.3.64"], 1, "needs ComfyUI"),
        (["--drop", "mine"], 2, "mine"),
        (["flux-dve"], 2, "flux-dev"),
    ],
)
def test_mistakes_are_reported(out: Path, arguments: list[str], code: int, reported: str) -> None:
    result = ryla("lock", *arguments, "--out", out)
    assert result.returncode == code and reported in result.stderr and not out.exists()


def test_a_damaged_lock_is_reported(out: Path) -> None:
    out.write_text("{")
    result = ryla("lock", "flux-dev", "--out", out)
    assert result.returncode == 1 and "no lock file" in result.stderr and "delete it" in result.stderr
