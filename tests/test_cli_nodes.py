"""`ryla-graphs nodes`, as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.data.make_object_info import object_info
from tests.engines.stub import serve
from tests.test_cli import good


def test_nodes_show_and_search() -> None:
    assert "steps" in good("nodes", "show", "KSampler") and "LATENT" in good("nodes", "show", "KSampler")
    facts = json.loads(good("nodes", "show", "KSampler", "--json"))
    assert facts["outputs"] == [{"slot": 0, "name": "LATENT", "type": "LATENT"}]
    assert "when 'scale width'" in good("nodes", "show", "ResizeImageMaskNode")
    found = good("nodes", "search", "lora").splitlines()
    assert found[0].startswith("CreateHookLora ")  # ComfyUI's own come before those of packs
    assert any(line.startswith("LoraLoader ") for line in found[:20]) and not found[-1].endswith("()")
    assert json.loads(good("nodes", "search", "lora", "model", "only", "--json"))[0]["class_type"]
    assert good("nodes", "search", "no such thing").strip() == "nothing found"


def test_nodes_generate(tmp_path: Path) -> None:
    source = tmp_path / "object_info.json"
    source.write_text(json.dumps(object_info()))
    out = tmp_path / "my_nodes.py"
    assert "5 classes" in good("nodes", "generate", "--object-info", source, "--out", out)
    assert "class MyBlurPlus(" in out.read_text() and "class CheckpointLoaderSimple(" not in out.read_text()
    assert "6 classes" in good("nodes", "generate", "--object-info", source, "--out", out, "--loaders")
    assert json.loads(good("nodes", "generate", "--object-info", source, "--out", out, "--class", "MySave", "--json"))[
        "classes"
    ] == ["MySave"]
    assert "6 classes" in good("nodes", "generate", "--object-info", source, "--out", out, "--all")
    check = subprocess.run([sys.executable, "-W", "error", str(out)], check=False, capture_output=True, text=True)
    assert check.returncode == 0, check.stderr


def test_generated_classes_of_a_live_server(tmp_path: Path) -> None:
    with serve() as (address, _):
        out = tmp_path / "live.py"
        assert "1 class\n" in good("nodes", "generate", "--object-info", address, "--out", out)
