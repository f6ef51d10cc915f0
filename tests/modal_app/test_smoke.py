"""The smoke test of a deployment, on servers of this machine: what needs Modal is left out, and the output says so."""

from __future__ import annotations

import os
import re
import runpy
import sys
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from fastapi import FastAPI
from typer.testing import CliRunner

from ryla_graphs.client import JobEvent, RylaClient
from ryla_graphs.engines import connect
from ryla_graphs.engines.events import Event, OutputReady
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.engines.simulator.engine import SimulatedRun
from ryla_graphs.server import SqliteStore, create_app
from ryla_graphs.server.settings import Settings
from scripts.smoke_modal import main
from scripts.smoke_shared import follow
from scripts.smoke_steps import STEPS
from tests.conftest import ROOT
from tests.engines.held import HeldSimulator
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.test_journey import TOKEN, OnGpu, gpu  # noqa: F401 - a fixture
from tests.server.live import listening
from tests.server.test_loras import FLUX

NEED_MODAL = {"token", "deploy", "pull", "reload", "front", "cost", "session", "publish", "rollover"}


def smoke(*arguments: str, **environment: str | None) -> tuple[int, dict[str, tuple[str, str]], str]:
    """Exit code, what became of each step and what was seen, and all that was printed."""
    app = typer.Typer()
    app.command()(main)
    done = CliRunner(env={"COLUMNS": "300"} | environment).invoke(app, arguments)
    rows = re.findall(r"^│ (\S+) +│ (\w+) +│ [\d.]+ +│ (.*?) *│$", done.output, re.MULTILINE)
    return done.exit_code, {step: (outcome, seen) for step, outcome, seen in rows}, done.output


def outcomes(rows: dict[str, tuple[str, str]], outcome: str) -> set[str]:
    return {step for step, (found, _) in rows.items() if found == outcome}


def server(folder: Path, engine: Any = None) -> FastAPI:
    settings = Settings(lora_folder=folder / "loras", stream_seconds=0.2)
    return create_app(engine or connect("simulator"), SqliteStore(folder / "data"), settings)


def test_all_that_can_be_tried_here(tmp_path: Path) -> None:
    lora = tmp_path / "me.safetensors"
    lora.write_bytes(FLUX)
    with listening(server(tmp_path)) as address:
        code, rows, printed = smoke("--url", address, "--skip", "deploy,pull", "--gpu", "T4", "--lora", str(lora))
        with RylaClient(address) as client:
            assert client.loras() == []
    assert code == 0, printed
    assert list(rows) == list(STEPS)
    assert outcomes(rows, "failed") == set()
    # Simulated jobs may end before a cancel comes.
    assert outcomes(rows, "skipped") - {"cancel-queued", "cancel-running"} == {*NEED_MODAL, "gpu", "logs"}
    assert rows["gpu"][1] == "this server has one kind of machine"
    assert rows["pull"][1] == "left out" and "--url" in rows["token"][1]
    assert "SIMULATED" in printed


def test_a_deployment_with_gpus(gpu: OnGpu) -> None:  # noqa: F811
    gpu.hold("flux-schnell")
    with gpu.app() as app, listening(app) as address:
        code, rows, printed = smoke("--url", address, "--token", TOKEN, "--gpu", "H100,L40S", "--skip", "long")
    assert code == 0, printed
    assert [call.gpu for call in gpu.calls].count("H100") == 2
    assert rows["gpu"][1].count("H100") == 2 and "cold " in rows["first"][1]
    assert "SIMULATED" in printed  # the GPUs here are played; their pictures say so


def test_nothing_that_answers_is_a_failure_and_ends_it() -> None:
    code, rows, printed = smoke("--url", "http://127.0.0.1:1")
    assert code == 1 and outcomes(rows, "failed") == {"health"} and "SIMULATED" not in printed
    assert rows["first"] == ("skipped", "health failed")


def test_a_running_job_is_cancelled(tmp_path: Path) -> None:
    engine = HeldSimulator()
    engine.go.clear()
    with listening(server(tmp_path, engine)) as address:
        code, rows, printed = smoke("--url", address, "--skip", "first,warm,long,cancel-queued,retry")
    assert code == 0, printed
    assert rows["cancel-running"][0] == "ok" and rows["cancel-running"][1].startswith("cancelled while running")


class DeafRun:
    """A run that hears of no cancel, as one on a worker that Modal does not reach; its pictures pass for real ones."""

    def __init__(self, inner: SimulatedRun) -> None:
        self.id = inner.id
        self._inner = inner

    def events(self) -> Iterator[Event]:
        for event in self._inner.events():
            yield (
                replace(event, artifact=replace(event.artifact, simulated=False))
                if isinstance(event, OutputReady)
                else event
            )

    def cancel(self) -> None:
        pass


class Deaf(Simulator):
    name = "deaf"

    def start(self, *args: object, **options: object) -> DeafRun:  # type: ignore[override]
        return DeafRun(super().start(*args, **options))  # type: ignore[arg-type]


def test_a_cancel_that_does_nothing_is_a_failure(tmp_path: Path) -> None:
    with listening(server(tmp_path, Deaf())) as address:
        code, rows, printed = smoke("--url", address)
    assert code == 1 and "cancel-running" in outcomes(rows, "failed"), printed
    assert {"long", "retry"} <= outcomes(rows, "ok")  # the others are tried all the same
    assert "SIMULATED" not in printed


@pytest.mark.parametrize(
    ("spoil", "seen"),
    [
        (lambda reported: [event for event in reported if event.kind != "output"], "events were lost"),
        (lambda reported: [reported[0], *reported], "events came twice"),
    ],
)
def test_a_stream_that_lies_is_a_failure(
    spoil: object, seen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = RylaClient.stream
    spoilt: set[str] = set()

    def stream(client: RylaClient, job_id: str, after: int) -> Generator[JobEvent]:
        reported = list(right(client, job_id, after))
        first = job_id not in spoilt
        spoilt.add(job_id)
        yield from spoil(reported) if first else reported  # type: ignore[operator]

    monkeypatch.setattr(RylaClient, "stream", stream)
    with listening(create_app(connect("simulator"), SqliteStore(tmp_path))) as address:
        code, rows, printed = smoke("--url", address, "--skip", "first,warm,cancel-queued,cancel-running,retry")
    assert code == 1 and rows["long"][0] == "failed" and seen in rows["long"][1], printed


def test_a_stream_that_is_cut_off_is_followed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = HeldSimulator()
    engine.go.clear()
    right, opened = RylaClient.stream, []

    def stream(client: RylaClient, job_id: str, after: int) -> Generator[JobEvent]:
        opened.append(after)
        if len(opened) == 3:
            engine.go.set()
        yield from right(client, job_id, after)

    monkeypatch.setattr(RylaClient, "stream", stream)
    with listening(server(tmp_path, engine)) as address, RylaClient(address) as client:
        seen = follow(client, client.submit("flux-schnell", prompt="a", width=64, height=64))
    assert seen.connections == len(opened) >= 3 and seen.broken == 0 and seen.state == "succeeded"
    numbers = [number for number, _ in seen.events]
    assert numbers == sorted(set(numbers)) and opened[0] == 0 < opened[2]


def test_without_a_token_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modal.config._user_config", {})  # what `modal setup` wrote on this machine
    code, rows, printed = smoke(MODAL_TOKEN_ID=None, MODAL_TOKEN_SECRET=None, RYLA_TOKEN=None)
    assert code == 1 and "modal setup" in rows["token"][1] and "Traceback" not in printed
    code, rows, _ = smoke(MODAL_TOKEN_ID="ak-x", MODAL_TOKEN_SECRET="as-x", RYLA_TOKEN=None)
    assert code == 1 and rows["token"][0] == "failed" and "RYLA_TOKEN" in rows["token"][1]
    assert outcomes(rows, "ok") == set()


def test_it_deploys_with_the_real_command(
    control_plane: LoopbackModal, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The script as a person starts it, but in this process, which saves its imports; `modal` has one of its own."""
    name = "app-smoke"
    skip = ",".join(step for step in STEPS if step not in ("token", "deploy"))
    for variable in [each for each in os.environ if each.startswith("RYLA_")]:
        monkeypatch.delenv(variable)
    environment = {"RYLA_MODAL_APP": name, "RYLA_TOKEN": TOKEN, "COLUMNS": "200"}
    for variable, value in (control_plane.environment | environment).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["scripts/smoke_modal.py", "--skip", skip])
    monkeypatch.setattr(sys, "path", sys.path[:])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path("scripts/smoke_modal.py", run_name="__main__")
    printed = "".join(capfd.readouterr())
    assert not ended.value.code, printed
    assert f"https://ryla--{name}-web.modal.run" in printed.rpartition("deploy")[2]


@pytest.mark.parametrize(
    "arguments",
    [("--gpu", "RTX"), ("--skip", "all"), ("--preset", "flux-instantid"), ("--reload", "ae"), ("--preset", "")],
)
def test_a_wrong_option_is_named(arguments: tuple[str, ...]) -> None:
    code, _, printed = smoke(*arguments)
    assert code == 2 and "Invalid value" in printed
