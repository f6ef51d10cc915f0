"""The GitHub action and the pre-commit hook that users' repositories run: their own steps, in a real shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's repository: a good workflow in a folder, and a command that is installed."""
    workflows = tmp_path / "workflows" / "deep"
    workflows.mkdir(parents=True)
    good = (ROOT / "tests" / "golden" / "flux-dev.json").read_text(encoding="utf-8")
    (workflows / "good.json").write_text(good)
    (tmp_path / "bad.json").write_text(good.replace('"KSampler"', '"KSamplr"'))
    command = tmp_path / "bin" / "ryla-graphs"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m ryla_graphs "$@"\n')
    command.chmod(0o755)
    return tmp_path


def validate(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the last step of the action, as a runner would."""
    step: dict[str, Any] = ACTION["runs"]["steps"][-1]
    given = {name: inputs.get(name, facts.get("default", "")) for name, facts in ACTION["inputs"].items()}
    variables = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: str(given[found.group(1)]), value)
        for name, value in step["env"].items()
    }
    environment = os.environ | variables | {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_action_accepts_and_refuses(folder: Path) -> None:
    done = validate(folder, files="workflows/**/*.json")
    assert (done.returncode, done.stdout) == (0, "workflows/deep/good.json: valid\n"), done.stderr
    done = validate(folder, files="bad.json\nworkflows/**/*.json", arguments="--json")
    assert done.returncode == 1 and "missing_node_type" in done.stdout


def test_the_action_says_when_it_finds_nothing_and_runs_no_input(folder: Path) -> None:
    done = validate(folder, files="nowhere/*.json")
    assert done.returncode == 2 and "no file matches: nowhere/*.json" in done.stdout
    done = validate(folder, files='workflows/**/*.json; touch mine "$(touch mine)"')
    assert done.returncode != 0 and not (folder / "mine").exists()


def test_no_step_of_the_action_has_an_input_pasted_into_it() -> None:
    assert not [step for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")]
    assert {facts["description"] for facts in ACTION["inputs"].values()}


def test_the_hook_is_the_command(folder: Path) -> None:
    assert HOOK["language"] == "python" and re.search(HOOK["files"], "a/workflows/x.json")
    command = [str(folder / "bin" / HOOK["entry"].split()[0]), *HOOK["entry"].split()[1:]]
    for file, status in (("workflows/deep/good.json", 0), ("bad.json", 1)):
        assert subprocess.run([*command, file], cwd=folder, capture_output=True, check=False).returncode == status
