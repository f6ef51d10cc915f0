"""SaveImageWebsocket and its like: outputs that come over the socket, and are nowhere else."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs import Workflow, catalogs
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import run
from ryla_graphs.engines.comfyui import Patience
from ryla_graphs.engines.events import Event, Failed, Finished
from ryla_graphs.problems import OutputMissing
from tests.conftest import recorded, recorded_json
from tests.engines.following import followed
from tests.engines.stub import PNG, TRUSTING, Script, boundaries, serving

ENTRY: dict[str, Any] = {
    "input": {"required": {"images": ["IMAGE"]}},
    "output": [],
    "python_module": "custom_nodes.websocket_image_save",
    "output_node": True,
}
CATALOG = catalogs.bundled() | catalogs.from_object_info({"SaveImageWebsocket": ENTRY, "CustomSink": ENTRY})


def graph(class_type: str = "SaveImageWebsocket", batch: int = 3) -> CompiledWorkflow:
    document = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": batch, "color": 0}},
        "out": {"class_type": class_type, "inputs": {"images": ["1", 0]}},
    }
    return Workflow.load(document, catalog=CATALOG).compile()


def script(**facts: Any) -> Script:
    return Script(outputs={}, sent={"out": 3}, **facts)


def names(events: list[Event]) -> list[str]:
    last = events[-1]
    assert isinstance(last, Finished), last
    return [artifact.filename for artifact in last.outputs]


@pytest.mark.parametrize("metadata", [True, False])
def test_they_are_outputs(metadata: bool, tmp_path: Path) -> None:
    with serving(script(metadata=metadata)) as (engine, _):
        result = run(engine, graph())
    assert [(artifact.node, artifact.kind, artifact.media_type) for artifact in result.outputs] == [
        ("out", "image", "image/png")
    ] * 3
    assert [path.name for path in result.save(tmp_path)] == ["out_00001_.png", "out_00002_.png", "out_00003_.png"]
    assert [artifact.read() for artifact in result.outputs] == [PNG + index.to_bytes(2, "big") for index in range(3)]


def test_previews_of_other_nodes_are_none() -> None:
    with serving(script()) as (engine, _):
        events = followed(lambda: engine.start(graph(), previews=True))
    assert len(names(events)) == 3
    assert [event.kind for event in events].count("preview") == 6


def test_the_recorded_graph_promises_them() -> None:
    entry = recorded_json("packs/Comfy-Org__ComfyUI__websocket_image_save.json.gz")["classes"]
    catalog = catalogs.bundled() | catalogs.from_object_info(entry)
    document = json.loads(recorded("repro/save_image_websocket.json").read_text())
    (promised,) = Workflow.load(document, catalog=catalog).compile().outputs
    assert (promised.kind, promised.at_least) == ("image", 1)


def test_fewer_than_the_batch_are_no_success() -> None:
    with serving(Script(outputs={}, sent={"out": 2})) as (engine, _), pytest.raises(OutputMissing) as caught:
        run(engine, graph())
    assert "promised 3 image outputs but delivered 2" in str(caught.value)
    assert "SaveImage stores them on the server" in str(caught.value)


@pytest.mark.parametrize("event", range(boundaries(script()) - 2))
def test_a_break_loses_none_in_silence(event: int) -> None:
    with serving(script(faults={event: "drop"}, waits_for_return=True), TRUSTING) as (engine, stub):
        events = followed(lambda: engine.start(graph()))
        last = events[-1]
        if isinstance(last, Failed):
            assert isinstance(last.error, OutputMissing)
        else:
            assert names(events) == ["out_00001_.png", "out_00002_.png", "out_00003_.png"]
        assert len(stub.executed) == 1


def test_none_is_left_out_where_no_reader_comes_for_a_while() -> None:
    with serving(Script(outputs={}, sent={"out": 200}, previews=False)) as (engine, stub):
        started = engine.start(graph(batch=200))
        while not stub.sent_end:
            time.sleep(0.01)
        assert len(names(followed(lambda: started))) == 200


def test_an_answer_may_overtake_them() -> None:
    """The record says that the run is over while its pictures are still on their way."""
    patience = Patience(silence=1.0, unreachable=60)
    with serving(script(overtaken=True), patience) as (engine, _):
        assert len(names(followed(lambda: engine.start(graph())))) == 3


def test_a_run_that_is_resumed_elsewhere_has_lost_them() -> None:
    with serving(script()) as (engine, _):
        first = run(engine, graph())
        last = followed(lambda: engine.resume(first.run, graph()))[-1]
    assert isinstance(last, Failed) and isinstance(last.error, OutputMissing)


def test_an_output_node_of_an_unknown_kind_must_deliver_something() -> None:
    with serving(Script(outputs={})) as (engine, _), pytest.raises(OutputMissing) as caught:
        run(engine, graph("CustomSink"))
    assert str(caught.value) == "CustomSink 'out' is an output node but delivered nothing"
    assert (caught.value.node, caught.value.class_type) == ("out", "CustomSink")


@pytest.mark.parametrize("nothing", [{"images": []}, {"a": [], "b": ""}, {}])
def test_to_report_nothing_is_to_deliver_nothing(nothing: dict[str, Any]) -> None:
    with serving(Script(outputs={"out": nothing})) as (engine, _), pytest.raises(OutputMissing):
        run(engine, graph("CustomSink"))


def test_whatever_such_a_node_reports_is_an_output() -> None:
    with serving(Script(outputs={"out": {"dims": [64, 32], "note": "x"}})) as (engine, _):
        (artifact,) = run(engine, graph("CustomSink")).outputs
    assert (artifact.filename, artifact.kind) == ("out_00001_.json", "text")
    assert artifact.text == '{"dims": [64, 32], "note": "x"}'
