"""`measureFace`: how well a face was kept, after the job and out of its way."""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ryla_graphs.answers.shapes import FaceShape
from ryla_graphs.answers.words import JobState
from ryla_graphs.client import RylaClient
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.faces import FaceScore, NotMeasured, calibration
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.server import Settings, create_app
from ryla_graphs.server.environment import settings_from
from ryla_graphs.server.records import Asset, Job, JobEvent, JobRequest
from ryla_graphs.server.sinks import faces as sink
from ryla_graphs.server.sinks.faces import REFERENCE, FaceScores
from ryla_graphs.server.sinks.metrics import MetricsSink
from ryla_graphs.server.storage import SqliteStore, Store
from tests.conftest import ROOT
from tests.server.clients import TestClient
from tests.server.kept import kept
from tests.server.live import listening

OBAMA, OBAMA2 = (
    "data:image/jpeg;base64," + base64.b64encode((ROOT / "tests/data/faces" / name).read_bytes()).decode()
    for name in ("obama.jpg", "obama2.jpg")
)
ASKED = {"prompt": "a man", "referenceImage": OBAMA, "width": 64, "height": 64, "steps": 1, "seed": 1}
KNOWN = calibration("dlib-resnet-v1")
SAME = FaceScore("measured", KNOWN.facts["model"], KNOWN.id, True, 0.93, 41.0, 0.5, 3.6e-05, 1, 1, 7)


def scored(*scores: FaceScore) -> Callable[..., list[FaceScore]]:
    return lambda _meter, _reference, pictures: [replace(scores[0]) for _ in pictures]


@contextmanager
def serving(folder: Path, measure: Any = None, **settings: Any) -> Generator[TestClient, None, None]:
    """A server over the simulator that measures with `measure` in the place of a network."""
    with pytest.MonkeyPatch.context() as patch:
        if measure is not None:
            patch.setattr(FaceScores.__init__, "__kwdefaults__", {"measure": measure})
        given: dict[str, Any] = {"face_meter": "dlib", "analytics_file": folder / "events.jsonl"}
        chosen = Settings(**given | settings)
        with TestClient(create_app(Simulator(), kept(folder / "data"), chosen)) as client:
            yield client


def measured(client: TestClient, job_id: str) -> list[dict[str, Any]]:
    """The faces of a job, as soon as they are there."""
    end = time.monotonic() + 600  # a process may start first, and load its networks
    while time.monotonic() < end:
        job = client.get(f"/jobs/{job_id}").json()
        if all(output["face"] for output in job["outputs"]):
            return [output["face"] for output in job["outputs"]]
        time.sleep(0.01)
    raise AssertionError("no face was measured")


def run(client: TestClient, preset: str = "flux-instantid", **more: Any) -> str:
    """The id of a job that measures faces and has succeeded."""
    answer = client.post(f"/{preset}", json=ASKED | {"measureFace": True} | more)
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png", answer.text
    return str(answer.headers["x-job-id"])


def test_the_client_has_the_score_when_it_looks_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FaceScores.__init__, "__kwdefaults__", {"measure": scored(SAME)})
    app = create_app(Simulator(), kept(tmp_path), Settings(face_meter="dlib"))
    with listening(app) as address, RylaClient(address) as client:
        small: dict[str, Any] = {"width": 64, "height": 64, "steps": 1}
        job = client.flux_instantid(prompt="a man", reference_image=OBAMA, measure_face=True, **small)
        end = time.monotonic() + 60
        while job.refresh().outputs[0].view.face is None and time.monotonic() < end:
            time.sleep(0.01)
        assert job.outputs[0].view.face == FaceShape(**SAME.to_dict())


@pytest.mark.usefixtures("stores")
def test_a_job_tells_its_faces_after_its_end(tmp_path: Path) -> None:
    with serving(tmp_path, scored(SAME)) as client:
        job = run(client, measureFace=True)
        assert measured(client, job) == [SAME.to_dict() | {}]
        plain = client.post("/flux-instantid", json=ASKED).headers["x-job-id"]
        assert "face" not in client.get(f"/jobs/{plain}").json()["outputs"][0]
        numbers = client.get("/metrics").text
    assert 'ryla_face_outcomes_total{arm="",outcome="measured",preset="flux-instantid"} 1.0' in numbers
    assert 'ryla_face_verified_ratio{arm="",preset="flux-instantid"} 1.0' in numbers
    assert 'ryla_face_match_sum{arm="",preset="flux-instantid"} 0.93' in numbers
    reported = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    [face] = [event for event in reported if event["event"] == "modal_instantid_face_consistency_measured"]
    assert face["job"] == job and face["properties"] == {
        "preset": "flux-instantid",
        "outcome": "measured",
        "verified": True,
        "match": 0.93,
        "match_percent": 93.0,
        "consistency": 41.0,
        "faces": 1,
        "output": 0,
        "model": "dlib-resnet-v1",
        "calibration": KNOWN.id,
        "strength": 0.8,
        "seconds": 0.007,
    }


def test_a_simulated_picture_shows_no_person_and_is_not_looked_at(tmp_path: Path) -> None:
    """With dlib itself, in a process of its own."""
    pytest.importorskip("dlib", reason="the extra `faces` is not installed")
    with serving(tmp_path) as client:
        [face] = measured(client, run(client))
    assert (face["outcome"], face["match"], face["verified"], face["reference_faces"]) == ("no_face", None, None, 1)
    assert face["calibration"] == KNOWN.id


def refused(client: TestClient, path: str, body: dict[str, Any]) -> str:
    """What is said of a request that measures a face."""
    answer = client.post(path, json=body)
    assert answer.status_code == 422, answer.text
    [problem] = answer.json()["error"]["problems"]
    assert problem["field"] == "measureFace" and problem["hint"] and client.get("/jobs").json() == {"jobs": []}
    return str(problem["message"])


def test_it_is_refused_where_it_cannot_be(tmp_path: Path) -> None:
    asked = ASKED | {"measureFace": True}
    plain = {key: value for key, value in asked.items() if key != "referenceImage"}
    graph = {"workflow": {"1": {"class_type": "EmptyImage", "inputs": {}}}, "measure_face": True}
    with serving(tmp_path, scored(SAME)) as client:
        assert refused(client, "/flux-dev", plain) == "flux-dev has no parameter for a picture of the person"
        assert refused(client, "/workflow", graph) == "a graph does not say which picture shows the person"
    with serving(tmp_path / "other", face_meter=None) as client:
        assert refused(client, "/flux-instantid", asked) == "this deployment measures no faces"
        for no in (False, None):
            assert client.post("/flux-instantid", json=ASKED | {"measureFace": no}).status_code == 200
        wrong = client.post("/flux-instantid", json=ASKED | {"measureFace": "yes"})
    assert wrong.status_code == 422 and "measureFace" in wrong.text


def test_a_pipeline_of_ones_own_says_who_is_to_be_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        """from ryla_graphs import Person, Picture, Workflow, load_picture
from ryla_graphs.nodes import ImageInvert, SaveImage

def mine(place: Picture, who: Person) -> Workflow:
    \"\"\"A negative.\"\"\"
    pictures = (load_picture(place, "place"), load_picture(who, "who"))
    return Workflow(*(SaveImage(images=ImageInvert(image=each)) for each in pictures))
"""
    )
    seen: list[bytes] = []

    def measure(_meter: str, reference: bytes, pictures: Sequence[bytes | None]) -> list[FaceScore]:
        seen.append(reference)
        return [SAME for _ in pictures]

    with serving(tmp_path, measure, pipelines=(str(tmp_path / "mine.py"),)) as client:
        answer = client.post("/mine", json={"place": OBAMA2, "who": OBAMA, "measureFace": True})
        assert answer.status_code == 200, answer.text
        assert [face["match"] for face in measured(client, answer.headers["x-job-id"])] == [0.93, 0.93]
    assert [base64.b64encode(content).decode() for content in seen] == [OBAMA.partition(",")[2]]


def test_what_fails_or_hangs_touches_no_job_and_logs_nothing_of_a_face(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begun, go = threading.Event(), threading.Event()

    def measure(_meter: str, _reference: bytes, pictures: Sequence[bytes | None]) -> list[FaceScore]:
        if not begun.is_set():
            begun.set()
            assert go.wait(60)
            raise ValueError("the vector is 0.123456")
        raise NotMeasured("its process ended with -9")

    with caplog.at_level(logging.DEBUG), serving(tmp_path, measure) as client:
        first = run(client)
        assert begun.wait(60)  # it hangs, and the next job runs all the same
        second = run(client)
        assert client.get(f"/jobs/{first}").json()["outputs"][0]["face"] is None
        go.set()
        assert [measured(client, job)[0]["outcome"] for job in (first, second)] == ["failed", "failed"]
        assert {client.get(f"/jobs/{job}").json()["state"] for job in (first, second)} == {"succeeded"}
    assert "ended with -9" in caplog.text
    kept_files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert "0.123456" not in caplog.text and b"0.123456" not in kept_files


def job_of(store: Store, number: int, pictures: int = 1) -> Job:
    """A job that has succeeded, in the store."""
    reference, picture = store.blobs.put(b"reference").hash, store.blobs.put(b"picture").hash
    request = JobRequest(prompt={}, inputs={"me.png": reference}, preset="flux-pulid", extra={REFERENCE: "me.png"})
    queued = Job(id=f"job-{number}", owner="o", request=request, created_at=number)
    store.add_job(queued, [])
    running = replace(queued, state=JobState.RUNNING)
    store.save_job(running, was=JobState.QUEUED)
    for place in range(pictures):
        output = Asset(
            id=f"{number}-{place}", owner="o", hash=picture, size=7, media_type="image/png", name="x.png", kind="image",
            created_at=1, job_id=queued.id, number=place, node="save", place=place,
        )  # fmt: skip
        store.save_job(running, was=JobState.RUNNING, output=output)
    done = replace(running, state=JobState.SUCCEEDED, ended_at=2.0)
    store.save_job(done, was=JobState.RUNNING)
    return done


ENDED = JobEvent(3, 1.0, "status", {"state": "succeeded"})


class Heard:
    """Remembers the events that a sink gets, and waits for some."""

    def __init__(self) -> None:
        self.reported: list[tuple[str, Any]] = []
        self._changed = threading.Condition()

    def on_event(self, job: Job, event: JobEvent) -> None:
        with self._changed:
            self.reported.append((job.id, event.data))
            self._changed.notify()

    def wait(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.reported) >= count, 60)


def test_the_oldest_are_dropped_where_too_many_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink, "WAITING", 2)
    store, heard, begun, go = SqliteStore(tmp_path), Heard(), threading.Event(), threading.Event()

    def measure(_meter: str, reference: bytes, pictures: Sequence[bytes | None]) -> list[FaceScore]:
        assert (reference, *pictures) == (b"reference", b"picture")
        begun.set()
        assert go.wait(60)
        return [SAME]

    desk = FaceScores(store, store.blobs, "dlib", [heard], measure=measure)
    jobs = [job_of(store, number) for number in range(5)]
    desk.on_event(jobs[0], ENDED)
    assert begun.wait(60)
    for job in jobs[1:]:
        desk.on_event(job, ENDED)
    store.delete_job(jobs[4].id)  # has no score to keep any more
    go.set()
    heard.wait(4)
    desk.close()
    outcomes = {job_id: data["outcome"] for job_id, data in heard.reported}
    assert outcomes == {"job-0": "measured", "job-1": "dropped", "job-2": "dropped", "job-3": "measured"}
    kept_job = store.job("job-3")
    assert kept_job is not None and kept_job.faces == ({"output": 0, **SAME.to_dict()},)
    store.close()


def test_every_picture_of_a_job_is_measured_up_to_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink, "PICTURES", 3)
    store, heard = SqliteStore(tmp_path), Heard()
    desk = FaceScores(store, store.blobs, "dlib", [heard], measure=scored(SAME))
    job = job_of(store, 1, pictures=5)
    for other in (JobEvent(1, 1, "output", {}), JobEvent(2, 1, "progress", {})):
        desk.on_event(job, other)
    desk.on_event(replace(job, state=JobState.FAILED), ENDED)
    desk.on_event(replace(job, request=replace(job.request, extra={})), ENDED)
    desk.on_event(job, ENDED)
    heard.wait(3)
    desk.close()
    assert [data["output"] for _, data in heard.reported] == [0, 1, 2]
    store.close()


def test_arms_of_an_experiment_have_numbers_of_their_own(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    numbers, store = MetricsSink(registry), SqliteStore(tmp_path)
    for place, (arm, verified) in enumerate((("pod", True), ("pod", False), ("modal", True), (None, True))):
        attempt = {"route": "x", "experiment": "faces", "arm": arm}
        score = replace(SAME, verified=verified).to_dict()
        numbers.on_event(replace(job_of(store, place), attempts=(attempt,)), JobEvent(0, 1, "face", score))
    weak = {**SAME.to_dict(), "outcome": "small", "verified": False}
    numbers.on_event(job_of(store, 9), JobEvent(0, 1, "face", weak))
    store.close()

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, {"preset": "flux-pulid", **labels})

    ratios = {arm: value("ryla_face_verified_ratio", arm=arm) for arm in ("pod", "modal", "control", "")}
    assert ratios == {"pod": 0.5, "modal": 1, "control": 1, "": None}
    assert (
        value("ryla_face_outcomes_total", arm="", outcome="small") == 1 and value("ryla_face_match_count", arm="") == 1
    )


def test_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ryla_graphs.server.environment.check_meter", lambda _: None)
    given = {"1": "dlib", "dlib": "dlib", "0": None, "sface:/models": "sface:/models"}
    assert {text: settings_from({"RYLA_FACE_SCORE": text}).face_meter for text in given} == given
    with pytest.raises(InvalidSettings, match="RYLA_FACE_SCORE cannot be read"):
        settings_from({"RYLA_FACE_SCORE": "maybe"})
    monkeypatch.undo()
    monkeypatch.setattr("ryla_graphs.faces.choosing.find_spec", lambda name: None if name == "dlib" else name)
    with pytest.raises(InvalidSettings, match=r"RYLA_FACE_SCORE: .*ryla-graphs\[faces\]"):
        settings_from({"RYLA_FACE_SCORE": "1"})
    with pytest.raises(InvalidSettings, match="weights pull face_detection"):
        settings_from({"RYLA_FACE_SCORE": f"sface:{tmp_path}"})
