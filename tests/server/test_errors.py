"""The table of errors, row by row: each code is provoked over HTTP, and `docs/errors.md` shows the same table."""

from __future__ import annotations

import asyncio
import base64
import io
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from PIL import Image

from ryla_graphs.engines.events import Event
from ryla_graphs.plan import Limits
from ryla_graphs.problems import (
    AtNode,
    EngineBusy,
    EngineDenied,
    EngineError,
    EngineRefused,
    EngineUnreachable,
    ExecutionFailed,
    OutOfMemory,
    OutputMissing,
    Problem,
    RunLost,
    RunTimedOut,
    RunUncertain,
    StoreUnreachable,
)
from ryla_graphs.server import Settings, create_app
from ryla_graphs.server.errors import ANSWERS, RequestError, without_folders
from ryla_graphs.server.safety.media import MediaLimits
from ryla_graphs.server.safety.quotas import Quota
from ryla_graphs.server.safety.tokens import Tokens
from tests.conftest import ROOT
from tests.server.clients import Posted, TestClient, stalled
from tests.server.kept import kept
from tests.server.scripted import Act, Held, ScriptedEngine, ending
from tests.server.test_contract import flux, inverted, picture
from tests.server.test_loras import FLUX

pytestmark = pytest.mark.usefixtures("stores")


@dataclass
class Case:
    """How a code is provoked."""

    call: Callable[[TestClient], Response]
    acts: list[Act | EngineError] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)


def post(client: TestClient, body: Any = None, path: str = "/workflow", **headers: str) -> Response:
    return client.post(path, json=flux() if body is None else body, headers=headers)


def fails(error: EngineError, times: int = 1) -> Case:
    return Case(post, [ending(error)] * times, {"patience_seconds": 0})


def with_file(content: str) -> Callable[[TestClient], Response]:
    return lambda client: post(client, {"workflow": inverted(), "inputs": {"me.png": content}})


def base64_of(content: bytes) -> str:

    return base64.b64encode(content).decode()


def large() -> str:
    buffer = io.BytesIO()
    Image.new("L", (200, 200)).save(buffer, "PNG")
    return base64_of(buffer.getvalue())


def twice(client: TestClient) -> Response:
    post(client, **{"Idempotency-Key": "k"})
    return post(client, flux(seed=2), **{"Idempotency-Key": "k"})


def cancelled(client: TestClient) -> Response:
    def cancel() -> None:
        while not (jobs := client.get("/jobs").json()["jobs"]):
            pass
        client.delete(jobs[0]["urls"]["self"])
        HELD.go.set()

    cancelling = threading.Thread(target=cancel)
    cancelling.start()
    answer = post(client)
    cancelling.join()
    return answer


def forgotten_too_early(client: TestClient) -> Response:
    where = post(client, Prefer="respond-async").headers["location"]
    answer = client.delete(f"{where}?forget=true")
    HELD.go.set()
    return answer


def one_too_many(client: TestClient) -> Response:
    *_, answer = (post(client, Prefer="respond-async") for _ in range(3))
    HELD.go.set()
    return answer


def one_stream_too_many(client: TestClient) -> Response:
    where = post(client, Prefer="respond-async").headers["location"]
    app: Any = client.app
    app.state.deployment.streams["anonymous"] = 1
    HELD.go.set()
    return client.get(f"{where}/events")


def damaged(client: TestClient) -> Response:
    where = post(client).headers["location"]
    app: Any = client.app
    with app.state.deployment.store._writing() as db:
        db.execute("UPDATE jobs SET request = '{'")
    return client.get(where)


def beside_bodies_of(*owners: str) -> Callable[[TestClient], Response]:
    """The answer to one more large body of `c`, while those of these owners arrive."""
    body = b" " * (6 * 2**20)

    def call(client: TestClient) -> Response:
        async def beside() -> Posted:
            others = [Posted(client.app, owner, body) for owner in owners]
            await asyncio.gather(*(other.asked.wait() for other in others))
            last = Posted(client.app, "c", body, declared=False, goes=True)
            await last.task
            for other in others:
                other.task.cancel()
            return last

        assert client.portal is not None
        start, content = client.portal.call(beside).sent
        return Response(start["status"], headers=start["headers"], content=content["body"])

    return call


CROWDED = {
    "tokens": Tokens.parse(",".join(f"{name}:{name * 20}" for name in "abc")),
    "bodies_bytes": 32 * 2**20,
    "body_bytes": 8 * 2**20,
}


def stopping(client: TestClient) -> Response:
    app: Any = client.app
    app.state.deployment.jobs.stop()
    return post(client)


def without_store(client: TestClient) -> Response:
    def unreachable(*_: Any) -> None:
        raise StoreUnreachable("no")

    app: Any = client.app
    app.state.deployment.store.add_job = unreachable
    return post(client)


def beyond_the_end(client: TestClient) -> Response:
    made = post(client)
    return client.get(made.headers["content-location"], headers={"Range": "bytes=999999999-"})


def broken(events: Iterator[Event]) -> Iterator[Event]:
    yield next(events)
    raise ZeroDivisionError


def bad_graph() -> dict[str, Any]:
    graph = flux()
    graph["sampler"]["inputs"]["steps"] = 0
    return graph


def too_many_loras(client: TestClient) -> Response:
    return client.post("/loras", files={"file": ("x.safetensors", FLUX)})


def broke(owner: str, *_: object) -> dict[str, Any]:
    raise RequestError("over_budget", f"nothing is left for '{owner}'", retry_after=60)


LORAS = tempfile.mkdtemp(prefix="ryla-test-loras-")
FAILING = Path(tempfile.mkdtemp(prefix="ryla-test-failing-")) / "failing.py"
FAILING.write_text(
    "from ryla_graphs import Workflow\n\n\ndef failing(word: str) -> Workflow:\n    return Workflow(words[word])\n"
)
HELD = Held()
"""Stands in the table for the one of each test; a run of an earlier test, which may end late, has its own."""
KNOWN = {"node": "sampler", "class_type": "KSampler"}
REFUSED = EngineRefused("no", [Problem(code="value_not_in_list", message="no", subject=AtNode("sampler"))])

PROVOKED: dict[str, Case] = {
    "malformed_json": Case(lambda client: client.post("/workflow", content=b"{")),
    "unauthorized": Case(post, settings={"tokens": Tokens.parse("me:" + "x" * 20)}),
    "host_refused": Case(lambda client: post(client, Host="rebound.example")),
    "origin_refused": Case(lambda client: post(client, Origin="https://elsewhere.example")),
    "request_timeout": Case(lambda client: stalled(client, "/workflow"), settings={"body_seconds": 0.05}),
    "not_json": Case(lambda client: client.post("/workflow", content=b"{}", headers={"Content-Type": "text/plain"})),
    "not_found": Case(lambda client: client.get("/jobs/nothing")),
    "method_not_allowed": Case(lambda client: client.put("/workflow")),
    "cancelled": Case(cancelled, [HELD]),
    "job_not_ended": Case(forgotten_too_early, [HELD]),
    "no_lora_folder": Case(lambda client: client.post("/loras", files={"file": ("x.safetensors", b"x")})),
    "request_too_large": Case(post, settings={"body_bytes": 100}),
    "over_quota": Case(too_many_loras, settings={"lora_folder": Path(LORAS), "quota": Quota(loras=0)}),
    "over_budget": Case(post, settings={"budget": broke}),
    "input_too_large": Case(with_file(large()), settings={"media": MediaLimits(pixels=100)}),
    "unsupported_media": Case(with_file(base64_of(b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 3))),
    "workflow_format_ui": Case(lambda client: post(client, {"nodes": [], "links": []})),
    "invalid_document": Case(lambda client: post(client, {"1": "KSampler"})),
    "invalid_workflow": Case(lambda client: post(client, bad_graph())),
    "cannot_run_here": Case(post, settings={"limits": Limits(megapixels=0.001)}),
    "invalid_parameters": Case(lambda client: post(client, {"prompt": ""}, "/flux-dev")),
    "invalid_inputs": Case(with_file(base64_of(picture()[:40]) + "AAAA")),
    "idempotency_key_reuse": Case(twice),
    "engine_refused": Case(post, [REFUSED]),
    "range_not_satisfiable": Case(beyond_the_end),
    "queue_full": Case(one_too_many, [HELD], {"queue_limit": 1}),
    "too_many_streams": Case(one_stream_too_many, [HELD], {"streams": 1}),
    "too_many_bodies": Case(beside_bodies_of("c", "c"), settings=CROWDED),
    "node_failed": fails(ExecutionFailed("no", **KNOWN)),
    "out_of_memory": fails(OutOfMemory("no", **KNOWN)),
    "output_missing": fails(OutputMissing("no", **KNOWN)),
    "engine_error": fails(EngineError("no")),
    "pipeline_failed": Case(
        lambda client: post(client, {"word": "x"}, "/failing"), settings={"pipelines": (str(FAILING),)}
    ),
    "record_damaged": Case(damaged),
    "internal_error": Case(post, [broken]),
    "not_ready": Case(stopping),
    "bodies_full": Case(beside_bodies_of(*"aabb"), settings=CROWDED),
    "engine_unreachable": fails(EngineUnreachable("no")),
    "engine_busy": fails(EngineBusy("later")),
    "engine_denied": fails(EngineDenied("a wrong key")),
    "run_uncertain": fails(RunUncertain("who knows")),
    "store_unreachable": Case(without_store),
    "run_lost": fails(RunLost("no"), times=2),
    "run_timed_out": fails(RunTimedOut("no")),
}


def test_every_row_is_provoked() -> None:
    assert PROVOKED.keys() == ANSWERS.keys()


@pytest.mark.parametrize("code", PROVOKED)
def test_row(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case, row, held = PROVOKED[code], ANSWERS[code], Held()
    acts = [held if act is HELD else act for act in case.acts]
    monkeypatch.setattr(sys.modules[__name__], "HELD", held)
    app = create_app(ScriptedEngine(*acts), kept(tmp_path), Settings(**case.settings))
    with TestClient(app) as client:
        answer = case.call(client)
        assert answer.status_code == row.status, answer.text
        assert answer.headers["content-type"] == "application/json"
        error = answer.json()["error"]
        assert error["code"] == code and error["message"]
        assert set(error) in ({"code", "message", "problems"}, {"code", "message", "problems", "node", "class_type"})
        if (code.startswith("invalid_") and code != "invalid_document") or code == "engine_refused":
            assert all(problem["code"] and problem["message"] for problem in error["problems"]) and error["problems"]
        assert (row.retry_after is None) or int(answer.headers["retry-after"]) > 0


def test_the_documentation_has_the_table(request: pytest.FixtureRequest) -> None:
    rows = [
        f"| {row.status} | `{code}` | {row.meaning} | {'yes' if row.retry_after is not None else ''} |"
        for code, row in ANSWERS.items()
    ]
    path, mark = ROOT / "docs" / "errors.md", "|---|---|---|---|\n"
    head = path.read_text(encoding="utf-8").partition(mark)[0]
    text = head + mark + "\n".join(rows) + "\n"
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "run with --update-golden"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("cannot open /opt/ComfyUI/models/loras/x.safetensors", "cannot open x.safetensors"),
        (r"cannot open C:\comfy\models\x.safetensors", "cannot open x.safetensors"),
        ("failed [/srv/ryla/flux.py:75]", "failed [flux.py:75]"),
        ("see https://example.com/a/b/c.png", "see https://example.com/a/b/c.png"),
        ("50/50 or images/x.png", "50/50 or images/x.png"),
    ],
)
def test_folders_are_not_shown(said: str, expected: str) -> None:
    assert without_folders(said) == expected
