"""Graphs on the page: opened, judged, changed in a form, looked into, run; and the inputs of earlier jobs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from PIL import Image

from ryla_graphs.engines.events import Cached, Event
from tests.engines.stub.script import PNG
from tests.page.acts import axe, drop, run, violations
from tests.server.live import until
from tests.server.scripted import ScriptedEngine
from tests.server.test_contract import flux

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

NODE = "[data-node='{}']"


def node_of(graph: dict[str, Any], class_type: str) -> str:
    return next(name for name, node in graph.items() if node["class_type"] == class_type)


def with_cached(events: Iterator[Event], node: str) -> Iterator[Event]:
    """The events of an engine that has what one node gives."""
    for event in events:
        if getattr(event, "node", None) != node:
            yield event
        if event.kind == "started":
            yield Cached(event.run, (node,))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture of more bytes than travel inside a request."""
    path = tmp_path / "me.png"
    Image.effect_noise((720, 640), 80).convert("RGB").save(path)
    assert path.stat().st_size > 300_000
    return path


def test_a_photo_that_is_too_large_is_scaled_where_it_was_chosen(page: Page, address: str, tmp_path: Path) -> None:
    Image.new("RGB", (4200, 4100), "teal").save(tmp_path / "photo.jpg", quality=30)
    page.goto(f"{address}/#/flux-kontext?prompt=at+night&steps=2")
    field = page.locator("[data-file-field=image]")
    field.locator("input").set_input_files(tmp_path / "photo.jpg")
    field.get_by_text("4200 × 4100").wait_for()
    run(page)
    page.locator("#field-image-error", has_text="the picture has 17.2 megapixels").wait_for()
    field.get_by_role("button", name="Scale it").click()
    field.get_by_text("2024 × 1976").wait_for()
    drop(page, "h1", "notes.png", "no picture", "image/png")  # no graph in it: the empty field takes it
    page.locator("[data-file-field=image2]").get_by_text("notes.png").wait_for()
    run(page)
    page.locator("#field-image2-error", has_text="not a picture, video or sound of a supported type").wait_for()
    assert page.locator("#field-image-error").count() == 0


def test_a_bad_graph_is_mended_in_its_form_and_run(
    page: Page, address: str, engine: ScriptedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none.json").write_text("no graph", encoding="utf-8")
    bad = flux()
    sampler = node_of(bad, "KSampler")
    bad[sampler]["inputs"]["steps"] = "many"
    loader = node_of(bad, "VAELoader")
    page.goto(f"{address}/#/flux-dev?prompt=kept")
    page.get_by_label("Prompt required").wait_for()
    page.get_by_label("Open a graph").set_input_files(tmp_path / "none.json")
    page.get_by_role("alert").filter(has_text="none.json").wait_for()
    drop(page, "body", "bad.json", json.dumps(bad), "application/json")
    page.get_by_text("It has errors.").wait_for()
    assert sampler in page.locator(".findings").first.inner_text()
    page.locator(f"{NODE.format(sampler)}.marked").wait_for()
    steps = page.get_by_label(f"Steps KSampler · {sampler}")
    assert steps.get_attribute("aria-invalid") == "true"
    steps.fill("3")
    page.get_by_text("It runs here.").wait_for()
    assert page.locator(".marked").count() == 0
    for name in ("Width", "Height"):
        page.get_by_label(name).fill("64")
    engine.acts.append(lambda events: with_cached(events, loader))  # now: no run of an earlier test may take it
    with page.expect_response(lambda answer: answer.url.endswith("/workflow") and answer.ok) as accepted:
        run(page)
    page.locator(".outputs img").wait_for()
    assert page.evaluate("document.querySelector('.outputs img').naturalWidth") == 64
    page.locator(".state.succeeded").wait_for()
    page.locator(f"{NODE.format(sampler)}[data-state=done]").wait_for()
    page.locator(NODE.format(sampler)).click()
    assert "ran" in page.locator(".details").inner_text()
    page.locator(NODE.format(loader)).click()
    page.locator(".details", has_text="the engine had its result").wait_for()
    job = accepted.value.json()
    ran = page.evaluate("(id) => fetch(`/api/v2/jobs/${id}/workflow`).then((answer) => answer.json())", job["id"])
    assert ran["workflow"][sampler]["inputs"]["steps"] == 3
    page.locator(".history .current", has_text="bad.json").wait_for()
    (tmp_path / "bad.json").write_text(json.dumps(bad), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    page.get_by_role("tab", name="Python").click()
    exec(page.locator("#code-panel").inner_text(), {"__name__": "example"})
    assert len(list(tmp_path.glob("*.png"))) == 1, "the code that is shown runs, too"
    page.get_by_role("button", name="Close bad.json").click()
    assert page.get_by_label("Prompt required").input_value() == "kept", "the form of before is there again"


def test_files_that_came_along_are_sent_with_a_changed_graph(page: Page, address: str) -> None:
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "me.png"}},
        "2": {"class_type": "ImageScale", "inputs": {"image": ["1", 0], "upscale_method": "area", "crop": "disabled"}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "small"}},
    }
    content = "data:image/png;base64," + base64.b64encode(PNG).decode()
    page.goto(address)
    page.get_by_label("Prompt required").wait_for()
    drop(page, "body", "body.json", json.dumps({"workflow": graph, "inputs": {"me.png": content}}), "application/json")
    page.locator("[data-file-field]", has_text="me.png, which came along").locator("img").wait_for()
    for name in ("Width", "Height"):  # which the graph lacks
        page.get_by_label(f"{name} required").fill("48")
    page.get_by_text("It runs here.").wait_for()
    run(page)
    page.locator(".outputs img").wait_for()
    assert page.evaluate("document.querySelector('.outputs img').naturalWidth") == 48


def test_a_node_is_looked_into_by_keyboard(page: Page, address: str) -> None:
    graph = flux()
    sampler, decoder = node_of(graph, "KSampler"), node_of(graph, "VAEDecode")
    page.goto(address)
    page.get_by_label("Prompt required").wait_for()
    drop(page, "body", "good.json", json.dumps(graph), "application/json")
    page.locator(".opened").wait_for()
    page.locator(NODE.format(sampler)).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(id) => document.activeElement.dataset.node === id", arg=decoder)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    details = page.locator(".details")
    details.wait_for()
    page.wait_for_function("document.activeElement.textContent === 'KSampler'")
    said = details.inner_text()
    assert "KSampler · node" in said and "euler" in said and f"VAEDecode · {decoder}" in said
    page.evaluate(axe())
    assert violations(page) == []
    details.get_by_role("button", name="steps", exact=True).click()
    page.wait_for_function("(name) => document.activeElement.name === name", arg=f"{sampler}.steps")
    details.get_by_role("button", name="VAEDecode").click()
    page.wait_for_function("document.activeElement.textContent === 'VAEDecode'")
    page.keyboard.press("Escape")
    details.wait_for(state="detached")
    page.wait_for_function("(id) => document.activeElement.dataset.node === id", arg=decoder)


def test_the_inputs_of_an_earlier_job_are_used_again(page: Page, address: str, photo: Path) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto(f"{address}/#/flux-kontext?prompt=at+night&steps=2")
    run(page)
    page.locator("#field-image-error", has_text="choose a file").wait_for()
    field = page.locator("[data-file-field=image]")
    field.locator("input").set_input_files(photo)
    field.get_by_text("720 × 640").wait_for()
    page.wait_for_function("!document.querySelector('[data-file-field] progress')")
    run(page)
    page.locator(".result footer").wait_for()
    page.get_by_label("Preset", exact=True).select_option("flux-dev")
    field.wait_for(state="detached")  # that preset has none
    page.get_by_role("button", name="Use these inputs").click()
    field.locator("img").wait_for()
    assert page.get_by_label("Prompt required").input_value() == "at night"
    with page.expect_response(lambda answer: answer.url.endswith("/flux-kontext") and answer.ok):
        run(page)
    assert len([url for url in sent if url.endswith("/api/v2/assets")]) == 1, "sent once, as a file"


def test_a_job_that_ended_before_its_answer_came_shows_what_was_cached(
    page: Page, address: str, engine: ScriptedEngine
) -> None:
    graph = flux()
    loader = node_of(graph, "VAELoader")

    def late(route: Route) -> None:
        answer = route.fetch()
        where = f"{address}/jobs/{answer.json()['id']}"
        until(lambda: requests.get(where, timeout=60).json()["state"] == "succeeded")
        route.fulfill(response=answer, json=requests.get(where, timeout=60).json())

    page.goto(f"{address}/#/flux-dev?prompt=kept")
    page.get_by_label("Prompt required").wait_for()
    drop(page, "body", "good.json", json.dumps(graph), "application/json")
    page.get_by_text("It runs here.").wait_for()
    page.route("**/workflow", late)
    engine.acts.append(lambda events: with_cached(events, loader))
    run(page)
    page.locator(".state.succeeded").wait_for()
    page.locator(f"{NODE.format(loader)}[data-state=cached]").wait_for()
