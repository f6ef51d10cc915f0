"""Webhooks: signed, repeated, and never in the way of a job."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ryla_graphs.answers.words import JobState
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.server import Settings, create_app
from ryla_graphs.server.records import WEBHOOK_URL, Job, JobEvent, JobRequest
from ryla_graphs.server.safety.fetch import Answer, Fetcher, FetchPolicy
from ryla_graphs.server.sinks.webhooks import Signer, Webhooks
from tests.server.clients import TestClient
from tests.server.https import Site, https_site
from tests.server.kept import kept

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
FLUX = {"prompt": "a red bicycle", "width": 64, "height": 64, "seed": 7, "steps": 2}


def _broken() -> dict[str, Any]:
    """A request whose job fails."""
    graph = {"1": {"class_type": "LoadImage", "inputs": {"image": "x.png"}}}
    graph["2"] = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "tan").save(buffer, "PNG")
    broken = base64.b64encode(buffer.getvalue()[:60] + b"broken" + buffer.getvalue()[66:]).decode()
    return {"workflow": graph, "inputs": {"x.png": broken}}


BROKEN = _broken()

pytestmark = pytest.mark.usefixtures("stores")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with https_site(tmp_path) as site:
        yield site


@pytest.fixture
def client(site: Site, tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(webhook_secret=SECRET)  # type: ignore[arg-type]  # pydantic makes a SecretStr of it
    app = create_app(Simulator(), kept(tmp_path / "data"), settings)
    hooks: Webhooks = app.state.deployment.webhooks
    hooks._fetcher, hooks._pauses = site.fetcher(), (0.05, 0.05)
    with TestClient(app) as client:
        yield client


def post(client: TestClient, site: Site, **more: Any) -> Any:
    return client.post("/flux-dev", json={**FLUX, "webhookUrl": site.url(), **more})


def test_the_end_of_a_job_is_posted_and_signed(client: TestClient, site: Site) -> None:
    answer = post(client, site)
    assert answer.status_code == 200
    (hook,) = site.wait(1)
    assert hook.json["type"] == "job.succeeded"
    assert hook.json["data"]["id"] == answer.headers["x-job-id"]
    assert len(hook.json["data"]["outputs"]) == 1
    signed = f"{hook.headers['webhook-id']}.{hook.headers['webhook-timestamp']}.".encode() + hook.body
    expected = base64.b64encode(hmac.digest(bytes(range(32)), signed, hashlib.sha256)).decode()
    assert hook.headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(hook.headers["webhook-timestamp"]) - time.time()) < 60


def test_a_graph_may_have_one_too(client: TestClient, site: Site) -> None:
    graph = {"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}}}
    graph["2"] = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}
    assert client.post("/workflow", json={"workflow": graph, "webhook_url": site.url("a")}).status_code == 200
    assert client.post("/workflow", json={**graph, "webhook_url": site.url("b")}).status_code == 200
    hooks = site.wait(2)
    assert {hook.path for hook in hooks} == {"/a", "/b"}


def test_a_failure_is_posted(client: TestClient, site: Site) -> None:
    assert client.post("/workflow", json={**BROKEN, "webhook_url": site.url()}).status_code == 500
    (hook,) = site.wait(1)
    assert (hook.json["type"], hook.json["data"]["error"]["node"]) == ("job.failed", "1")


def test_a_hook_that_fails_is_tried_again_with_the_same_id(client: TestClient, site: Site) -> None:
    site.statuses = [500, 503]
    assert post(client, site).status_code == 200
    hooks = site.wait(3)
    assert len({hook.headers["webhook-id"] for hook in hooks}) == 1
    assert len({hook.body for hook in hooks}) == 1


def test_a_hook_that_never_works_is_given_up(client: TestClient, site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.statuses = [500] * 10
    assert post(client, site).status_code == 200
    site.wait(3)
    deadline = time.monotonic() + 60
    while "given up: answered 500" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "given up: answered 500" in caplog.text and len(site.received) == 3


def test_a_hook_that_is_gone_is_left_alone(client: TestClient, site: Site) -> None:
    site.statuses = [410]
    post(client, site)
    site.wait(1)
    time.sleep(0.2)
    assert len(site.received) == 1


def test_what_was_not_delivered_is_after_a_restart(site: Site, tmp_path: Path) -> None:
    settings = Settings(webhook_secret=SECRET)  # type: ignore[arg-type]

    def served(pauses: tuple[float, ...]) -> TestClient:
        app = create_app(Simulator(), kept(tmp_path / "data"), settings)
        hooks: Webhooks = app.state.deployment.webhooks
        hooks._fetcher, hooks._pauses = site.fetcher(), pauses
        return TestClient(app)

    site.statuses = [500]
    with served((3600.0,)) as client:
        assert post(client, site).status_code == 200
        site.wait(1)
    with served((0.01,)) as client:
        site.wait(1)
        failed, reported = site.received
        assert reported.body == failed.body and reported.headers["webhook-id"] == failed.headers["webhook-id"]
    with served((0.01,)) as client:
        assert post(client, site).status_code == 200
        site.wait(1)
        assert len(site.received) == 3  # the one before was not sent again


def test_a_server_killed_right_after_a_jobs_end_delivers_it_later(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(webhook_secret=SECRET)  # type: ignore[arg-type]

    def served() -> TestClient:
        app = create_app(Simulator(), kept(tmp_path / "data"), settings)
        app.state.deployment.webhooks._fetcher = site.fetcher()
        return TestClient(app)

    with monkeypatch.context() as killed, served() as client:
        killed.setattr(Webhooks, "on_event", lambda *_: None)  # nothing happens after the transaction
        job_id = post(client, site).headers["x-job-id"]
        failed = client.post("/workflow", json={**BROKEN, "webhook_url": site.url()}).headers["x-job-id"]
    with served() as client:
        hooks = site.wait(2)
        whole = {hook.json["data"]["id"]: hook.json for hook in hooks}
        assert (whole[job_id]["type"], whole[failed]["type"]) == ("job.succeeded", "job.failed")
        assert whole[job_id]["data"] == client.get(f"/jobs/{job_id}").json()
    with served() as client:
        assert post(client, site).status_code == 200
        site.wait(1)
        assert len(site.received) == 3  # none of them again


def test_a_receiver_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    stuck, reported = threading.Event(), queue.Queue[str]()

    class Hanging(Fetcher):
        def post(self, url: str, *args: Any, **kwargs: Any) -> Answer:
            if "hangs" in url:
                assert stuck.wait(120)
            reported.put(url)
            return Answer(200, b"")

    store = kept(tmp_path)
    hooks = Webhooks(Hanging(FetchPolicy(hosts=("*",))), Signer(SECRET), lambda _: {}, store)
    event = JobEvent(1, 0.0, "status", {})

    def ended(number: int, owner: str, address: str) -> None:
        request = JobRequest(prompt={}, extra={WEBHOOK_URL: address})
        identifier = f"{number:08d}-0000-4000-8000-000000000000"
        job = Job(id=identifier, owner=owner, request=request, created_at=0, state=JobState.SUCCEEDED, ended_at=1)
        store.add_job(job, [])
        hooks.on_event(job, event)

    for number in range(40):
        ended(number, "anne", "https://hangs.example/")
    ended(99, "bob", "https://works.example/")
    assert reported.get(timeout=120) == "https://works.example/"
    stuck.set()
    assert {reported.get(timeout=120) for _ in range(40)} == {"https://hangs.example/"}
    hooks.close()
    store.close()


@pytest.mark.parametrize(
    "address", ["http://hooks.example/x", "https://127.0.0.1/x", "https://elsewhere.example/x", "no address"]
)
def test_an_address_that_may_not_be_posted_to_is_refused_at_once(address: str, client: TestClient) -> None:
    answer = client.post("/flux-dev", json={**FLUX, "webhookUrl": address})
    assert answer.status_code == 422
    assert [problem["code"] for problem in answer.json()["error"]["problems"]] == ["webhook_refused"]


def test_without_a_secret_there_are_no_webhooks(tmp_path: Path) -> None:
    with TestClient(create_app(Simulator(), kept(tmp_path))) as client:
        answer = client.post("/flux-dev", json={**FLUX, "webhook_url": "https://hooks.example/x"})
    assert answer.status_code == 422 and "sends no webhooks" in answer.text


@pytest.mark.parametrize("secret", ["", "short", "whsec_!!!", base64.b64encode(bytes(8)).decode()])
def test_a_bad_secret_is_reported_and_not_repeated(secret: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        Signer(secret)
    assert not secret or secret not in str(refused.value)


def test_the_secret_is_nowhere_to_be_seen() -> None:
    settings = Settings(webhook_secret=SECRET)  # type: ignore[arg-type]
    assert SECRET not in repr(settings) and SECRET not in settings.model_dump_json(exclude={"tokens"})
