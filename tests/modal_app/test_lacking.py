"""A container whose ComfyUI lacks classes of the lock: it runs all graphs but those that use them."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from modal.exception import ImageBuildError

from ryla_graphs import presets
from ryla_graphs.engines.comfyui import process
from ryla_graphs.lockfile import Lock, catalog_of, differences
from ryla_graphs.modal_deploy import image_check
from ryla_graphs.modal_deploy.machine import Machine
from ryla_graphs.modal_deploy.mounted import WeightsFolder
from ryla_graphs.modal_deploy.placement import placing
from ryla_graphs.modal_deploy.reported import MOST_BROKEN, WINDOW_SECONDS, Reported, besides
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.modal_deploy.web import Parts
from ryla_graphs.problems import CannotRunHere
from ryla_graphs.server.job_options import NO_OPTIONS
from ryla_graphs.software.packs import PACKS
from tests.conftest import ROOT, recorded_json
from tests.modal_app.commands import commanded_here, deployed_app
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.loopback.state import AppRecord, Call
from tests.modal_app.test_journey import OnGpu, small

MAIN = f"""
import json, sys, types
sys.path.insert(0, {str(ROOT)!r})
package = sys.modules["tests.engines.stub"] = types.ModuleType("tests.engines.stub")
package.__path__ = [{str(ROOT / "tests/engines/stub")!r}]  # without what its __init__ imports for clients
from aiohttp import web
from tests.engines.stub.script import Script
from tests.engines.stub.server import StubComfy
host, port = (sys.argv[sys.argv.index(name) + 1] for name in ("--listen", "--port"))
app = StubComfy(Script(outputs=None, object_info=json.load(open("object_info.json")))).app()
devices = {{"devices": [{{"name": "NVIDIA L40S", "type": "cuda"}}]}}
async def stats(_):
    return web.json_response(devices)
app.router.add_get("/system_stats", stats)
web.run_app(app, host=host, port=int(port), print=None, shutdown_timeout=0.1)  # though its socket is still open
"""
LOCK = Lock.read(ROOT / "ryla.lock")
IMPACT = next(pack for pack in LOCK.packs if pack.folder == "ComfyUI-Impact-Pack")
GONE = {"ComfyUI-Impact-Pack": set(IMPACT.classes), "core": {"InvertMask", "Trellis2Conditioning"}}


class OnMachine(OnGpu):
    """Plays the GPU containers with one real `Machine`, whose ComfyUI is the stub."""

    machine: Machine

    async def __call__(self, call: Call) -> Any:
        self.calls.append(call)
        (job,) = call.args
        return await self.machine.run(job, events=self.parts.events, runs=self.parts.runs, outputs=self.parts.outputs)


def comfyui(folder: Path, gone: set[str], classes: Mapping[str, str] | None = None) -> Path:
    """A checkout whose server has all classes of the lock but some; or the classes that are given, as JSON."""
    folder.mkdir()
    (folder / "main.py").write_text(MAIN)
    rows = (f"{json.dumps(name)}: {text}" for name, text in (classes or promised()).items() if name not in gone)
    (folder / "object_info.json").write_text(f"{{{', '.join(rows)}}}")
    return folder


# What was recorded is of a server that has both packs for PuLID.
ONE_PULID = ("custom_nodes.ComfyUI-PuLID-Flux", "custom_nodes.ComfyUI_PuLID_Flux_ll")


@cache
def promised() -> Mapping[str, str]:
    """What a server that is as the lock says says of each class."""
    return {name: json.dumps(entry).replace(*ONE_PULID) for name, entry in catalog_of(LOCK).entries().items()}


def recorded_classes() -> Mapping[str, str]:
    """What the real ComfyUI at the lock's commit said of its classes, and a real server of those of its packs."""
    folders = {f"custom_nodes.{name}" for pack in LOCK.packs for name in PACKS[pack.folder].folders}
    theirs = recorded_json("object_info.packs.json.gz").items()
    packs = {name: entry for name, entry in theirs if entry["python_module"] in folders}
    every = {**recorded_json("object_info.core.json.gz"), **packs}
    return {name: json.dumps(entry).replace(*ONE_PULID) for name, entry in every.items()}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A container without the Impact Pack and without two classes of ComfyUI's own; most tests here run on it."""
    folder = tmp_path_factory.mktemp("container")
    with begun(folder, comfyui(folder / "ComfyUI", set().union(*GONE.values()))) as one:
        yield one


@contextmanager
def begun(folder: Path, checkout: Path) -> Generator[Machine]:
    """A container that has come up with a checkout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "TICK_SECONDS", 0.02)
        patch.setattr(process, "END_SECONDS", 0.5)
        one = Machine(
            checkout, WeightsFolder({}), check=partial(differences, LOCK), data=folder / "data", start_seconds=60
        )
        one.start()
        one.ready()
        yield one
        one.stop()


@pytest.fixture
def gpu(
    control_plane: LoopbackModal,
    own_runtime: AppRecord,
    machine: Machine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> OnMachine:
    """That container in a deployment of one test."""
    settings = ModalSettings(app=own_runtime.name)
    one = OnMachine(control_plane, settings, Parts.of(settings), tmp_path)
    one.machine = machine
    monkeypatch.setattr(machine, "_weights", one.weights)
    return one


def using(class_type: str, **inputs: Any) -> dict[str, Any]:
    """A graph that saves what a class makes of a mask."""
    return {
        "mask": {"class_type": "SolidMask", "inputs": {"value": 1.0, "width": 64, "height": 64}},
        "uses": {"class_type": class_type, "inputs": inputs},
        "picture": {"class_type": "MaskToImage", "inputs": {"mask": ["uses", 0]}},
        "save": {"class_type": "SaveImage", "inputs": {"images": ["picture", 0], "filename_prefix": "x"}},
    }


def test_a_fresh_deployment_runs_its_first_job_on_the_recorded_classes(
    control_plane: LoopbackModal, own_runtime: AppRecord, tmp_path: Path
) -> None:
    settings = ModalSettings(app=own_runtime.name)
    one = OnMachine(control_plane, settings, Parts.of(settings), tmp_path)
    one.hold("flux-dev")
    with begun(tmp_path, comfyui(tmp_path / "ComfyUI", set(), recorded_classes())) as one.machine:
        assert not one.machine.broken and not one.machine.lacking
        one.machine._weights = one.weights
        with one.client() as client:
            assert client.get("/ready").status_code == 200
            answer = client.post("/flux-dev", json=small())
    assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG"), answer.text


def test_only_graphs_that_use_what_is_missing_are_refused(gpu: OnMachine) -> None:
    assert {*gpu.machine.lacking} == set().union(*GONE.values()) and not gpu.machine.broken
    gpu.hold("flux-dev")
    with gpu.client() as client:
        assert client.post("/flux-dev", json=small()).status_code == 200
        failed = client.post("/workflow", json=using("InvertMask", mask=["mask", 0]))
        again = client.post("/flux-dev", json=small(seed=8))
    (problem,) = failed.json()["error"]["problems"]
    assert (problem["code"], problem["node"], problem["class_type"]) == ("class_not_here", "uses", "InvertMask")
    assert "ComfyUI lacks 2 of its own classes: InvertMask, Trellis2Conditioning" in problem["message"]
    assert again.status_code == 200 and len(gpu.calls) == 3


def test_a_pack_that_did_not_load_is_named(gpu: OnMachine) -> None:
    with gpu.client() as client:
        failed = client.post("/workflow", json=using("ToBinaryMask", mask=["mask", 0], threshold=20))
    (problem,) = failed.json()["error"]["problems"]
    assert "the pack ltdrdata/ComfyUI-Impact-Pack (ComfyUI-Impact-Pack) did not load" in problem["message"]


def test_once_a_container_has_reported_no_gpu_is_paid_for(gpu: OnMachine) -> None:
    graph = presets.get("face-swap").build(presets.get("face-swap").example).compile()
    reports = Reported(gpu.parts.runs, LOCK, seconds=0)
    place = placing(gpu.settings, None, reports)
    assert reports.lacking() == {} and place(graph, NO_OPTIONS) is not None
    reports.came_up(gpu.machine.lacking)
    with pytest.raises(CannotRunHere, match="did not load") as caught:
        place(graph, NO_OPTIONS)
    used = {body["class_type"] for body in graph.prompt.values()} & GONE["ComfyUI-Impact-Pack"]
    assert {problem.class_type for problem in caught.value.problems} == used
    other = Lock.loads(LOCK.dumps().replace("flux-dev", "flux-dew"))
    assert Reported(gpu.parts.runs, other, seconds=0).lacking() == {}
    reports.came_up({})
    assert place(graph, NO_OPTIONS) is not None


def test_what_containers_have_is_the_catalog(gpu: OnMachine) -> None:
    reports = Reported(gpu.parts.runs, LOCK, seconds=0)
    promised = catalog_of(LOCK)
    assert gpu.machine.catalog is not None
    assert besides(promised, gpu.machine.catalog) == {}
    assert besides(promised.subset({*promised} - {"EmptyImage"}), gpu.machine.catalog).keys() == {"EmptyImage"}
    reports.came_up({"InvertMask": "it was taken out"}, {"ShoutText": SHOUT})
    with gpu.client(reported=reports) as client:
        nodes = client.get("/nodes").json()["nodes"]
        failed = client.post("/workflow", json=using("InvertMask", mask=["mask", 0]))
    assert "ShoutText" in nodes and "InvertMask" not in nodes and len(nodes) > 800
    assert failed.status_code == 422 and "it was taken out" in failed.text
    assert not gpu.calls


SHOUT = {"input": {"required": {"text": ["STRING", {}]}}, "output": ["STRING"], "python_module": "custom_nodes.mine"}


def test_containers_that_do_not_come_up_open_a_circuit(gpu: OnMachine) -> None:
    now = [1000.0]
    reports = Reported(gpu.parts.runs, LOCK, seconds=0, clock=lambda: now[0])
    gpu.hold("flux-dev")
    with gpu.client(reported=reports) as client:
        for _ in range(MOST_BROKEN):
            assert client.get("/ready").status_code == 200
            reports.broke("No module named torch")
        ready, health = client.get("/ready"), client.get("/health")
        assert ready.status_code == 503 and "No module named torch" in ready.json()["reason"] and health.is_success
        refused = client.post("/flux-dev", json=small())
        assert refused.status_code == 503 and refused.headers["retry-after"]
        assert "failed to start" in refused.json()["error"]["message"] and not gpu.calls
        now[0] += WINDOW_SECONDS  # one is tried
        assert client.get("/ready").status_code == 200
        reports.broke("still no torch")
        assert client.get("/ready").status_code == 200
        for _ in range(2):
            reports.broke("still no torch")
        assert client.get("/ready").status_code == 503
        reports.came_up({})  # as after POST /warm
        assert client.post("/flux-dev", json=small()).status_code == 200


class TestImage:
    """The image is only built where its ComfyUI has what the lock says."""

    @pytest.fixture
    def built(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[set[str]], None]:
        monkeypatch.setattr(process, "END_SECONDS", 0.5)

        def build(gone: set[str]) -> None:
            monkeypatch.setattr(image_check, "COMFYUI", str(comfyui(tmp_path / "ComfyUI", gone)))
            monkeypatch.setattr(image_check, "deployed_lock", lambda: LOCK)
            image_check.check_image()

        return build

    def test_one_that_has_all(self, built: Callable[[set[str]], None]) -> None:
        built(set())

    def test_one_whose_pack_does_not_load(
        self, built: Callable[[set[str]], None], control_plane: LoopbackModal, runtime: AppRecord
    ) -> None:
        assert runtime.functions  # a deployment that was checked before
        control_plane.state.builders["check_image"] = lambda: built(GONE["ComfyUI-Impact-Pack"])
        try:
            with pytest.raises(ImageBuildError, match=r"Impact-Pack\) did not load"):
                commanded_here("deploy", "runtime_modal.py", RYLA_MODAL_APP="broken")
        finally:
            control_plane.state.builders.clear()
        assert not [app for app in control_plane.state.apps.values() if app.name == "broken" and app.deployed]

    def test_it_can_be_left_out(self, control_plane: LoopbackModal, runtime: AppRecord) -> None:
        control_plane.state.builders["check_image"] = lambda: pytest.fail("it was looked at")
        try:
            deployed_app(control_plane, here=True, RYLA_MODAL_CHECK_IMAGE="0")
        finally:
            control_plane.state.builders.clear()
