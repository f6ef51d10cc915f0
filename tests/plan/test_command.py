"""`ryla-graphs plan`, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ryla_graphs.cli import app
from ryla_graphs.plan import Plan
from tests.plan.prompts import flux, pulid
from tests.test_cli import good, ryla

PLANNED: dict[str, list[str]] = {
    "flux-dev": ["flux-dev", "-p", "prompt=a red bicycle"],
    "flux-lora": ["flux-lora", "-p", "prompt=a knight", "-p", "loraId=me"],
    "flux-instantid": ["flux-instantid", "-p", "prompt=a knight", "-p", "referenceImage=me.png"],
}


def quickly(*arguments: str) -> str:
    """What the command prints, run in this process: starting Python takes longest."""
    result = CliRunner(env={"COLUMNS": "120"}).invoke(app, ["plan", *arguments])
    assert result.exit_code == 0, result.output
    return "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())


@pytest.mark.parametrize("name", PLANNED)
def test_golden(name: str, golden: Any) -> None:
    golden(f"plan-{name}.txt", quickly(*PLANNED[name]))


@pytest.mark.parametrize("name", PLANNED)
def test_json(name: str) -> None:
    content = json.loads(quickly(*PLANNED[name], "--json"))
    assert content.pop("estimate") is True
    assert content.pop("problems") == []
    assert content.pop("targets") == {"seconds": True, "usd": True}
    chosen = content.pop("chosen")
    plan = Plan.from_dict(content)
    assert chosen["gpu"]["name"] in chosen["reason"]
    assert chosen["gpu"]["prices_as_of"] == plan.prices_as_of


def test_the_gpu_that_ryla_wants() -> None:
    assert "L40S is preferred, and it fits." in quickly(*PLANNED["flux-dev"])
    text = quickly(*PLANNED["flux-instantid"])
    assert "A10 was preferred, but 'sampler' needs 23.2 GiB and 21.5 GiB are free" in text
    assert "Targets on A100-80GB: under 30 s an image met" in text


def test_one_gpu() -> None:
    text = quickly("flux-dev", "-p", "prompt=x", "--gpu", "l40s")
    assert "L40S" in text and "H100" not in text
    assert "Targets on L40S: under 30 s an image met, under $0.50 an image met." in text
    content = json.loads(quickly("flux-dev", "-p", "prompt=x", "--gpu", "l40s", "--json"))
    assert [row["gpu"] for row in content["gpus"]] == ["L40S"]
    missing = ryla("plan", "flux-dev", "-p", "prompt=x", "--gpu", "L40")
    assert missing.returncode == 2 and "did you mean 'L40S' or 'L4'" in missing.stderr


def test_a_graph_from_a_file_that_fits_no_card(tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(pulid()))
    result = ryla("plan", path, "--gpu", "T4")
    assert result.returncode == 1
    assert "no_gpu_fits" in result.stdout and "compute capability 8.0" in result.stdout
    (problem,) = json.loads(ryla("plan", path, "--gpu", "T4", "--json").stdout)["problems"]
    assert (problem["code"], problem["tier"]) == ("no_gpu_fits", 3)


def test_what_nobody_knows_is_told(tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(flux(unet="nobody_knows_me.safetensors")))
    text = quickly(str(path))
    assert "GPU memory: not known" in text
    assert "unknown: UNETLoader 'model': 'nobody_knows_me.safetensors' in models/diffusion_models is not in" in text
    assert "under 30 s an image not known" in text


def test_too_much_is_refused_before_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(flux(width=64, height=64, steps=10_000)))
    planned = ryla("plan", path)
    assert planned.returncode == 1 and "too_many_steps" in planned.stdout
    refused = ryla("run", path, "-o", tmp_path / "out")
    assert refused.returncode == 1 and not (tmp_path / "out").exists()
    assert "its model is evaluated 10,000 times, 250 are allowed" in refused.stderr
    assert "hint: lower steps" in refused.stderr
    assert "save" in good("run", path, "-o", tmp_path / "out", "--no-limits", "--json")
