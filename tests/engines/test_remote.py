"""`Remote` on our own server for real, and on stand-ins of the other servers of Comfy API v2."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ryla_graphs import Workflow
from ryla_graphs.engines import run
from ryla_graphs.engines.events import Cancelled, Event, Failed, Finished, Progress, Started
from ryla_graphs.engines.remote import Patience, Remote
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.nodes import ImageInvert, LoadImage, SaveImage
from ryla_graphs.problems import (
    EngineBusy,
    EngineDenied,
    EngineError,
    EngineRefused,
    EngineUnreachable,
    OutputMissing,
    RunLost,
    RunUncertain,
)
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.safety.tokens import Tokens
from tests.engines.following import WORKFLOW, followed, story
from tests.engines.stand_ins import Faults, V2StandIn, hosted
from tests.engines.stand_ins.faults import KINDS, Kind
from tests.engines.stand_ins.v2 import DialectName
from tests.server.live import listening
from tests.server.scripted import ScriptedEngine, ending

HASTY = Patience(least=0.01, most=0.2, doubt=0.2, unreachable=60)
BRIEF = replace(HASTY, unreachable=1.5)
"""For servers that are to be given up."""
DIALECTS: tuple[DialectName, ...] = ("ours", "proxy", "cloud", "serverless")
TOKEN = "tok-0123456789abcdef0123456789abcdef"


@contextmanager
def standing(stand_in: V2StandIn) -> Iterator[Remote]:
    with (
        hosted(stand_in) as address,
        Remote(address + stand_in.mount, stand_in.token or None, patience=HASTY) as engine,
    ):
        yield engine


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(tokens=Tokens.parse(f"me:{TOKEN}"))
    with listening(create_app(Simulator(), SqliteStore(tmp_path_factory.mktemp("data")), settings)) as address:
        yield address


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "PNG")
    return content.getvalue()


def test_our_own_server_runs_a_graph_with_an_input(ours: str, tmp_path: Path) -> None:
    inverted = Workflow(SaveImage(images=ImageInvert(image=LoadImage(image="face.png").out[0])).named("save"))
    with Remote(ours, TOKEN) as engine:
        assert engine.health().ready and "KSampler" in engine.catalog()
        run(engine, inverted, {"face.png": picture()})
        (output,) = run(engine, inverted, {"face.png": picture()}).outputs  # now the bytes are there already
        assert output.node == "save" and Image.open(io.BytesIO(output.read())).getpixel((0, 0)) == (0, 255, 255)
        assert output.save(tmp_path).suffix == ".png"


def test_our_own_server_tells_events_and_takes_a_run_up_by_its_label(ours: str) -> None:
    run_id = str(uuid.uuid4())
    with Remote(ours, TOKEN) as engine:
        events = story(engine, run_id=run_id)
        assert any(isinstance(event, Started) for event in events) and isinstance(events[-1], Finished)
        assert {artifact.node for artifact in events[-1].outputs} == {"save"}
    with Remote(ours, TOKEN) as another:
        again = followed(lambda: another.start(WORKFLOW, run_id=run_id))[-1]
        resumed = followed(lambda: another.resume(run_id, WORKFLOW))[-1]
        unknown = followed(lambda: another.resume(str(uuid.uuid4()), WORKFLOW))[-1]
        ends = [event for event in (events[-1], again, resumed) if isinstance(event, Finished)]
        names = [[artifact.filename for artifact in event.outputs] for event in ends]
    assert len(names) == 3 and names[0] == names[1] == names[2]
    assert isinstance(unknown, Failed) and isinstance(unknown.error, RunLost)


def test_our_own_server_does_not_know_the_key() -> None:
    """A wrong key is an error at once, which does not repeat it."""
    with standing(V2StandIn(token=TOKEN)) as engine:
        engine.client.service._session.headers["Authorization"] = "Bearer tok-wrong"
        with pytest.raises(EngineDenied) as denied:
            engine.start(WORKFLOW, fresh=True)
    assert "tok-wrong" not in str(denied.value) and "key" in str(denied.value)


def test_our_own_server_fails_in_terms_of_the_node(tmp_path: Path) -> None:
    from ryla_graphs.problems import OutOfMemory

    engine = ScriptedEngine(ending(OutOfMemory("KSampler ran out of memory", node="sampler", class_type="KSampler")))
    with listening(create_app(engine, SqliteStore(tmp_path))) as address, Remote(address) as remote:
        last = story(remote)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, OutOfMemory) and last.error.node == "sampler"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_dialect_runs(dialect: DialectName) -> None:
    stand_in = V2StandIn(dialect, token=TOKEN, seconds=0.05, watched=dialect != "cloud")
    with standing(stand_in) as engine:
        events = story(engine)
        assert (
            isinstance(last := events[-1], Finished)
            and [len(output.read()) > 50 for output in last.outputs] == [True] * 2
        )
        assert any(isinstance(event, Progress) for event in events) or dialect == "cloud"
        story(engine)
    assert not stand_in.leaked, "the token went to the object store"
    posts = stand_in.faults.seen.count("POST jobs")
    assert posts == (2 if dialect in ("ours", "serverless") else 3), "the dialect is learnt once"


@pytest.mark.parametrize("dialect", ["ours", "cloud"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_submission_whose_answer_is_lost_runs_once(dialect: DialectName, kind: Kind) -> None:
    """Whatever comes instead of the answer, the graph runs at most once, and a run that is reported is a real one."""
    stand_in = V2StandIn(dialect, Faults({"POST jobs": [kind]}))
    with standing(stand_in) as engine:
        engine.client.dialect.labels = {"cloud": "none", "proxy": "text"}.get(dialect, "map")  # type: ignore[assignment]
        try:
            last: Event | EngineError = list(engine.start(WORKFLOW, fresh=True).events())[-1]
        except EngineError as error:
            last = error
    assert max(stand_in.executed.values(), default=0) <= 1
    if kind in ("429", "503"):
        assert isinstance(last, EngineBusy) and last.retry_after == 0.05
    elif kind == "redirect":
        assert isinstance(last, EngineUnreachable) and "redirects" in str(last)
    elif isinstance(last, EngineError):
        assert isinstance(last, RunUncertain) and dialect in ("proxy", "cloud")
    else:
        assert isinstance(last, Finished), last


@pytest.mark.parametrize("then", ["429", "redirect", "402", "500", "reset"])
def test_what_comes_after_a_lost_answer_is_no_proof(then: Kind) -> None:
    """The first request was heard: that the second is turned away does not undo it."""
    stand_in = V2StandIn("ours", Faults({"POST jobs": ["lost", then, then], "GET jobs": ["500"] * 3}))
    with standing(stand_in) as engine, pytest.raises(RunUncertain):
        engine.start(WORKFLOW, fresh=True)
    assert len(stand_in.jobs) == 1


@pytest.mark.parametrize("step", ["GET jobs one", "GET jobs events", "GET assets content"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_lost_on_the_way_is_asked_again(step: str, kind: Kind) -> None:
    stand_in = V2StandIn("serverless", Faults({step: [kind]}))
    with standing(stand_in) as engine:
        last = story(engine)[-1]
        assert isinstance(last, Finished)
        for output in last.outputs:
            try:
                assert len(output.read()) > 50
            except EngineError:
                assert step == "GET assets content"
                assert len(output.read()) > 50
    assert max(stand_in.executed.values()) == 1


@pytest.mark.parametrize(
    ("fate", "error"),
    [("failed", EngineError), ("expired", RunLost), ("forgotten", RunLost), ("no outputs", OutputMissing)],
)
def test_how_a_job_ends(fate: str, error: type[EngineError]) -> None:
    with standing(V2StandIn(fates=[fate])) as engine:
        last = story(engine)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, error) and "secret" not in str(last.error)


def test_a_live_job_that_is_called_expired_ends_well() -> None:
    with standing(V2StandIn("proxy", fates=["expired once"])) as engine:
        engine._patience = replace(HASTY, most=0.05, doubt=60)
        assert isinstance(story(engine)[-1], Finished)


def test_an_output_that_is_not_what_was_announced_is_missing() -> None:
    with standing(V2StandIn(fates=["lies"])) as engine:
        last = story(engine)[-1]
        assert isinstance(last, Finished)
        with pytest.raises(OutputMissing, match="damaged"):
            last.outputs[0].read()


def test_cancelling_ends_the_job_there() -> None:
    stand_in = V2StandIn(fates=["waits"])
    with standing(stand_in) as engine:
        started = engine.start(WORKFLOW, fresh=True)
        started.cancel()
        assert isinstance(list(started.events())[-1], Cancelled)
    assert {job["status"] for job in stand_in.jobs.values()} == {"canceled"}


def test_links_count_from_the_origin() -> None:
    """A prefix that the server is mounted under stands in its links already."""
    with standing(V2StandIn("serverless", mount="/deployment/7")) as engine:
        assert isinstance(story(engine)[-1], Finished)


def test_a_refused_graph_keeps_its_problems() -> None:
    with standing(V2StandIn()) as engine:
        graph: Any = WORKFLOW.with_document({**WORKFLOW.document, "1": {"class_type": "Nonsense", "inputs": {}}})
        with pytest.raises(EngineRefused) as refused:
            engine.start(graph, fresh=True)
    assert [problem.code for problem in refused.value.problems] == ["missing_input"]


def test_no_server_answers_and_nothing_like_v2_there() -> None:
    with Remote("http://127.0.0.1:9") as engine:
        assert not engine.health().ready
        with pytest.raises(EngineUnreachable):
            engine.start(WORKFLOW, fresh=True)
    with standing(V2StandIn(faults=Faults(always={"POST jobs": "404"}))) as engine, pytest.raises(EngineDenied):
        engine.start(WORKFLOW, fresh=True)
    poor = V2StandIn(faults=Faults(always={"POST jobs": "402"}))
    with standing(poor) as engine, pytest.raises(EngineDenied, match="credit"):
        engine.start(WORKFLOW, fresh=True)


def test_a_server_that_hangs_is_asked_again_and_runs_the_graph_once() -> None:
    ends: list[Event | EngineError] = []
    for seconds in (0.2, 2.0, 20.0):  # a slow machine may exceed the short ones where nothing hangs
        stand_in = V2StandIn("ours", Faults({"POST jobs": ["hang"], "GET jobs": ["hang"], "GET jobs one": ["hang"]}))
        with standing(stand_in) as engine:
            engine.client.service.seconds = seconds
            try:
                ends += engine.start(WORKFLOW, fresh=True).events()
            except EngineError as error:
                ends.append(error)
        assert stand_in.executed.total() == 1
        if isinstance(ends[-1], Finished):
            break
    assert isinstance(ends[-1], Finished), ends


def test_a_server_that_is_another_version_in_the_middle() -> None:
    """What was learnt of it is learnt again."""
    stand_in = V2StandIn("ours", seconds=0.3)
    with standing(stand_in) as engine:
        run_now = engine.start(WORKFLOW, fresh=True).events()
        next(run_now)
        stand_in.dialect = "cloud"  # no events, no labels, no list from now on
        assert isinstance(list(run_now)[-1], Finished)
        assert isinstance(story(engine)[-1], Finished)
        assert engine.client.dialect.labels == "none"


def test_a_server_that_turns_to_web_pages_in_the_middle_is_given_up() -> None:
    stand_in = V2StandIn("cloud", Faults(always={"GET jobs one": "page"}))
    with standing(stand_in) as engine:
        engine._patience = BRIEF
        last = story(engine)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, EngineUnreachable) and "page" in str(last.error)
