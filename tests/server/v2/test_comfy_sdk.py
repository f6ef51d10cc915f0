"""The official client, unchanged, on its documented journeys: sync and async."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import comfy_sdk
import httpx2
import pytest
from comfy_sdk import AsyncComfy, Comfy
from comfy_sdk.events import OutputReady, Preview, Progress, StatusChange
from PIL import Image

from ryla_graphs import Workflow, presets
from ryla_graphs.engines import Engine
from ryla_graphs.nodes import EmptyImage, LoadImage, SaveImage
from ryla_graphs.server import Settings, Store, create_app
from ryla_graphs.server.safety.tokens import Tokens
from tests.engines.held import HeldSimulator
from tests.server.conftest import DEPLOYMENTS
from tests.server.live import listening

TOKEN = "a-token-for-the-sdk"


@pytest.fixture
def address(deployment: tuple[Engine, Store], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with listening(create_app(*deployment, Settings())) as address:
        monkeypatch.setenv("COMFY_BASE_URL", address)
        yield address


@pytest.fixture
def client(address: str) -> Iterator[Comfy]:
    with Comfy() as client:
        yield client


def flux(steps: int = 3, **parameters: Any) -> dict[str, Any]:
    given = {"prompt": "a red bicycle", "width": 64, "height": 64, "seed": 7, "steps": steps}
    return dict(presets.get("flux-dev").build(given | parameters).compile().prompt)


def loading(photo: Any) -> dict[str, Any]:
    graph = dict(Workflow(SaveImage(images=LoadImage(image="x.png").named("photo").out.image)).compile().prompt)
    graph["photo"] = {**graph["photo"], "inputs": {"image": photo}}
    return graph


def picture(colour: str = "tan", size: tuple[int, int] = (40, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_run_and_download(client: Comfy, tmp_path: Path) -> None:
    job = client.run(client.workflows.from_json(flux()))
    assert job.status == "succeeded"
    (output,) = job.outputs
    assert output.name == "flux_dev_00001_.png"
    assert Image.open(io.BytesIO(output.to_bytes())).size == (64, 64)
    output.to_file(tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes() == output.to_bytes()
    assert [each.id for each in job.get_outputs("save")] == [output.id]


def test_events_with_progress_previews_and_outputs(client: Comfy) -> None:
    job = client.submit(client.workflows.from_json(flux(steps=40)))
    events = list(job.events())
    last = events[-1]
    assert isinstance(last, StatusChange) and last.status == "succeeded"
    kinds = {type(event) for event in events}
    assert StatusChange in kinds
    assert kinds <= {StatusChange, Progress, Preview, OutputReady}
    assert job.result().outputs


def test_a_job_that_has_ended_tells_its_end(client: Comfy) -> None:
    job = client.run(client.workflows.from_json(flux()))
    events = list(client.jobs.get(job.id).events())
    assert isinstance(events[-1], StatusChange) and events[-1].status == "succeeded"


def test_an_asset_goes_into_a_graph_and_is_not_uploaded_twice(client: Comfy) -> None:
    first = client.assets.from_bytes(picture(), filename="face.png")
    job = client.run(client.workflows.from_json(loading(first)))
    assert Image.open(io.BytesIO(job.outputs[0].to_bytes())).size == (40, 30)
    assert first.created_new is True
    again = client.assets.from_bytes(picture(), filename="face.png")
    again.commit()
    assert again.created_new is False
    got = client.assets.get(first.id or "")
    assert got.hash == first.hash and got.file_path == "face.png"
    client.assets.delete(first.id or "")
    with pytest.raises(comfy_sdk.NotFound):
        client.assets.get(first.id or "")


def test_a_job_is_found_by_its_id(client: Comfy) -> None:
    job = client.run(client.workflows.from_json(flux()))
    again = client.jobs.get(job.id)
    assert (again.status, [output.name for output in again.outputs]) == ("succeeded", ["flux_dev_00001_.png"])
    workflow = again.get_workflow()
    assert workflow.format == "api" and workflow.graph["sampler"]["class_type"] == "KSampler"


def test_a_failed_job_names_its_node(client: Comfy) -> None:
    # The sandwich of a real PNG header and broken data passes the door and fails in the engine.
    broken = picture()[:60] + b"broken" + picture()[66:]
    job = client.submit(client.workflows.from_json(loading(client.assets.from_bytes(broken, filename="x.png"))))
    with pytest.raises(comfy_sdk.JobFailed) as failed:
        job.result()
    error = failed.value.error
    assert error is not None
    assert (error.node_id, error.class_type, error.code) == ("photo", "LoadImage", "node_execution_error")


def test_a_bad_graph_is_refused_with_its_node(client: Comfy) -> None:
    graph = flux()
    graph["sampler"] = {**graph["sampler"], "inputs": {**graph["sampler"]["inputs"], "cfg": 200}}
    with pytest.raises(comfy_sdk.ComfyError) as refused:
        client.submit(client.workflows.from_json(graph))
    assert (refused.value.code, refused.value.http_status) == ("invalid_workflow", 422)
    assert "sampler" in refused.value.message and "cfg" in refused.value.message
    assert refused.value.details is not None and refused.value.details["node_errors"]["sampler"][0]["field"] == "cfg"


def test_an_asset_without_an_owner_is_missing(client: Comfy) -> None:
    reference = {"__type": "core/ASSET", "info": {"id": "9f8a1c0d-2b3e-4f56-8a7b-1c2d3e4f5a6b"}}
    with pytest.raises(comfy_sdk.ComfyError) as refused:
        client.submit(client.workflows.from_json(loading(reference)))
    assert refused.value.code == "missing_asset"


def test_a_key_is_good_once(client: Comfy) -> None:
    workflow = client.workflows.from_json(flux())
    client.submit(workflow, idempotency_key="one")
    with pytest.raises(comfy_sdk.IdempotencyKeyReuse):
        client.submit(workflow, idempotency_key="one")
    with pytest.raises(comfy_sdk.IdempotencyKeyReuse):
        client.submit(client.workflows.from_json(flux(seed=8)), idempotency_key="one")


def test_a_key_is_free_again_where_no_job_came_of_it(client: Comfy) -> None:
    graph = flux()
    bad = {**graph, "sampler": {**graph["sampler"], "class_type": "NoSuchSampler"}}
    with pytest.raises(comfy_sdk.ComfyError):
        client.submit(client.workflows.from_json(bad), idempotency_key="two")
    client.submit(client.workflows.from_json(graph), idempotency_key="two").result()


def test_cancelling_what_has_ended_changes_nothing(client: Comfy) -> None:
    job = client.run(client.workflows.from_json(flux()))
    assert job.cancel().status == "succeeded"


@pytest.fixture(params=DEPLOYMENTS)
def held(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldSimulator]:
    """A deployment with room for one job that runs and one that waits, whose runs stop at their first node."""
    simulator = HeldSimulator()
    simulator.go.clear()
    engine, store = DEPLOYMENTS[request.param](tmp_path, request, simulator)
    with listening(create_app(engine, store, Settings(queue_limit=1))) as address:
        monkeypatch.setenv("COMFY_BASE_URL", address)
        yield simulator
        simulator.go.set()


def running(client: Comfy) -> Any:
    """A job that the engine works on."""
    job = client.submit(client.workflows.from_json(flux()))
    while job.refresh().status == "queued":
        time.sleep(0.02)
    return job


def test_cancelling_what_runs_and_what_waits(held: HeldSimulator) -> None:
    with Comfy() as client:
        first = running(client)
        second = client.submit(client.workflows.from_json(flux()))
        assert second.refresh().status == "queued"
        assert second.cancel().status == "canceled"
        assert first.status == "running"
        assert first.cancel().status in ("canceling", "canceled")
        with pytest.raises(comfy_sdk.JobFailed):
            first.result()
        assert first.status == "canceled"


def test_the_client_backs_off_from_a_full_queue(held: HeldSimulator) -> None:
    with Comfy() as client:
        jobs = [running(client), client.submit(client.workflows.from_json(flux()))]
        started = time.monotonic()
        threading.Timer(0.3, held.go.set).start()
        jobs.append(client.submit(client.workflows.from_json(flux())))
        assert time.monotonic() - started >= 0.3  # it was refused, and came again
        assert [job.result().status for job in jobs] == ["succeeded"] * 3


def test_part_of_an_output(client: Comfy, address: str) -> None:
    output = client.run(client.workflows.from_json(flux())).outputs[0]
    whole = output.to_bytes()
    answer = httpx2.get(f"{address}/api/v2/assets/{output.id}/content", headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, whole[10:20])
    assert answer.headers["content-range"] == f"bytes 10-19/{len(whole)}"


def test_jobs_are_listed_by_their_labels(client: Comfy) -> None:
    workflow = client.workflows.from_json(flux())
    jobs = [client.submit(workflow, metadata={"campaign": name}) for name in ("spring", "autumn", "spring")]
    assert jobs[0].metadata == {"campaign": "spring"}
    assert [found.id for found in client.list_jobs(metadata={"campaign": "spring"})] == [jobs[2].id, jobs[0].id]
    assert [found.id for found in client.list_jobs(limit=1)] == [job.id for job in reversed(jobs)]


def test_async(address: str, tmp_path: Path) -> None:
    async def journey() -> None:
        async with AsyncComfy() as client:
            photo = client.assets.from_bytes(picture("blue"), filename="face.png")
            job = await client.submit(client.workflows.from_json(loading(photo)))
            events = [event async for event in job.events()]
            assert isinstance(events[-1], StatusChange) and events[-1].status == "succeeded"
            await job.result()
            content = await job.outputs[0].to_bytes()
            assert Image.open(io.BytesIO(content)).size == (40, 30)
            assert (await job.cancel()).status == "succeeded"

    asyncio.run(journey())


def test_with_a_token(deployment: tuple[Engine, Store], monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tokens=Tokens.parse(f"me:{TOKEN},other:another-token-for-tests"))
    with listening(create_app(*deployment, settings)) as address:
        monkeypatch.setenv("COMFY_BASE_URL", address)
        with Comfy() as stranger, pytest.raises(comfy_sdk.Unauthorized):
            stranger.submit(stranger.workflows.from_json(flux()))
        with (
            Comfy(api_key=TOKEN) as mine,
            Comfy(api_key="another-token-for-tests") as other,
        ):
            job = mine.run(mine.workflows.from_json(flux()))
            with pytest.raises(comfy_sdk.NotFound):
                other.jobs.get(job.id)
            with pytest.raises(comfy_sdk.NotFound):
                other.assets.get(job.outputs[0].id)
            photo = mine.assets.from_bytes(picture(), filename="face.png")
            photo.commit()
            theirs = other.assets.from_bytes(picture(), filename="face.png")
            theirs.commit()
            assert theirs.id != photo.id  # the same bytes, but the hash alone opened nothing


def test_editor_files_are_kept_apart(address: str) -> None:
    editor = {"nodes": [], "links": [], "last_node_id": 0, "version": 0.4}
    answer = httpx2.post(f"{address}/api/v2/jobs", json={"workflow": editor})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "workflow_format_ui")


@pytest.mark.parametrize("reserved", ["webhook_url", "inputs", "anything"])
def test_what_the_contract_reserves_is_refused(reserved: str, address: str) -> None:
    answer = httpx2.post(f"{address}/api/v2/jobs", json={"workflow": flux(), reserved: "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert reserved in answer.json()["error"]["message"]


def test_an_image_node_alone(client: Comfy) -> None:
    graph = dict(Workflow(SaveImage(images=EmptyImage(width=64, height=32))).compile().prompt)
    assert Image.open(io.BytesIO(client.run(client.workflows.from_json(graph)).outputs[0].to_bytes())).size == (64, 32)
