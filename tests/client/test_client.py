"""The typed client, sync and async, against a real server on loopback."""

from __future__ import annotations

import asyncio
import io
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ryla_graphs import CompiledWorkflow, Workflow
from ryla_graphs.client import (
    AsyncRylaClient,
    JobEvent,
    JobFailed,
    RequestFailed,
    RylaClient,
    ServerUnreachable,
    flows,
)
from ryla_graphs.engines import Inputs, Run
from ryla_graphs.engines.events import Event
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.nodes import EmptyImage, LoadImage, SaveImage
from ryla_graphs.presets.flux_dev import flux_dev
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.safety.tokens import Tokens
from tests.conftest import ROOT
from tests.engines.held import HeldSimulator
from tests.server.live import listening
from tests.server.test_loras import FLUX
from tools import generate_client

TOKEN = "a-token-of-the-client"
SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 3, "seed": 7}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    settings = Settings(tokens=Tokens.parse(f"me:{TOKEN}"), lora_folder=folder / "loras")
    with listening(create_app(Simulator(), SqliteStore(folder / "data"), settings)) as address:
        yield address


@pytest.fixture
def client(address: str) -> Iterator[RylaClient]:
    with RylaClient(address, TOKEN) as client:
        yield client


def picture(size: tuple[int, int] = (40, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "tan").save(buffer, "PNG")
    return buffer.getvalue()


def loading() -> Workflow:
    return Workflow(SaveImage(images=LoadImage(image="face.png").named("photo").out.image))


def test_a_graph_is_drawn_before_it_runs(client: RylaClient, address: str) -> None:
    drawn = client.preset_graph("flux-instantid", prompt="a knight")
    assert drawn["valid"] and {node["id"] for node in drawn["drawing"]["nodes"]} == drawn["prompt"].keys()
    graph = client.workflow_graph(loading())
    assert [link["input"] for link in graph["drawing"]["links"]] == ["images"]

    async def the_same() -> None:
        async with AsyncRylaClient(address, TOKEN) as other:
            assert (await other.workflow_graph(loading()))["drawing"] == graph["drawing"]
            assert (await other.preset_graph("flux-dev", prompt="x"))["plan"]

    asyncio.run(the_same())


def test_a_preset(client: RylaClient, tmp_path: Path) -> None:
    job = client.flux_dev(prompt="a red bicycle", **SMALL)
    assert (job.state, job.seed) == ("succeeded", 7)
    (path,) = job.save(tmp_path)
    with Image.open(path) as saved:
        assert saved.size == (64, 64)
    assert job.save(tmp_path) != [path]  # nothing is overwritten
    view = job.view
    assert view.outputs[0].simulated and view.preset == "flux-dev" and view.warnings == () and view.error is None
    assert view.started_at is not None and view.created_at <= view.started_at
    assert view.data["created_at"] == view.created_at.isoformat(timespec="milliseconds")


def test_a_picture_as_a_parameter_is_bytes_or_a_path(client: RylaClient, tmp_path: Path) -> None:
    path = tmp_path / "me.png"
    path.write_bytes(picture())
    for reference in (picture(), path):
        job = client.flux_instantid(prompt="a knight", reference_image=reference, **SMALL)
        assert job.state == "succeeded"


@pytest.mark.parametrize("form", ["workflow", "compiled", "json"])
def test_a_graph_of_any_form(form: str, client: RylaClient) -> None:
    workflow = loading()
    given: Any = {"workflow": workflow, "compiled": workflow.compile(), "json": dict(workflow.compile().prompt)}[form]
    job = client.run(given, {"face.png": picture((50, 20))})
    assert Image.open(io.BytesIO(job.outputs[0].read())).size == (50, 20)
    (photo,) = job.view.inputs
    assert client.carry_out(flows.content(photo.url)) == picture((50, 20))


def test_progress_is_an_iterator(client: RylaClient) -> None:
    job = client.submit("flux-dev", prompt="a red bicycle", **SMALL)
    events = list(job.events())
    assert events[-1].final and events[-1].status is not None and events[-1].status.state == "succeeded"
    assert [event.output.number for event in events if event.output is not None] == [0]
    numbers = [event.number for event in events if event.number]
    assert numbers == sorted(set(numbers))
    seen: list[str] = []
    client.job(job.id).result(lambda event: seen.append(event.kind))
    assert job.refresh().state == "succeeded"


def test_what_is_refused_is_reported_by_parameter(client: RylaClient) -> None:
    with pytest.raises(RequestFailed) as refused:
        client.flux_dev(prompt="x", steps=0)
    assert (refused.value.status, refused.value.code) == (422, "invalid_parameters")
    assert [problem.parameter for problem in refused.value.problems] == ["steps"]


def test_a_failed_job_names_its_node(client: RylaClient) -> None:
    broken = picture()[:60] + b"broken" + picture()[66:]
    with pytest.raises(JobFailed) as failed:
        client.run(loading(), {"face.png": broken})
    assert (failed.value.node, failed.value.code) == ("photo", "node_failed")
    error = client.job(failed.value.job).view.error
    assert error is not None and (error.code, error.node) == ("node_failed", "photo")


def test_the_same_key_gives_the_same_job(client: RylaClient) -> None:
    graph = Workflow(SaveImage(images=EmptyImage(width=64, height=64)))
    first = client.submit_workflow(graph, idempotency_key="once")
    assert client.submit_workflow(graph, idempotency_key="once").id == first.id


def test_a_picture_is_uploaded_once_for_several_jobs(client: RylaClient, tmp_path: Path) -> None:
    path = tmp_path / "me.png"
    path.write_bytes(picture())
    for given in (path, picture(), io.BytesIO(picture())):
        sent = client.upload(given)
        for _ in range(2):
            job = client.flux_img2img(prompt="a knight", base_image=sent, megapixels=0.1, steps=3)
            assert job.state == "succeeded"
    assert client.upload(picture(), "me.png") != sent  # each upload is an asset of its own
    assert client.run(loading(), {"face.png": sent}).state == "succeeded"
    with pytest.raises(FileNotFoundError):
        client.upload(tmp_path / "none.png")


def test_loras(client: RylaClient, tmp_path: Path) -> None:
    path = tmp_path / "me.safetensors"
    path.write_bytes(FLUX)
    lora = client.add_lora(path)
    assert "flux1" in lora.families and lora.created_at.tzinfo and lora.lora_name.endswith(".safetensors")
    assert [found.id for found in client.loras()] == [lora.id]
    assert client.flux_lora(prompt="a knight", lora_id=lora.id, **SMALL).state == "succeeded"
    client.delete_lora(lora.id)
    assert client.loras() == []


def test_without_the_token(address: str) -> None:
    with RylaClient(address) as stranger:
        with pytest.raises(RequestFailed) as refused:
            stranger.loras()
        assert refused.value.code == "unauthorized"
        assert stranger.ready()


def test_the_token_is_not_shown(client: RylaClient) -> None:
    assert TOKEN not in repr(client._address) and TOKEN not in repr(client._http.headers)


def test_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "PATIENCE", 2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with RylaClient(f"http://127.0.0.1:{port}") as client, pytest.raises(ServerUnreachable, match=str(port)):
        client.loras()


def test_a_full_queue_is_waited_for(tmp_path: Path) -> None:
    held = HeldSimulator()
    held.go.clear()
    app = create_app(held, SqliteStore(tmp_path), Settings(queue_limit=1))
    with listening(app) as address, RylaClient(address) as client:
        jobs = [client.submit("flux-dev", prompt="1", **SMALL)]
        while jobs[0].refresh().state == "queued":
            pass
        jobs.append(client.submit("flux-dev", prompt="2", **SMALL))
        threading.Timer(0.3, held.go.set).start()
        jobs.append(client.submit("flux-dev", prompt="3", **SMALL))
        assert [job.result().state for job in jobs] == ["succeeded"] * 3


class Showing(Simulator):
    """Waits behind each preview until it was seen: previews are not kept, and those just before an end may be lost."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[bool] = []
        self.seen = threading.Event()

    def start(  # type: ignore[override]
        self, workflow: CompiledWorkflow, inputs: Inputs | None = None, **options: Any
    ) -> Run:
        self.asked.append(options["previews"])
        return ShowingRun(super().start(workflow, inputs, **options), self.seen)


class ShowingRun:
    def __init__(self, inner: Run, seen: threading.Event) -> None:
        self.id, self.cancel = inner.id, inner.cancel
        self._inner, self._seen = inner, seen

    def events(self) -> Iterator[Event]:
        for event in self._inner.events():
            yield event
            if event.kind == "preview":
                self._seen.wait(60)


def test_previews_are_pictures_for_whoever_asks(tmp_path: Path) -> None:
    engine = Showing()
    pictures: list[bytes] = []

    def heard(event: JobEvent) -> None:
        if event.picture is not None:
            pictures.append(event.picture)
            engine.seen.set()

    def shown() -> bool:
        formats = {Image.open(io.BytesIO(each)).format for each in pictures}
        pictures.clear()
        engine.seen.clear()
        return formats == {"JPEG"}

    def graph(text: str) -> Workflow:
        return flux_dev.build(prompt=text, **SMALL)

    async def asynchronously(address: str) -> None:
        async with AsyncRylaClient(address) as client:
            await client.run(graph("e"), on_event=heard, previews=True)
            assert shown()

    with listening(create_app(engine, SqliteStore(tmp_path))) as address, RylaClient(address) as client:
        client.flux_dev(prompt="a", **SMALL, on_event=heard, previews=True)
        assert shown()
        client.run(graph("c"), on_event=heard, previews=True)
        assert shown()
        asyncio.run(asynchronously(address))
    assert engine.asked == [True] * 3


def test_previews_are_asked_for_by_a_header() -> None:
    asks = [next(flows.submit_preset("flux-dev", {}, previews=previews)) for previews in (True, False)]
    assert [ask.headers["Prefer"] for ask in asks if isinstance(ask, flows.Ask)] == [
        "respond-async, previews",
        "respond-async",
    ]


def test_a_cancelled_job(tmp_path: Path) -> None:
    held = HeldSimulator()
    held.go.clear()
    with listening(create_app(held, SqliteStore(tmp_path))) as address, RylaClient(address) as client:
        job = client.submit("flux-dev", prompt="x", **SMALL)
        job.cancel()
        with pytest.raises(JobFailed) as failed:
            job.result()
    assert failed.value.code == "cancelled"


def test_async(address: str, tmp_path: Path) -> None:
    async def journey() -> None:
        async with AsyncRylaClient(address, TOKEN) as client:
            jobs = await asyncio.gather(*(client.flux_dev(prompt=text, **SMALL) for text in ("a", "b", "c")))
            assert [job.state for job in jobs] == ["succeeded"] * 3
            assert Image.open(io.BytesIO(await jobs[0].outputs[0].read())).size == (64, 64)
            assert len(await jobs[0].save(tmp_path)) == 1
            job = await client.submit_workflow(loading(), {"face.png": picture()})
            events = [event async for event in job.events()]
            assert events[-1].final
            assert (await job.result()).state == "succeeded"
            with pytest.raises(RequestFailed):
                await client.flux_dev(prompt="x", steps=0)
            assert await client.ready() and await client.loras() == []
            sent = await client.upload(picture())
            assert (await client.run(loading(), {"face.png": sent})).state == "succeeded"

    asyncio.run(journey())


def test_the_calls_are_those_of_the_presets() -> None:
    written = (ROOT / "ryla_graphs" / "client" / "preset_calls.py").read_text(encoding="utf-8")
    assert written == generate_client.rendered(), "run `python -m tools.generate_client`"


def test_address_and_token_from_the_environment(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RYLA_URL", f" {address} ")
    monkeypatch.setenv("RYLA_TOKEN", TOKEN)
    with RylaClient.from_env() as client:
        assert client.ready() and client.loras() == []
    for wrong in ("localhost:8100", "http://[half"):
        monkeypatch.setenv("RYLA_URL", wrong)
        with pytest.raises(InvalidSettings, match=re.escape(f"RYLA_URL is '{wrong}'")):
            RylaClient.from_env()
    monkeypatch.delenv("RYLA_URL")
    assert "8100" in repr(RylaClient.from_env()._address)
