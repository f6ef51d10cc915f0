"""`RunPod` on a stand-in of its queue endpoints with worker-comfyui behind it."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from ryla_graphs import Workflow
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import Artifact
from ryla_graphs.engines.events import Cancelled, Event, Failed, Finished, Progress
from ryla_graphs.engines.runpod import Patience, RunPod
from ryla_graphs.engines.runpod.ours import RESULT_BYTES, result_of
from ryla_graphs.nodes import EmptyImage, LoadImage, PreviewImage, SaveAudio, SaveImage
from ryla_graphs.problems import (
    EngineBusy,
    EngineDenied,
    EngineError,
    EngineRefused,
    EngineUnreachable,
    ExecutionFailed,
    InvalidSettings,
    OutOfMemory,
    OutputMissing,
    RunLost,
    RunTimedOut,
    RunUncertain,
)
from tests.engines.following import WORKFLOW, followed, legal
from tests.engines.stand_ins import FakeRunPod, Faults, hosted
from tests.engines.stand_ins.faults import Kind
from tests.engines.stand_ins.runpod import KEY, Fate
from tests.engines.stub.script import PNG

HASTY = Patience(least=0.01, most=0.05, doubt=0.02, unreachable=60)
BRIEF = replace(HASTY, unreachable=0.5)
"""For services that are to be given up."""


@contextmanager
def standing(fake: FakeRunPod, key: str = KEY, **options: Any) -> Iterator[RunPod]:
    with hosted(fake) as address, RunPod("abc123", key, base_url=f"{address}/v2", patience=HASTY, **options) as engine:
        yield engine


def events_of(engine: RunPod, workflow: CompiledWorkflow = WORKFLOW) -> list[Event]:
    events = list(engine.start(workflow, fresh=True).events())
    legal(events)
    return events


def failure(fate: Fate, **options: Any) -> EngineError:
    with standing(FakeRunPod(fates=[fate]), **options) as engine:
        last = events_of(engine)[-1]
    assert isinstance(last, Failed), last
    assert KEY not in str(last.error) and "secret" not in str(last.error)
    return last.error


def test_pictures_come_back_to_the_nodes_that_saved_them() -> None:
    one, two = EmptyImage(width=8, height=8), EmptyImage(width=16, height=8)
    both = Workflow(
        SaveImage(images=one, filename_prefix="ryla/7/a").named("first"),
        SaveImage(images=two, filename_prefix="b").named("second"),
    ).compile()
    with standing(FakeRunPod(), usd_per_second=0.001) as engine:
        last = events_of(engine, both)[-1]
    assert isinstance(last, Finished) and last.usage.cost_usd is not None and last.usage.queue_seconds == 0.012
    names = {artifact.node: artifact.filename for artifact in last.outputs}
    assert names == {"first": "a_00001_.png", "second": "b_00001_.png"}
    assert all(artifact.read().startswith(b"\x89PNG") for artifact in last.outputs)


def test_inputs_go_along_under_names_of_the_run() -> None:
    fake = FakeRunPod()
    with standing(fake) as engine:
        workflow = Workflow(SaveImage(images=LoadImage(image="face.png").out[0])).compile()
        run_id = str(uuid.uuid4())
        list(engine.start(workflow, {"face.png": PNG}, run_id=run_id, fresh=True).events())
    (job,) = fake.jobs.values()
    (image,) = job.input["images"]
    assert base64.b64decode(image["image"]) == PNG and run_id in image["name"]
    assert image["name"] in {body["inputs"].get("image") for body in job.input["workflow"].values()}
    assert job.policy == {"executionTimeout": 600_000, "ttl": 2_400_000}, "ttl counts from the submission"


@pytest.mark.parametrize(
    ("fate", "error", "says"),
    [
        ("no output", OutputMissing, "BUCKET_ENDPOINT_URL"),
        ("no images", OutputMissing, "no picture"),
        ("old shape", OutputMissing, "promised 2"),
        ("fewer", OutputMissing, "disk"),
        ("bad base64", OutputMissing, "damaged"),
        ("cut off", OutputMissing, "cut off"),
        ("node fails", ExecutionFailed, "KSampler 'sampler' failed: mat1"),
        ("out of memory", OutOfMemory, "Allocation on device"),
        ("refused", EngineRefused, "rejects the graph"),
        ("worker lost", RunLost, "lost its ComfyUI"),
        ("raises", ExecutionFailed, "'x'"),
        ("times out", RunTimedOut, "exceeded its time limit"),
        ("vanishes", RunLost, "no longer has"),
    ],
)
def test_every_end(fate: Fate, error: type[EngineError], says: str) -> None:
    found = failure(fate)
    assert type(found) is error and says in str(found)
    if fate == "node fails":
        assert found.node == "sampler" and found.class_type == "KSampler"
    if isinstance(found, EngineRefused):
        assert [problem.node for problem in found.problems] == ["sampler"]


def test_a_job_that_no_worker_took_has_cost_nothing() -> None:
    lost = failure("expires in queue")
    assert isinstance(lost, RunLost) and not lost.began


def test_workers_of_version_3_give_one_picture_in_a_message() -> None:
    single = Workflow(SaveImage(images=EmptyImage(width=8, height=8))).compile()
    with standing(FakeRunPod(fates=["old shape"])) as engine:
        assert isinstance(events_of(engine, single)[-1], Finished)


def test_a_bucket_is_read_without_the_key_and_only_where_it_is_named() -> None:
    from tests.engines.stand_ins import V2StandIn

    store = V2StandIn()
    with hosted(store) as bucket, standing(FakeRunPod(fates=["bucket", "bucket"], bucket=f"{bucket}/store")) as engine:
        for name in ("n0-x_00001_.png", "n0-x_00002_.png"):
            store.assets[name] = (name, PNG)
        last = events_of(engine)[-1]
        assert isinstance(last, Finished)
        with pytest.raises(OutputMissing, match="which is not in the `buckets`"):
            last.outputs[0].read()
        engine._buckets = ("127.0.0.1",)
        last = events_of(engine)[-1]
        assert isinstance(last, Finished) and last.outputs[1].read() == PNG
    assert not store.leaked


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("500", RunUncertain),
        ("502 page", RunUncertain),
        ("page", RunUncertain),
        ("redirect", EngineUnreachable),
        ("401", EngineDenied),
        ("402", EngineDenied),
        ("403", EngineDenied),
        ("404", EngineDenied),
        ("429", EngineBusy),
        ("503", EngineBusy),
        ("reset", RunUncertain),
        ("lost", RunUncertain),
        ("cut", RunUncertain),
        ("garbage", RunUncertain),
    ],
)
def test_what_no_answer_to_run_means(kind: Kind, error: type[EngineError]) -> None:
    """Without an answer it is unknown whether the job is there, so it is never sent again here."""
    fake = FakeRunPod(faults=Faults(planned={"run": [kind]}))
    with standing(fake) as engine, pytest.raises(error) as raised:
        engine.start(WORKFLOW, fresh=True)
    assert type(raised.value) is error and KEY not in str(raised.value)
    assert fake.faults.seen.count("run") == 1


def test_faults_while_it_runs_are_waited_out() -> None:
    kinds: list[Kind | None] = ["500", "502 page", "page", "404", None, "reset", "garbage", "429", "redirect"]
    fake = FakeRunPod(seconds=0.1, faults=Faults(planned={"status": kinds}))
    with standing(fake) as engine:
        assert isinstance(events_of(engine)[-1], Finished)
    assert sum(fake.executed.values()) == 1


def test_an_endpoint_that_goes_silent_is_given_up() -> None:
    with standing(FakeRunPod(fates=["stuck"], faults=Faults(always={"status": "502 page"}))) as engine:
        engine._patience = BRIEF
        last = events_of(engine)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, EngineUnreachable)


def test_a_key_that_expires_in_the_middle_leaves_the_run_uncertain() -> None:
    with standing(FakeRunPod(fates=["stuck"], faults=Faults(always={"status": "401"}))) as engine:
        last = events_of(engine)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, RunUncertain)


def test_cancelling_and_losing_the_race() -> None:
    with standing(FakeRunPod(fates=["waits forever"])) as engine:
        run = engine.start(WORKFLOW, fresh=True)
        run.cancel()
        assert isinstance(list(run.events())[-1], Cancelled)
    with standing(FakeRunPod(ignores_cancel=True, seconds=0.05)) as engine:
        run = engine.start(WORKFLOW, fresh=True)
        run.cancel()
        assert isinstance(list(run.events())[-1], Finished)


def test_progress_and_hints() -> None:
    with standing(FakeRunPod(fates=["progress"])) as engine:
        assert any(isinstance(event, Progress) and (event.step, event.steps) == (1, 4) for event in events_of(engine))
        slow = Patience(least=30, most=30)
        engine._patience = slow
        run = engine.start(WORKFLOW, fresh=True)
        assert run is not None
        events = run.events()
        next(events)
        engine.hint("unknown")
        for _ in range(200):
            engine.hint(run.id)
        assert isinstance(list(events)[-1], Finished)


def test_a_run_is_resumed_by_the_stored_id() -> None:
    fake = FakeRunPod()
    with standing(fake) as engine:
        run_id = str(uuid.uuid4())
        remote_id = engine.start(WORKFLOW, run_id=run_id, fresh=True).remote_id  # type: ignore[union-attr]
        with RunPod("abc123", KEY, base_url=engine.service.address.removesuffix("/abc123"), patience=HASTY) as another:
            unknown = followed(lambda: another.resume(run_id, WORKFLOW))[-1]
            assert isinstance(unknown, Failed) and isinstance(unknown.error, RunUncertain)
            another.remember(run_id, remote_id)
            assert isinstance(followed(lambda: another.resume(run_id, WORKFLOW))[-1], Finished)
            assert isinstance(list(another.start(WORKFLOW, run_id=run_id).events())[-1], Finished)
    assert sum(fake.executed.values()) == 1


def test_what_the_official_worker_cannot_do_is_refused_before_anything_is_sent() -> None:
    picture = EmptyImage(width=8, height=8)
    with standing(fake := FakeRunPod()) as engine:
        shown = Workflow(PreviewImage(images=picture)).compile()
        with pytest.raises(EngineRefused, match="saved pictures"):
            engine.start(shown, fresh=True)
        loads = Workflow(SaveImage(images=LoadImage(image="face.png").out[0])).compile()
        with pytest.raises(EngineRefused, match="10 MB"):
            engine.start(loads, {"face.png": b"x" * 12_000_000}, fresh=True)
        assert "10 MB" in engine.unfit(loads, {"face.png": 12_000_000})
    assert fake.faults.seen == []
    assert SaveAudio is not None
    with pytest.raises(InvalidSettings):
        RunPod("https://example.com", KEY)


def test_health_says_that_there_are_no_workers() -> None:
    with standing(FakeRunPod(workers=0)) as engine:
        assert engine.health().ready
        engine.start(WORKFLOW, fresh=True)
        health = engine.health()
        assert not health.ready and "max workers" in health.reason
    with standing(FakeRunPod(), key="rpa_WRONG") as engine:
        assert not engine.health().ready


def test_a_worker_of_ours_gives_outputs_of_every_kind() -> None:
    texts = Artifact("say", "text", "say.txt", text="hello")
    outputs = (
        Artifact("save", "image", "x.png", "sub", read=lambda: PNG),
        Artifact("save", "image", "y.png", read=lambda: PNG),
        texts,
    )
    fake = FakeRunPod(result=result_of(Finished("r", 1.5, outputs), None))
    with standing(fake, worker="ryla") as engine:
        last = events_of(engine)[-1]
        assert isinstance(last, Finished) and [artifact.read() for artifact in last.outputs] == [PNG, PNG, b"hello"]
        fake.result["outputs"][0]["sha256"] = hashlib.sha256(b"").hexdigest()
        last = events_of(engine)[-1]
        assert isinstance(last, Finished)
        with pytest.raises(OutputMissing, match="hash"):
            last.outputs[0].read()
        fake.result = {"ryla": 1, "failed": {"code": "out_of_memory", "message": "no memory", "node": "sampler"}}
        last = events_of(engine)[-1]
        assert isinstance(last, Failed) and isinstance(last.error, OutOfMemory) and last.error.node == "sampler"
        fake.result = {"images": []}
        last = events_of(engine)[-1]
        assert isinstance(last, Failed) and "worker" in str(last.error)


def test_what_a_worker_of_ours_cannot_give_back_goes_into_a_bucket() -> None:
    large = Finished("r", 1.0, (Artifact("save", "image", "x.png", read=lambda: b"x" * RESULT_BYTES),))
    with pytest.raises(OutputMissing, match="BUCKET_ENDPOINT_URL"):
        result_of(large, None)
    stored: dict[str, bytes] = {}

    def store(name: str, content: bytes) -> str:
        stored[name] = content
        return f"https://bucket/{name}"

    (row,) = result_of(large, store)["outputs"]
    assert row["url"] == "https://bucket/r/0-x.png" and len(stored["r/0-x.png"]) == RESULT_BYTES
