"""`ryla-graphs plan`, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ryla_graphs import presets
from ryla_graphs.cli import app
from ryla_graphs.plan import GPUS, Plan
from tests.plan.prompts import flux, pulid
from tests.preset_examples import EXAMPLES
from tests.test_cli import good, ryla

PLANNED = {name: parameters for name, (preset, parameters) in EXAMPLES.items() if name == preset}
"""The first example of each preset."""


def quickly(*arguments: str | Path) -> str:
    """What the command prints, run in this process: starting Python takes longest."""
    result = CliRunner(env={"COLUMNS": "120"}).invoke(app, ["plan", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())


@pytest.fixture
def planned(tmp_path: Path) -> Callable[..., str]:
    """Plans a preset with the parameters of its example."""

    def plan(name: str, *options: str) -> str:
        path = tmp_path / "parameters.json"
        path.write_text(json.dumps(PLANNED[name]))
        return quickly(name, "--params", path, *options)

    return plan


@pytest.mark.parametrize("name", PLANNED)
def test_golden(name: str, planned: Callable[..., str], golden: Any) -> None:
    golden(f"plans/{name}.txt", planned(name))


@pytest.mark.parametrize("name", PLANNED)
def test_json(name: str, planned: Callable[..., str]) -> None:
    content = json.loads(planned(name, "--json"))
    assert content.pop("estimate") is True
    assert content.pop("problems") == []
    assert content.pop("releases")
    targets, chosen = content.pop("targets"), content.pop("chosen")
    plan = Plan.from_dict(content)
    row = plan.on(chosen["gpu"]["name"])
    assert row.gpu in chosen["reason"] and chosen["gpu"]["prices_as_of"] == plan.prices_as_of
    assert targets == {"seconds": row.in_time, "usd": row.in_budget}


@pytest.mark.parametrize("name", presets.NAMES)
def test_a_preset_by_its_name_alone(name: str) -> None:
    example = presets.get(name).example
    settings = [part for key, value in example.items() for part in ("-p", f"{key}={value}")]
    assert quickly(name) == quickly(name, *settings)


def test_what_is_not_given_is_taken_from_the_example() -> None:
    text = quickly("flux-instantid", "-p", "width=512", "-p", "height=512")
    assert "512x512" in text
    assert text != quickly("flux-instantid")


def test_the_gpu_that_ryla_wants(planned: Callable[..., str]) -> None:
    text = planned("flux-dev")
    assert "L40S is preferred, and it fits." in text
    assert "Targets on L40S: under 30 s an image met, under $0.50 an image met." in text
    assert "A10 was preferred, but 'sampler' needs" in planned("flux-instantid")


def test_one_gpu() -> None:
    text = quickly("flux-dev", "-p", "prompt=x", "--gpu", "l40s")
    assert "L40S" in text and "H100" not in text
    assert "Targets on L40S: under 30 s an image met, under $0.50 an image met." in text
    content = json.loads(quickly("flux-dev", "-p", "prompt=x", "--gpu", "l40s", "--json"))
    assert [row["gpu"] for row in content["gpus"]] == ["L40S"]
    missing = ryla("plan", "flux-dev", "-p", "prompt=x", "--gpu", "L40")
    assert missing.returncode == 2 and "did you mean 'L40S' or 'L4'" in missing.stderr
    unknown = ryla("plan", "flux-dev", "--gpu", "4090")
    assert unknown.returncode == 2 and all(name in unknown.stderr for name in GPUS)


def test_a_graph_that_names_no_file_has_no_size(tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    image = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}}
    path.write_text(json.dumps({"1": image, "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}}))
    text = quickly(path)
    assert "weights: the graph names no file" in text
    assert "0 kB" not in text and "together" not in text


def test_a_graph_from_a_file_that_fits_no_card(tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(pulid()))
    result = ryla("plan", path, "--gpu", "T4")
    assert result.returncode == 1
    assert "no_gpu_fits" in result.stdout and "compute capability 8.0" in result.stdout
    (problem,) = json.loads(ryla("plan", path, "--gpu", "T4", "--json").stdout)["problems"]
    assert (problem["code"], problem["tier"]) == ("no_gpu_fits", 3)


def test_what_is_unknown_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(flux(unet="unknown_model.safetensors")))
    text = quickly(str(path))
    assert "GPU memory: unknown" in text
    assert "unknown: UNETLoader 'model': 'unknown_model.safetensors' in models/diffusion_models is not in" in text
    assert "No GPU is recommended, because the graph's needs are unknown." in text
    assert "has the most memory" not in text and " 0.00" not in text
    assert json.loads(quickly(str(path), "--json"))["chosen"] is None


def test_a_pipe_gets_names_whole(tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    name = "a/very/long/folder/of/mine/flux1-dev-of-mine-that-has-a-very-long-name-indeed-Q5_K_M.safetensors"
    path.write_text(json.dumps(flux(unet=name)))
    assert name in good("plan", path)


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
