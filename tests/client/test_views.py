"""What a server writes of a job, the client reads: of this version, of an older one, and of a newer one."""

from __future__ import annotations

import copy
import enum
import json
import pickle
import types
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import is_typeddict

from ryla_graphs.answers.shapes import EVENTS, JobShape, Shape
from ryla_graphs.client import JobEvent, RequestFailed, flows
from ryla_graphs.client.flows import Answer
from ryla_graphs.client.views import job_view
from ryla_graphs.server.jobs.views import as_json

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=3)
MOMENTS = st.integers(0, 10**12).map(lambda ms: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    Any: JSON,
    type(None): st.none(),
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**64 - 1),
    float: st.floats(0, 1),
    str: st.text(max_size=5),
    datetime: MOMENTS,
}


def shapes(shape: type[Shape]) -> st.SearchStrategy[Any]:
    """Values of a shape; what need not be set is left out of some."""
    fields = {name: values(field.annotation) for name, field in shape.model_fields.items()}
    required = {name: each for name, each in fields.items() if shape.model_fields[name].is_required()}
    optional = {name: each for name, each in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda facts: shape(**facts))


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of the type of a field."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        return st.lists(values(inner[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(st.text(max_size=5), values(inner[1]), max_size=2)
    if origin is Annotated:
        return values(inner[0])
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values, inner))
    if is_typeddict(kind):
        fields = {name: values(each) for name, each in get_type_hints(kind).items()}
        return st.fixed_dictionaries({}, optional=fields)
    if kind in PLAIN:
        return PLAIN[kind]
    return st.sampled_from([*kind]) if issubclass(kind, enum.Enum) else shapes(kind)


JOBS = shapes(JobShape)
"""Jobs as a server has them."""


def sent(shape: Shape) -> Any:
    """What the client gets of it."""
    return json.loads(as_json(shape))


@given(JOBS)
def test_the_client_reads_what_the_server_writes(job: JobShape) -> None:
    view = job_view(sent(job))
    assert view.model_dump() == job.model_dump() and view.data == sent(job)
    assert {name: getattr(view, name) for name in JobShape.model_fields} == dict(job)
    assert view.ended == job.state.terminal


@given(st.data(), st.sampled_from(sorted(EVENTS)))
def test_each_event_is_the_shape_that_its_kind_says(data: st.DataObject, kind: str) -> None:
    shape = data.draw(shapes(EVENTS[kind]))
    event = JobEvent(kind, sent(shape), 1)
    assert getattr(event, kind) == shape
    assert [other for other in EVENTS if getattr(event, other) is not None] == [kind]


@given(JOBS, st.sets(st.sampled_from(sorted(JobShape.model_fields.keys() - {"id", "state"}))))
def test_what_an_older_server_does_not_send_is_empty_and_all_else_is_there(job: JobShape, unknown: set[str]) -> None:
    view = job_view({name: value for name, value in sent(job).items() if name not in unknown})
    for name in JobShape.model_fields:
        value = getattr(view, name)
        assert value in (None, (), {}) if name in unknown else value == getattr(job, name)


@given(JOBS.filter(lambda job: job.outputs), JSON)
def test_what_only_a_newer_server_knows_takes_nothing_away(job: JobShape, more: Any) -> None:
    answer = sent(job)
    answer |= {"state": "paused", "rays": more, "progress": {"value": 2.5, "phase": more}}
    answer["outputs"][0] |= {"kind": "hologram", "depth": more}
    view = job_view(answer)
    assert (view.state, view.ended, view.data) == ("paused", False, answer)
    assert view.progress is not None and (view.progress.value, view.progress.done, view.progress.step) == (
        2.5,
        (),
        None,
    )
    assert view.outputs[0].model_copy(update={"kind": job.outputs[0].kind}) == job.outputs[0]
    same = JobShape.model_fields.keys() - {"state", "outputs", "progress"}
    assert {name: getattr(view, name) for name in same} == {name: getattr(job, name) for name in same}


@pytest.mark.parametrize("data", [{"state": "paused"}, {"stage": 2}, [], None, "lost"])
def test_events_of_a_newer_server_do_not_end_a_stream(data: Any) -> None:
    for kind in ("status", "thawed"):
        event = JobEvent(kind, data, 1)
        assert not event.final and event.picture is None and event.progress is None
    assert JobEvent("preview", data, 0).picture is None


FIRST = """{
  "id": "a46b9c87-0e51-4a98-8ebd-d9d0123281bb", "state": "succeeded", "preset": "flux-dev",
  "parameters": {"prompt": "x", "steps": 2, "seed": 7}, "seed": 7, "position": null,
  "progress": {
    "value": 0.5, "nodes_done": 1, "nodes_total": 2, "node": null, "class_type": null, "step": null, "steps": null
  },
  "attempt": 1, "cancel_requested": false, "created_at": "2026-11-25T12:11:46.290+00:00",
  "started_at": "2026-11-25T12:11:46.291+00:00", "ended_at": "2026-11-25T12:11:46.303+00:00",
  "metrics": {"queue_ms": 1, "execution_ms": 12, "nodes": {"save": 9.2}}, "warnings": [],
  "outputs": [{
    "number": 0, "node": "save", "kind": "image", "media_type": "image/png", "name": "flux_dev_00001_.png",
    "size": 2533, "simulated": true, "id": "e46c2037-b12c-4867-8f80-69695fabed5d", "folder": "output",
    "hash": "96eeccdcba28d5983854b71a96730642c8ccbd3f8dfb420a95de5284c15895c6",
    "url": "/jobs/a46b9c87-0e51-4a98-8ebd-d9d0123281bb/outputs/0"
  }],
  "error": null, "urls": {"self": "/jobs/a46b9c87", "events": "/jobs/a46b9c87/events"}
}"""
"""What the first server that this client speaks to answered."""


def test_a_job_of_the_first_server_is_read_with_values_of_the_right_types() -> None:
    """Whoever adds a field that is neither empty nor None where it is left out breaks this: give it a default."""
    view = job_view(json.loads(FIRST))
    assert JobShape.model_validate(view.model_dump()).model_dump() == view.model_dump()
    assert (view.labels, view.inputs, view.attempts, view.seed_text) == ({}, (), (), None)
    assert view.ended and view.created_at.year == 2026 and view.progress is not None and view.progress.done == ()
    assert view.outputs[0].face is None and view.metrics.get("nodes") == {"save": 9.2}


def test_a_job_is_a_value() -> None:
    view = job_view(json.loads(FIRST))
    for same in (job_view(json.loads(FIRST)), copy.deepcopy(view), pickle.loads(pickle.dumps(view))):
        assert same == view and same.data == view.data
    with pytest.raises(ValueError, match="frozen"):
        view.state = view.state


def test_what_was_a_mapping_is_read_like_one_for_some_time() -> None:
    progress: Any = job_view(json.loads(FIRST)).progress
    old: list[tuple[Callable[[], Any], Any]] = [
        (lambda: progress["value"], 0.5),
        (lambda: progress.get("value"), 0.5),
        (lambda: progress.get("phase", 7), 7),
        (lambda: ("value" in progress, "phase" in progress), (True, False)),
    ]
    for read, value in old:
        with pytest.warns(DeprecationWarning, match=r"goes in 0\.4\.0.*use `JobView\.progress\.value") as caught:
            assert read() == value
        assert caught[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="goes in"), pytest.raises(KeyError):
        progress["phase"]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"<html>", b'{"id": "x"}', b'{"loras": []}'])
def test_an_answer_that_is_no_job_says_so(body: bytes) -> None:
    flow = flows.job("x")
    next(flow)
    with pytest.raises(RequestFailed, match="has no `id` and `state`; is this the address of a ryla_graphs server"):
        flow.send(Answer(200, {}, body))
