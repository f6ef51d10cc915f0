"""The GPU side of a container: ComfyUI brought up and compared with the lock, weights that come late, pulls."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import modal
import pytest

from ryla_graphs import Workflow, catalogs
from ryla_graphs.engines import run
from ryla_graphs.engines.comfyui import process
from ryla_graphs.lockfile import Difference
from ryla_graphs.modal_deploy import mounted, pulling
from ryla_graphs.modal_deploy.machine import Machine, gpu_named
from ryla_graphs.modal_deploy.money import Clock
from ryla_graphs.modal_deploy.mounted import WeightsFolder, late_loras
from ryla_graphs.modal_deploy.placement import VolumeFiles, absent
from ryla_graphs.modal_deploy.pulling import pull_into
from ryla_graphs.nodes import EmptyImage, SaveImage
from ryla_graphs.problems import EngineError, EngineRefused, RunLost
from ryla_graphs.prompt import Prompt
from ryla_graphs.weights import needed
from tests.modal_app.commands import commanded_here
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.loopback.state import Call
from tests.modal_app.on_loopback import WORKERS
from tests.warm import run_warm

MAIN = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
with open("started", "a") as file:
    file.write(f"{os.getpid()}\\n")
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        reported = {"queue_running": [], "queue_pending": []}
        if self.path == "/object_info":
            reported = json.load(open("object_info.json"))
        if self.path == "/system_stats":
            name = sys.modules["torch"].cuda.get_device_name() if "torch" in sys.modules else "NVIDIA L40S"
            reported = {"devices": [{"name": name, "type": "cuda"}]}
        self.wfile.write(json.dumps(reported).encode())
    def do_POST(self):
        with open("posted", "ab") as file:
            file.write(self.path.encode() + b" " + self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
host, port = (sys.argv[sys.argv.index(name) + 1] for name in ("--listen", "--port"))
HTTPServer((host, int(port)), Handler).serve_forever()
"""


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(process, "LONGEST_PAUSE_SECONDS", 0.02)


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    folder = tmp_path / "ComfyUI"
    folder.mkdir()
    (folder / "main.py").write_text(MAIN)
    info = {"EmptyImage": {"input": {"required": {}}, "output": ["IMAGE"], "python_module": "nodes"}}
    (folder / "object_info.json").write_text(json.dumps(info))
    return folder


def machine(comfyui: Path, tmp_path: Path, **more: Any) -> Machine:
    return Machine(comfyui, WeightsFolder({}), data=tmp_path / "data", start_seconds=120, **more)


def pids(comfyui: Path) -> list[int]:
    return [int(line) for line in (comfyui / "started").read_text().splitlines()]


def test_it_comes_up_once_and_is_ready(comfyui: Path, tmp_path: Path) -> None:
    one = machine(comfyui, tmp_path, check=lambda catalog: [] if "EmptyImage" in catalog else [Difference("no")])
    one.start()
    one.ready()
    assert one.engine.health().ready and len(pids(comfyui)) == 1
    one.stop()


def test_what_the_lock_has_and_it_has_not_is_reported(
    comfyui: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = machine(comfyui, tmp_path, check=lambda _: [Difference("the pack x did not load", ("A", "B"))])
    one.start()
    one.ready()
    assert not one.broken and one.engine.health().ready and len(pids(comfyui)) == 1
    assert one.lacking == {"A": "the pack x did not load", "B": "the pack x did not load"}
    assert "the pack x did not load" in caplog.text
    one.stop()


def test_a_comfyui_that_does_not_start_is_reported_once(comfyui: Path, tmp_path: Path) -> None:
    (comfyui / "main.py").write_text("open('started', 'a').write('0\\n'); raise SystemExit('no module named torch')")
    one = machine(comfyui, tmp_path)
    one.start()
    tries = len(pids(comfyui))
    one.ready()
    assert "no module named torch" in one.broken and len(pids(comfyui)) == tries
    assert not one.engine.health().ready
    workflow = Workflow(SaveImage(images=EmptyImage(width=64, height=64))).compile()
    with pytest.raises(EngineError, match="no module named torch"):
        run(one.engine, workflow)


def test_after_a_restore_that_lost_it_it_is_started_cold(comfyui: Path, tmp_path: Path) -> None:
    one = machine(comfyui, tmp_path)
    one.start()
    one.stop()  # as a snapshot does that does not keep child processes
    one.ready()
    assert one.engine.health().ready and len(pids(comfyui)) == 2
    one.stop()


def test_a_comfyui_that_hangs_after_a_restore_is_replaced(
    comfyui: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = machine(comfyui, tmp_path)
    one.start()
    (first,) = pids(comfyui)
    monkeypatch.setattr("ryla_graphs.modal_deploy.machine.HEALTH_SECONDS", 0.3)
    monkeypatch.setattr(process, "END_SECONDS", 0.3)  # a stopped process does not end when it is asked to
    os.kill(first, signal.SIGSTOP)
    one.ready()
    assert one.engine.health().ready and pids(comfyui)[-1] != first
    one.stop()


def test_a_comfyui_that_does_not_end_its_run_is_ended(comfyui: Path, tmp_path: Path) -> None:
    one = machine(comfyui, tmp_path)
    one.start()
    one.ready()
    (process,) = pids(comfyui)
    assert one.leave == ""
    one._hung("the run took too long")
    assert "took too long" in one.leave and not Path(f"/proc/{process}").exists()
    assert not one.engine.health().ready  # the next job gets another container
    one.stop()


class Late(WeightsFolder):
    """A volume that cannot be reloaded while ComfyUI has its files open."""

    def bring(self, prompt: Any, let_go: Callable[[], None] = lambda: None) -> None:
        let_go()


def test_comfyui_closes_its_files_for_a_volume_that_is_reloaded(comfyui: Path, tmp_path: Path) -> None:
    one = Machine(comfyui, Late({}), data=tmp_path / "data", start_seconds=120)
    one._prepare({})  # there is no ComfyUI yet that could have files open
    one.start()
    one._prepare({})
    path, _, content = (comfyui / "posted").read_text().partition(" ")
    assert path == "/free" and json.loads(content) == {"unload_models": True, "free_memory": True}
    one.stop()
    one._prepare({})


TORCH = """
class cuda:
    get_device_name = staticmethod(lambda *_: {real})
    current_device = staticmethod(lambda *_: 0)
"""


@pytest.mark.parametrize("real", ["'NVIDIA L40S'", "1 / 0", "'no GPU yet'"], ids=["there", "broken", "not there"])
def test_a_gpu_that_comes_after_the_snapshot(comfyui: Path, tmp_path: Path, real: str) -> None:
    (comfyui / "torch.py").write_text(TORCH.format(real=real))
    one = machine(comfyui, tmp_path, snapshot="cpu")
    one.start()
    (first,) = pids(comfyui)
    one.ready()
    assert (pids(comfyui)[-1] == first) == (real == "'NVIDIA L40S'")  # else it was started cold
    assert one.engine.health().ready
    one.stop()


class TestWeights:
    """What a container has, and what it fetches for the next job."""

    @pytest.fixture
    def volumes(self, control_plane: LoopbackModal) -> dict[str, modal.Volume]:
        return {
            kind: modal.Volume.from_name(f"{kind}-{os.urandom(4).hex()}", create_if_missing=True)
            for kind in ("models", "loras")
        }

    @pytest.fixture
    def folder(self, volumes: dict[str, modal.Volume], tmp_path: Path) -> WeightsFolder:
        mounts = {kind: (tmp_path / kind, volume) for kind, volume in volumes.items()}
        return WeightsFolder(mounts, late=tmp_path / "late")

    def test_nothing_is_fetched_for_what_is_there(self, folder: WeightsFolder, tmp_path: Path) -> None:
        (tmp_path / "models/vae").mkdir(parents=True)
        (tmp_path / "models/vae/ae.safetensors").touch()
        folder.bring(loading(vae="ae.safetensors"))

    def test_a_missing_file_is_named_with_its_command(self, folder: WeightsFolder) -> None:
        with pytest.raises(EngineRefused) as caught:
            folder.bring(loading(vae="ae.safetensors"))
        (problem,) = caught.value.problems
        assert problem.file == "vae/ae.safetensors"
        assert problem.hint == "modal run runtime_modal.py::pull --file ae.safetensors"

    def test_a_lora_that_came_late(self, folder: WeightsFolder, volumes: dict[str, Any], tmp_path: Path) -> None:
        with volumes["loras"].batch_upload() as batch:
            batch.put_file(io.BytesIO(b"lora"), "ryla/me.safetensors")
        folder.bring(loading(lora="ryla/me.safetensors"))
        assert (tmp_path / "late/ryla/me.safetensors").read_bytes() == b"lora"
        with pytest.raises(EngineRefused):
            folder.bring(loading(lora="ryla/you.safetensors"))
        assert [path.name for path in (tmp_path / "late/ryla").iterdir()] == ["me.safetensors"]

    @pytest.mark.parametrize("freed", [True, False], ids=["ComfyUI lets go", "it does not"])
    def test_weights_that_came_late(
        self,
        control_plane: LoopbackModal,
        folder: WeightsFolder,
        volumes: dict[str, Any],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        freed: bool,
    ) -> None:
        """Modal reloads no volume of which ComfyUI has files open."""
        monkeypatch.setattr(mounted, "RELOAD_PAUSES", (0.0, 0.0))
        with volumes["models"].batch_upload() as batch:
            batch.put_file(io.BytesIO(b"vae"), "vae/ae.safetensors")
        state, models = control_plane.state, volumes["models"].object_id
        (tmp_path / "models/vae").mkdir(parents=True)
        state.busy[models] = True
        state.reloaded[models] = [(tmp_path / "models/vae/ae.safetensors").touch]
        asked: list[bool] = []

        def let_go() -> None:
            asked.append(True)
            state.busy[models] = not freed

        if freed:
            folder.bring(loading(vae="ae.safetensors"), let_go)
        else:
            with pytest.raises(RunLost, match="started before 'vae/ae"):
                folder.bring(loading(vae="ae.safetensors"), let_go)
        assert asked == [True] and folder.stale == (not freed)
        with pytest.raises(EngineRefused):  # which no container has
            folder.bring(loading(vae="other.safetensors"), let_go)

    @pytest.mark.parametrize("name", ["../../evil.safetensors", "/etc/evil.safetensors", "a/../../../evil.safetensors"])
    def test_a_name_that_leads_out_is_nowhere(self, folder: WeightsFolder, tmp_path: Path, name: str) -> None:
        before = {*tmp_path.parent.rglob("*")}
        with pytest.raises(EngineRefused):
            folder.bring(loading(lora=name))
        assert {*tmp_path.parent.rglob("*")} == before

    def test_a_listing_is_remembered_and_asked_again(self, volumes: dict[str, modal.Volume]) -> None:
        files = VolumeFiles(volumes["models"])
        assert files() == frozenset()
        with volumes["models"].batch_upload() as batch:
            batch.put_file(io.BytesIO(b"x"), "vae/ae.safetensors")
        assert files() == frozenset() and files(fresh=True) == {"vae/ae.safetensors"}

    def test_a_folder_of_files_is_there_where_a_file_of_it_is(self) -> None:
        wanted = needed(Prompt(loading(vae="ae.safetensors"), catalogs.bundled()))
        assert absent(wanted, {"vae/ae.safetensors/part"}) == []
        assert absent(wanted, {"vae/ae.safetensors.part"}) == list(wanted)


def loading(*, vae: str = "", lora: str = "") -> dict[str, Any]:
    graph: dict[str, Any] = {}
    if vae:
        graph["1"] = {"class_type": "VAELoader", "inputs": {"vae_name": vae}}
    if lora:
        graph["2"] = {"class_type": "LoraLoaderModelOnly", "inputs": {"lora_name": lora}}
    return graph


def test_comfyui_looks_for_late_loras_too(tmp_path: Path) -> None:
    from ryla_graphs.models_folder import ModelsFolder

    (tmp_path / "late/ryla").mkdir(parents=True)
    (tmp_path / "late/ryla/me.safetensors").touch()
    found = ModelsFolder.open(late_loras(tmp_path / "late"))
    assert found.find("loras", "ryla/me.safetensors") == tmp_path / "late/ryla/me.safetensors"


@pytest.mark.parametrize(
    ("reported", "name"),
    [
        ("Tesla T4", "T4"),
        ("NVIDIA L4", "L4"),
        ("NVIDIA L40S", "L40S"),
        ("NVIDIA A10", "A10"),
        ("NVIDIA A10G", "A10"),
        ("NVIDIA A100-SXM4-40GB", "A100-40GB"),
        ("NVIDIA A100 80GB PCIe", "A100-80GB"),
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA H200", "H200"),
        ("NVIDIA B200", "B200"),
        ("AMD Radeon", None),
    ],
)
def test_a_gpu_by_what_its_driver_says(reported: str, name: str | None) -> None:
    assert gpu_named(reported) == name


def test_the_first_job_waits_for_the_cold_start_and_the_next_does_not() -> None:
    clock = Clock(started=0.0)
    clock.ready()
    ready = clock._ready
    assert ready is not None
    waited = clock.begin(ready - 30)
    assert round(waited.cold) == 30 and waited.queue < 5
    assert clock.begin(ready + 0.0).cold == 0.0


class Committed:
    """A volume that is mounted; the loopback has no mounts."""

    def commit(self) -> None:
        """What came is kept."""


@pytest.fixture
def pulls(control_plane: LoopbackModal, tmp_path: Path) -> list[list[str]]:
    """Plays the function that pulls: its command runs here, into a folder, with what it was called with."""
    called: list[list[str]] = []

    async def work(call: Call) -> Any:
        (arguments,) = call.args
        called.append(arguments)
        return await asyncio.to_thread(pull_into, str(tmp_path), arguments, Committed())  # type: ignore[arg-type]

    WORKERS.work = work
    return called


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is a fork of a process that has its modules, which saves its start."""

    def run(command: list[str], *, check: bool, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        assert command[:3] == [sys.executable, "-m", "ryla_graphs"] and not check
        return run_warm(command[3:], env, None)

    monkeypatch.setattr(pulling, "subprocess", SimpleNamespace(run=run))


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(
    ("given", "status", "asked"),
    [
        (["--preset", "flux-dev", "--dry-run"], 0, ["flux-dev", "--dry-run"]),
        (["--preset", "flux-dev"], 2, ["flux-dev"]),  # its licence has not been accepted
        (["--file", "ae.safetensors,clip_l.safetensors", "--dry-run"], 0, ["ae.safetensors", "clip_l.safetensors"]),
        (["--preset", "flux-deaf", "--dry-run"], 2, ["flux-deaf"]),
    ],
)
def test_pulling(
    control_plane: LoopbackModal, pulls: list[list[str]], given: list[str], status: int, asked: list[str]
) -> None:
    done = commanded_here("run", "runtime_modal.py::pull", *given, RYLA_MODAL_APP="pulling")
    assert done.returncode == status, done.stdout + done.stderr
    assert pulls[0][: len(asked)] == asked and "Traceback" not in done.stdout + done.stderr
    (app,) = (app for app in control_plane.state.apps.values() if app.name == "pulling-pull" and app.functions)
    assert {*app.functions} == {"pull_weights"}  # nothing of it owns records, or keeps a GPU warm
    control_plane.state.apps.pop(app.id)


def test_all_that_the_lock_needs_is_pulled_where_nothing_is_named(
    control_plane: LoopbackModal, pulls: list[list[str]]
) -> None:
    """With a process of its own."""
    done = commanded_here("run", "runtime_modal.py::pull", "--dry-run", RYLA_MODAL_APP="pulling")
    assert done.returncode == 0 and {"flux-dev", "flux-instantid"} < {*pulls[0]}
