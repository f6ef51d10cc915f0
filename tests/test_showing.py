"""How a workflow shows itself: SVG, notebooks, terminals, and `run --watch`."""

from __future__ import annotations

import base64
import io
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from PIL import Image

from ryla_graphs import RylaError, Workflow, catalogs, connect, presets, run
from ryla_graphs.cli.pictures import frames, protocol_of
from ryla_graphs.cli.watching import run_on_each_save
from ryla_graphs.engines.events import Event
from ryla_graphs.formats.drawing import drawn, svg
from ryla_graphs.nodes import EmptyImage, SaveImage
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.prompt import Prompt
from ryla_graphs.testing import graphs, mutations

CATALOG = catalogs.bundled()


def small(name: str = "grey") -> Workflow:
    return Workflow(SaveImage(images=EmptyImage(width=64, height=64).named(name)).named("save"))


@given(graphs())
def test_boxes_are_apart_and_links_end_at_them(workflow: Workflow) -> None:
    drawing = drawn(Prompt(workflow.compile(check=False).document, CATALOG))
    for node in drawing.nodes:
        assert 0 <= node.x <= drawing.width - node.width
        assert 0 <= node.y <= drawing.height - node.height
        for other in drawing.nodes:
            apart = (
                node.x + node.width <= other.x
                or other.x + other.width <= node.x
                or node.y + node.height <= other.y
                or other.y + other.height <= node.y
            )
            assert node is other or apart
        assert all(upper.y < lower.y < node.height for upper, lower in pairwise(node.inputs))
    ids = {node.id for node in drawing.nodes}
    assert all({link.source, link.target} <= ids for link in drawing.links)
    assert ET.fromstring(workflow.to_svg()) is not None


@given(graphs().flatmap(lambda workflow: mutations(workflow.compile(check=False).document)))
def test_whatever_is_a_prompt_is_drawn_or_refused(prompt: Any) -> None:
    try:
        workflow = Workflow.load(prompt)
        ET.fromstring(workflow.to_svg())
    except RylaError:
        return


def test_a_drawing_says_what_a_link_carries_and_where() -> None:
    drawing = drawn(Prompt(small().compile().document, CATALOG)).to_dict()
    assert [node["id"] for node in drawing["nodes"]] == ["grey", "save"]
    (link,) = drawing["links"]
    assert (link["source"], link["slot"], link["target"], link["input"], link["type"]) == (
        "grey",
        0,
        "save",
        "images",
        "IMAGE",
    )
    assert drawing["nodes"][1]["output"]


def test_text_of_a_graph_is_no_markup() -> None:
    document = {'<script>"&\x07': {"class_type": "<b>", "inputs": {}}}
    picture = svg(drawn(Prompt(document, CATALOG)))
    assert "<script>" not in picture
    assert ET.fromstring(picture) is not None


def test_a_notebook_marks_the_nodes_with_errors() -> None:
    good = small()._repr_mimebundle_()
    assert "marked" not in good["image/svg+xml"].partition("</style>")[2]
    bad = Workflow.load({"1": {"class_type": "SaveImage", "inputs": {}}})._repr_mimebundle_()
    assert 'class="node output marked"' in bad["image/svg+xml"]


def test_a_notebook_says_why_a_graph_cannot_be_drawn() -> None:
    twice = Workflow(SaveImage(images=EmptyImage(width=64, height=64).named("a"), filename_prefix="x").named("a"))
    shown = twice._repr_mimebundle_()
    assert "image/svg+xml" not in shown
    assert "a" in shown["text/plain"]


def test_a_result_shows_its_pictures() -> None:
    html = run(connect("simulator"), small())._repr_html_()
    content = base64.b64decode(html.partition("base64,")[2].partition('"')[0])
    assert Image.open(io.BytesIO(content)).size == (64, 64)
    assert "(simulated)" in html


def test_the_progress_in_a_notebook_follows_the_run() -> None:
    from ryla_graphs.notebook import _Shown

    shown, seen = _Shown(), []

    def on_event(event: Event) -> None:
        if shown.take(event):
            seen.append(shown.html())

    run(
        connect("simulator"),
        presets.get("flux-dev").build(prompt="a", width=64, height=64, steps=2),
        on_event=on_event,
        previews=True,
    )
    assert any("KSampler 'sampler' · step 1 of 2" in html for html in seen)
    assert any("data:image" in html for html in seen)
    assert "finished" in seen[-1]


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM_PROGRAM": "WezTerm", "TMUX": "1"}, None),
        ({"TERM": "xterm-256color"}, None),
        ({}, None),
    ],
)
def test_only_terminals_that_can_show_pictures_get_them(environment: dict[str, str], protocol: str | None) -> None:
    assert protocol_of(environment) == protocol


def test_a_picture_arrives_whole_by_either_protocol() -> None:
    content = bytes(range(256)) * 40
    kitty = "".join(frames(content, "kitty"))
    pieces = [piece.partition(";")[2].removesuffix("\x1b") for piece in kitty.split("\x1b_G")[1:]]
    assert base64.b64decode("".join(piece.removesuffix("\\").removesuffix("\x1b") for piece in pieces)) == content
    assert kitty.count("m=0") == 1
    assert base64.b64encode(content).decode() in "".join(frames(content, "iterm2"))


def test_watching_runs_again_after_each_save_and_outlives_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, helper = tmp_path / "mine.py", tmp_path / "helper.py"
    file.write_text("x = 1")
    helper.write_text("y = 1")
    runs: list[str] = []
    todo: list[Callable[[], object]] = [
        lambda: None,
        lambda: file.write_text("x = 22"),
        lambda: None,
        lambda: helper.write_text("y = 33"),
        file.unlink,
    ]
    steps = iter(todo)

    def wait() -> None:
        try:
            next(steps)()
        except StopIteration:
            raise KeyboardInterrupt from None

    def once() -> None:
        runs.append(file.read_text())
        if len(runs) == 2:
            raise InvalidSettings("no good")

    with pytest.raises(KeyboardInterrupt):
        run_on_each_save(f"{file}:portrait", once, wait=wait)
    assert runs == ["x = 1", "x = 22", "x = 22"]
    assert "error: no good" in capsys.readouterr().err


def test_watching_needs_a_file() -> None:
    with pytest.raises(InvalidSettings, match="'flux-dev' is not one"):
        run_on_each_save("flux-dev", lambda: None)
