"""A deployment on Modal from the outside: the web side over the deployed worker class, whose calls run here."""

from __future__ import annotations

import asyncio
import io
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import comfy_sdk
import modal
import pytest
from comfy_sdk import Comfy
from PIL import Image

from ryla_graphs import presets
from ryla_graphs.lockfile import Lock, catalog_of
from ryla_graphs.modal_deploy import mounted
from ryla_graphs.modal_deploy.machine import run_job
from ryla_graphs.modal_deploy.money import Clock
from ryla_graphs.modal_deploy.mounted import WeightsFolder
from ryla_graphs.modal_deploy.output_queue import PendingOutputs
from ryla_graphs.modal_deploy.reported import Reported
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.modal_deploy.upkeep import drain, remove_raw_outputs
from ryla_graphs.modal_deploy.waking import QUIET_SECONDS, settled, wake
from ryla_graphs.modal_deploy.web import Pace, Parts, build_app
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.server.jobs import service
from ryla_graphs.weights import needed
from tests.conftest import ROOT
from tests.engines.held import HeldSimulator
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.loopback.state import AppRecord, Call
from tests.modal_app.on_loopback import WORKERS
from tests.server.clients import TestClient
from tests.server.live import listening, until
from tests.server.test_loras import FLUX

TOKEN = "a-token-that-is-long-enough"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
LOCK = Lock.read(ROOT / "ryla.lock")
PACE = Pace(silence=0.5, grace=0.1, beat=0.5, lease=600.0)  # no owner counts as lost because it is slow


class OnGpu:
    """Plays the GPU containers: calls of the deployed class run here, on the simulator."""

    def __init__(
        self, plane: LoopbackModal, settings: ModalSettings, parts: Parts, folder: Path, *, waking: bool = False
    ) -> None:
        self.plane = plane
        self.worker = modal.Cls.from_name(settings.app, "Comfy")
        self.settings = settings
        self.parts = parts
        self.simulator = HeldSimulator()
        self.simulator.slots = 4
        self.calls: list[Call] = []
        mounts = {"models": (folder / "models", parts.models), "loras": (folder / "loras", parts.loras)}
        self.weights = WeightsFolder(mounts, late=folder / "late")
        self.folder = folder
        self.clock = Clock()
        self.pace = PACE
        self.pending = PendingOutputs()
        self.done: Callable[[], None] = lambda: None
        if waking:
            self.done = partial(wake, modal.Function.from_name(settings.app, "settle"), parts.records)
        self.settling: Callable[[], Any] = self.app
        self.quiet = QUIET_SECONDS
        WORKERS.work = self

    async def __call__(self, call: Call) -> Any:
        self.calls.append(call)
        if call.method == "warm":
            return call.gpu
        if call.function.name == "settle":
            return await asyncio.to_thread(self._settle)
        parts = self.parts
        (job,) = call.args
        return await run_job(
            self.simulator,
            job,
            clock=self.clock,
            prepare=self.weights.bring,
            events=parts.events,
            runs=parts.runs,
            outputs=parts.outputs,
            gpu=call.gpu,
            pending=self.pending,
            done=self.done,
        )

    def _settle(self) -> None:
        with self.settling() as app:
            asyncio.run(settled(app, self.parts.records, quiet=self.quiet))

    def hold(self, *names: str) -> None:
        """Have the weights of presets, on the volume and in the containers."""
        for name in names:
            preset = presets.get(name)
            for need in needed(preset.build(preset.example).compile().view):
                path = f"{need.folder}/{need.name}"
                if need.folder == "loras":
                    continue
                with self.parts.models.batch_upload(force=True) as batch:
                    batch.put_file(io.BytesIO(b"weights"), path)
                (self.folder / "models" / path).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / "models" / path).touch()

    @contextmanager
    def app(self, reported: Reported | None = None, **environment: str) -> Iterator[Any]:
        """The app of the web container."""
        variables = {"RYLA_TOKENS": f"me:{TOKEN}", **environment}
        catalog = catalog_of(LOCK)
        yield build_app(
            self.settings,
            self.parts,
            self.worker,
            variables,
            catalog=lambda: catalog,
            reported=reported,
            pace=self.pace,
        )

    @contextmanager
    def client(self, reported: Reported | None = None, **environment: str) -> Iterator[TestClient]:
        with self.app(reported, **environment) as app, TestClient(app, headers=BEARER) as client:
            yield client


@pytest.fixture
def gpu(control_plane: LoopbackModal, own_runtime: AppRecord, tmp_path: Path) -> Iterator[OnGpu]:
    settings = ModalSettings(app=own_runtime.name)
    one = OnGpu(control_plane, settings, Parts.of(settings), tmp_path, waking=True)
    yield one
    one.simulator.go.set()
    one.pending.wait(60)
    until(lambda: all(call.ended.is_set() for call in one.calls if call.function.name == "settle"))


def files_on(volume: modal.Volume) -> list[Any]:
    """The files of a volume; its folders stay when their files go."""
    return [entry for entry in volume.listdir("/", recursive=True) if entry.type.name == "FILE"]


def small(**more: Any) -> dict[str, Any]:
    return {"prompt": "a red bicycle", "width": 64, "height": 64, "steps": 2, "seed": 7, **more}


def begun(client: TestClient, headers: Mapping[str, str] = MappingProxyType({"Prefer": "respond-async"})) -> str:
    """Where a job is that a worker works on."""
    where = client.post("/flux-dev", json=small(), headers=headers).headers["location"]
    until(lambda: client.get(where).json()["progress"] is not None)
    return str(where)


def test_the_first_image(gpu: OnGpu) -> None:
    gpu.hold("flux-dev")
    with gpu.client() as client:
        answer = client.post("/flux-dev", json=small())
        assert answer.status_code == 200, answer.text
        assert Image.open(io.BytesIO(answer.content)).size == (64, 64)
        assert answer.headers["x-seed"] == "7" and float(answer.headers["x-cost-usd"]) >= 0
        job = client.get(f"/jobs/{answer.headers['x-job-id']}").json()
    metrics = job["metrics"]
    assert metrics["gpu"] == "L40S" and {"queue_ms", "cold_ms", "load_ms", "execution_ms"} <= metrics.keys()


def test_progress_and_the_end_over_sse(gpu: OnGpu) -> None:
    gpu.hold("flux-dev")
    with gpu.client() as client:
        where = client.post("/flux-dev", json=small(), headers={"Prefer": "respond-async"}).headers["location"]
        frames = client.get(f"{where}/events").text
    assert "event: progress" in frames and "event: output" in frames
    assert '"state":"succeeded"' in frames.rpartition("event: ")[2]


def test_a_stream_that_is_cut_goes_on_where_it_ended(gpu: OnGpu) -> None:
    gpu.hold("flux-dev")
    gpu.simulator.go.clear()
    seen: list[str] = []
    reading = 0
    with gpu.client(RYLA_STREAM_SECONDS="0.2") as client:
        where = client.post("/flux-dev", json=small(), headers={"Prefer": "respond-async"}).headers["location"]
        for reading in range(100):
            after = {"Last-Event-ID": seen[-1]} if seen else {}
            frames = client.get(f"{where}/events", headers=after).text
            seen += re.findall(r"^id: (\d+)$", frames, re.MULTILINE)
            if reading == 1:
                gpu.simulator.go.set()
            if '"state":"succeeded"' in frames:
                break
        everything = client.get(f"{where}/events").text
    assert reading > 1 and seen == sorted(set(seen), key=int)
    # A reader who is late gets the newest progress only, which is a full snapshot; nothing else is left out.
    lasting = re.findall(r"^id: (\d+)\nevent: (?!progress)", everything, re.MULTILINE)
    assert len(lasting) > 2 and set(lasting) <= set(seen)


def test_a_cancel_reaches_the_worker(gpu: OnGpu) -> None:
    gpu.hold("flux-dev")
    gpu.simulator.go.clear()
    with gpu.client() as client:
        where = begun(client)
        client.delete(where)
        until(lambda: client.get(where).json()["state"] != "running")
        assert client.get(where).json()["state"] == "cancelled"


def test_a_lost_container_is_run_once_more(gpu: OnGpu) -> None:
    gpu.hold("flux-dev")
    gpu.simulator.go.clear()
    with gpu.client() as client:
        where = begun(client)
        gpu.plane.call(gpu.plane.servicer.lose, gpu.calls[0].id)
        until(lambda: len(gpu.calls) == 2)
        gpu.simulator.go.set()
        client.get(f"{where}/events")
        job = client.get(where).json()
    assert job["state"] == "succeeded" and job["attempt"] == 2 and len(job["outputs"]) == 1


def test_a_refused_reload_moves_the_job_to_another_container(gpu: OnGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights came while the first container was warm, and Modal does not let it look at the volume again."""
    monkeypatch.setattr(mounted, "RELOAD_PAUSES", (0.0,))
    gpu.hold("flux-dev")
    files = [path for path in (gpu.folder / "models").rglob("*") if path.is_file()]
    for path in files:
        path.unlink()
    gpu.plane.state.busy[gpu.parts.models.object_id] = True
    bring = gpu.weights.bring

    def tried(prompt: Mapping[str, Any]) -> None:
        try:
            bring(prompt)
        finally:
            for path in files:  # the next container begins with them
                path.touch()

    monkeypatch.setattr(gpu.weights, "bring", tried)
    with gpu.client() as client:
        answer = client.post("/flux-dev", json=small())
        assert answer.status_code == 200, answer.text
        job = client.get(f"/jobs/{answer.headers['x-job-id']}").json()
    assert gpu.weights.stale and job["attempt"] == 2
    assert [call.method for call in gpu.calls if call.method] == ["run", "run"]


@pytest.mark.parametrize(
    ("preset", "wishes", "expected"),
    [
        ("flux-dev", {}, "L40S"),
        ("flux-dev", {"gpu": "H100"}, "H100"),
        ("flux-dev", {"gpu": "A100-80GB", "maxCostUsd": 0.5}, "A100-80GB"),
    ],
)
def test_the_gpu_of_a_job(gpu: OnGpu, preset: str, wishes: dict[str, Any], expected: str) -> None:
    gpu.hold(preset)
    with gpu.client() as client:
        answer = client.post(f"/{preset}", json=small(**wishes))
        assert answer.status_code == 200, answer.text
    (call,) = gpu.calls
    assert call.gpu == expected


@pytest.mark.parametrize(
    ("wishes", "code"),
    [({"gpu": "RTX 5090"}, "no_such_gpu"), ({"gpu": ""}, "no_such_gpu"), ({"maxCostUsd": 1e-6}, "too_expensive")],
)
def test_a_wish_that_cannot_be_met_costs_nothing(gpu: OnGpu, wishes: dict[str, Any], code: str) -> None:
    gpu.hold("flux-dev")
    with gpu.client() as client:
        answer = client.post("/flux-dev", json=small(**wishes))
    assert answer.status_code == 422 and answer.json()["error"]["problems"][0]["code"] == code
    assert not gpu.calls


def test_missing_weights_are_reported_before_a_gpu_starts(gpu: OnGpu) -> None:
    with gpu.client() as client:
        answer = client.post("/flux-dev", json=small())
        problems = answer.json()["error"]["problems"]
        assert answer.status_code == 422 and {row["code"] for row in problems} == {"weights_missing"}
        assert problems[0]["hint"] == "modal run runtime_modal.py::pull --preset flux-dev"
        gpu.hold("flux-dev")  # as the pull does; no redeployment, no waiting
        assert client.post("/flux-dev", json=small()).status_code == 200


def test_a_class_outside_the_lock_names_its_pack(gpu: OnGpu) -> None:
    graph = presets.get("seedvr2-upscale").build(presets.get("seedvr2-upscale").example).compile().prompt
    graph = json.loads(json.dumps(dict(graph)))
    graph["x"] = {"class_type": "UnetLoaderGGUF", "inputs": {"unet_name": "flux1-dev-Q4_0.gguf"}}
    with gpu.client() as client:
        answer = client.post("/workflow", json=graph)
    problem = next(row for row in answer.json()["error"]["problems"] if row.get("class_type") == "UnetLoaderGGUF")
    assert answer.status_code == 422 and "city96/ComfyUI-GGUF" in problem["hint"] + problem["message"]
    assert not gpu.calls


def test_a_lora_is_usable_in_the_next_job(gpu: OnGpu) -> None:
    gpu.hold("flux-lora")
    with gpu.client() as client:
        added = client.post("/loras", files={"file": ("me.safetensors", FLUX)})
        assert added.status_code == 201, added.text
        answer = client.post("/flux-lora", json=small(loraId=added.json()["id"]))
        assert answer.status_code == 200, answer.text
        assert list((gpu.folder / "late" / "ryla").iterdir())  # the warm container had not seen it
        client.delete(f"/loras/{added.json()['id']}")
    assert files_on(gpu.parts.loras) == []


def test_warming(gpu: OnGpu) -> None:
    with gpu.client() as client:
        assert client.post("/warm").json() == {"warming": "L40S"}
        assert client.post("/warm", json={"gpu": "H100"}).json() == {"warming": "H100"}
        assert client.post("/warm", json={"gpu": "GTX"}).status_code == 422
        assert client.post("/warm", headers={"Authorization": ""}).status_code == 401
        until(lambda: len(gpu.calls) == 2)
    assert sorted((call.method, call.gpu) for call in gpu.calls) == [("warm", "H100"), ("warm", "L40S")]


def test_a_web_container_takes_up_what_another_left(gpu: OnGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "STOP_SECONDS", 0.2)
    gpu.hold("flux-dev")
    gpu.simulator.go.clear()
    key = {"Prefer": "respond-async", "Idempotency-Key": "k"}
    with gpu.client() as client:
        where = begun(client, key)
    gpu.simulator.go.set()
    with gpu.client() as client:
        client.get(f"{where}/events")
        job = client.get(where).json()
        assert job["state"] == "succeeded" and job["attempt"] == 1
        assert client.post("/flux-dev", json=small(), headers=key).headers["location"] == where
    assert len([call for call in gpu.calls if call.method == "run"]) == 1


def test_no_visitor_gets_in_without_a_token(gpu: OnGpu) -> None:
    with gpu.app() as app, TestClient(app) as client:
        assert client.post("/flux-dev", json=small()).status_code == 401
    with pytest.raises(InvalidSettings, match="RYLA_TOKENS"):
        build_app(gpu.settings, gpu.parts, gpu.worker, {})


def test_product_events_reach_a_file(gpu: OnGpu) -> None:
    gpu.hold("flux-dev")
    with gpu.client() as client:
        assert client.post("/flux-dev", json=small()).status_code == 200
    assert drain(gpu.parts.analytics, gpu.parts.analytics_files) > 0
    (entry,) = files_on(gpu.parts.analytics_files)
    rows = [json.loads(line) for line in b"".join(gpu.parts.analytics_files.read_file(entry.path)).splitlines()]
    names = [row["event"] for row in rows]
    assert {"modal_app_deployed", "modal_flux_dev_generation_requested", "modal_flux_dev_generation_completed"} <= {
        *names
    }
    loaded = [row["properties"] for row in rows if row["event"] == "modal_model_loaded"]
    assert "flux1-dev.safetensors" in json.dumps(loaded)
    assert entry.path.startswith(datetime.now(UTC).strftime("%Y/"))
    assert drain(gpu.parts.analytics, gpu.parts.analytics_files) == 0


def test_raw_outputs_do_not_stay(gpu: OnGpu) -> None:
    gpu.hold("flux-dev")
    with gpu.client() as client:
        where = client.post("/flux-dev", json=small()).headers["content-location"]
        assert remove_raw_outputs(gpu.parts.outputs, time.time()) == 1
        assert client.get(where).status_code == 200


def test_the_official_client(gpu: OnGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu.hold("flux-dev")
    graph = dict(presets.get("flux-dev").build(small()).compile().prompt)
    with gpu.app() as app, listening(app) as address:
        monkeypatch.setenv("COMFY_BASE_URL", address)
        monkeypatch.setenv("COMFY_API_KEY", TOKEN)
        with Comfy() as client:
            job = client.submit(client.workflows.from_json(graph))
            kinds = {type(event).__name__ for event in job.events()}
            result = job.result()
            assert result.outputs[0].to_bytes().startswith(b"\x89PNG") and "OutputReady" in kinds
            with pytest.raises(comfy_sdk.ComfyError):
                client.run(client.workflows.from_json({"1": {"class_type": "Nothing", "inputs": {}}}))
