"""The editor's file goes on to the engine, so that saved pictures open in the editor as they were laid out."""

from __future__ import annotations

import io
import json
import math
from typing import Any

import pytest
from PIL import Image

from ryla_graphs import Workflow, catalogs
from ryla_graphs.engines import connect, run
from ryla_graphs.engines.wire_format import Job
from ryla_graphs.nodes import EmptyImage, SaveImage
from tests.engines.stub import Script, file, serving


@pytest.fixture
def ui() -> dict[str, Any]:
    picture = EmptyImage(width=64, height=64, batch_size=1, color=0).named("1")
    return Workflow(SaveImage(images=picture, filename_prefix="x").named("2")).to_ui()


def sent(workflow: Workflow) -> Any:
    """What a server is given beside the prompt."""
    with serving(Script(outputs={"2": {"images": [file("x.png")]}})) as (engine, stub):
        run(engine, workflow.compile())
        return stub.submitted[0]["extra_data"].get("extra_pnginfo")


def test_a_server_gets_the_file_that_was_opened(ui: dict[str, Any]) -> None:
    assert sent(Workflow.open(ui)) == {"workflow": ui}
    beside = {"prompt": Workflow.open(ui).compile().document, "extra_data": {"extra_pnginfo": {"workflow": ui}}}
    assert sent(Workflow.open(beside)) == {"workflow": ui}
    assert sent(Workflow.open(beside["prompt"])) is None


def test_a_graph_that_has_changed_is_not_what_the_file_shows(ui: dict[str, Any]) -> None:
    opened = Workflow.open(ui)
    assert sent(opened.noting(())) == {"workflow": ui}
    assert sent(opened.set("1.width", 128)) is None
    old = opened.node("1")
    assert sent(opened.replace(old, EmptyImage(width=8, height=8).named("1"))) is None
    assert opened.prefixed("part").origin.ui is None


def test_values_that_are_no_json_are_sent_as_browsers_read_them(ui: dict[str, Any]) -> None:
    assert sent(Workflow.open({**ui, "extra": {"zoom": math.nan}}))["workflow"]["extra"] == {"zoom": None}


def test_the_simulator_saves_it_too(ui: dict[str, Any]) -> None:
    (picture,) = run(connect(), Workflow.open(ui)).outputs
    assert json.loads(Image.open(io.BytesIO(picture.read())).text["workflow"]) == ui  # type: ignore[attr-defined]
    again = Workflow.open(picture.read())
    assert again.origin.ui == ui and again.compile() == Workflow.open(ui, name=again.name).compile()


def test_a_worker_gets_it(ui: dict[str, Any]) -> None:
    content = json.loads(json.dumps(Job("x", Workflow.open(ui).compile(), {}, previews=False).to_dict()))
    assert Job.from_dict(content, catalogs.bundled()).workflow.origin.ui == ui
    del content["ui"]  # an older sender
    assert Job.from_dict(content, catalogs.bundled()).workflow.origin.ui is None
