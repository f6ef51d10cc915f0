"""The page in a real browser: what people do on it, from the first look to the history."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ryla_graphs import presets
from ryla_graphs.engines.events import Event, Preview
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.safety.tokens import Tokens
from tests.engines.stub.script import PNG
from tests.page.acts import axe, drop, run, violations
from tests.server.live import listening
from tests.server.scripted import Held, ScriptedEngine
from tests.server.test_loras import FLUX

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

NAMES = "[...document.querySelectorAll('.form [name]:not(fieldset [name])')].map((each) => each.name)"
"""The fields of the form, without those inside fields."""

TOKEN = "a-token-of-mine-that-is-long"


def test_from_a_bad_value_to_a_picture_to_the_history(page: Page, address: str) -> None:
    page.goto(f"{address}/#/flux-dev?width=256&height=256")
    page.get_by_label("Prompt required").fill("<img src=x onerror=alert(1)> a red bicycle")
    steps = page.get_by_role("spinbutton", name="Steps")
    steps.fill("999")
    run(page)
    error = page.locator("#field-steps-error")
    error.wait_for()
    assert "200" in error.inner_text()
    page.wait_for_function("document.activeElement.id === 'field-steps'")
    steps.fill("4")
    page.keyboard.press("Control+Enter")
    page.locator(".outputs img").wait_for()
    page.locator(".state.succeeded").wait_for()
    assert page.evaluate("document.querySelector('.outputs img').naturalWidth") == 256
    assert page.get_by_role("link", name="Download").get_attribute("download")
    page.evaluate(axe())
    page.locator("summary", has_text="Advanced").click()
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.reload()
    page.locator(".history li", has_text="a red bicycle").locator("button").click()
    page.locator(".outputs img").wait_for()
    assert steps.input_value() == "4", "the address holds the values"


def shown(events: Iterator[Event]) -> Iterator[Event]:
    """The events, with a preview before the first node."""
    for event in events:
        if event.kind == "node":
            yield Preview(event.run, None, "image/png", PNG)
        yield event


def test_a_job_is_seen_at_work_and_cancelled(page: Page, address: str, engine: ScriptedEngine) -> None:
    held = Held()
    engine.acts.append(lambda events: held(shown(events)))
    page.goto(f"{address}/#/flux-dev?prompt=a+fox&width=64&height=64")
    page.locator(".graph svg").wait_for()
    run(page)
    assert held.reached.wait(60)
    page.locator("progress").wait_for()
    page.locator("img.preview").wait_for()
    page.locator("[data-state=running]").wait_for()
    page.reload()  # the job that runs is found again
    page.locator("[data-state=running]").wait_for()
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("button", name="Cancel").click()
    held.go.set()
    page.locator(".state.cancelled").wait_for()
    assert page.get_by_role("button", name="Run", exact=True).is_enabled()


def test_streams_that_are_cut_lose_nothing(page: Page, tmp_path: Path) -> None:
    held = Held()
    app = create_app(ScriptedEngine(held), SqliteStore(tmp_path), Settings(stream_seconds=0.15))
    with listening(app) as address:
        page.goto(f"{address}/#/flux-dev?prompt=a+fox&width=64&height=64")
        run(page)
        for _ in range(3):
            page.wait_for_event("request", lambda request: request.url.endswith("/events"))
        held.go.set()
        page.locator(".state.succeeded").wait_for()
        page.locator(".outputs img").wait_for()
        assert page.locator(".history li").count() == 1


def test_every_preset_has_a_form(page: Page, address: str) -> None:
    page.goto(f"{address}/#/no%-such?prompt=x")
    page.get_by_role("alert").filter(has_text="There is no preset").wait_for()
    page.goto(f"{address}/#/flux-dev?prompt=kept")
    page.get_by_label("Prompt required").wait_for()
    page.route("**/flux-dev", lambda route: route.continue_(url=f"{address}/gone"))
    run(page)
    page.get_by_role("alert").filter(has_text="There is no 'flux-dev' here any more").wait_for()
    assert page.get_by_label("Prompt required").input_value() == "kept"
    for name in presets.NAMES:
        page.get_by_label("Preset", exact=True).select_option(name)
        page.wait_for_function("(name) => location.hash.startsWith(`#/${name}`) && location.hash.length > 3", arg=name)
        schema = presets.get(name).parameters.model_json_schema()
        shown = page.evaluate(NAMES)
        assert sorted(shown) == sorted(schema["properties"]), name
        assert page.locator(".row.json").count() == ("seeds" in schema["properties"]), name


def test_a_preset_that_comes_late_does_not_replace_the_one_chosen_since(page: Page, address: str) -> None:
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    page.goto(f"{address}/#/flux-dev?prompt=kept")
    page.get_by_label("Prompt required").wait_for()
    page.route("**/presets/flux-lora", hold)
    choice = page.get_by_label("Preset", exact=True)
    with page.expect_request("**/presets/flux-lora"):
        choice.select_option("flux-lora")
    choice.select_option("flux-schnell")
    page.wait_for_function("() => location.hash.startsWith('#/flux-schnell')")
    with page.expect_response("**/presets/flux-lora") as answer:
        late[0].continue_()
    answer.value.finished()
    page.wait_for_function("() => new Promise((done) => setTimeout(() => done(true)))")  # what awaits it has run
    assert page.evaluate("location.hash").startswith("#/flux-schnell")


def test_files_are_dropped_and_pasted_and_what_is_none_is_refused(page: Page, address: str) -> None:
    page.goto(f"{address}/#/flux-kontext?prompt=at+night")
    field = page.locator("[data-file-field=image]")
    field.wait_for()
    drop(page, "[data-file-field=image]", "notes.txt", "no picture", "text/plain")
    page.get_by_role("alert").filter(has_text="notes.txt is not a picture (text/plain)").wait_for()
    drop(page, "body", "broken.png", "no picture either", "image/png", event="paste")
    field.get_by_text("broken.png").wait_for()
    run(page)
    page.locator("#field-image-error").filter(has_text="not a picture, video or sound of a supported type").wait_for()


def test_a_token_goes_from_the_address_into_the_session(page: Page, tmp_path: Path) -> None:
    settings = Settings(tokens=Tokens.parse(f"me:{TOKEN}"))
    with listening(create_app(Simulator(), SqliteStore(tmp_path), settings)) as address:
        page.goto(address)
        page.get_by_label("This server asks for a token.").fill("a wrong one")
        page.get_by_role("button", name="Enter").click()
        page.get_by_label("does not take this token").fill(TOKEN)
        page.get_by_role("button", name="Enter").click()
        page.get_by_label("Prompt required").fill("half a thought")
        page.evaluate("sessionStorage.setItem('ryla-token', 'expired')")
        run(page)
        page.get_by_label("does not take this token").fill(TOKEN)
        page.get_by_role("button", name="Enter").click()
        page.locator(".sign-in").wait_for(state="detached")
        assert page.get_by_label("Prompt required").input_value() == "half a thought"
        page.evaluate("sessionStorage.clear()")
        page.goto(f"{address}/#token={TOKEN}")
        page.reload()
        page.get_by_label("Prompt required").wait_for()
        assert TOKEN not in page.url
        page.wait_for_function("() => location.hash.startsWith('#/flux-dev?prompt=')")


def test_loras_are_rows_and_their_errors_stand_below_them(page: Page, address: str) -> None:
    lora = page.request.post(
        f"{address}/loras",
        multipart={"file": {"name": "Anne.safetensors", "mimeType": "application/octet-stream", "buffer": FLUX}},
    ).json()
    page.goto(f"{address}/#/flux-dev?prompt=a+fox&width=64&height=64&seed=18446744073709551615")
    page.locator("summary", has_text="Advanced").click()
    page.get_by_role("button", name="Add to LoRAs").click()
    page.get_by_role("spinbutton", name="LoRA strength").last.fill("99")
    run(page)
    page.locator("#field-loras-error").filter(has_text="0.loraStrength").wait_for()
    offered = page.locator("#field-loraId-offered option")
    assert offered.get_attribute("value") == lora["id"] and lora["name"] in offered.inner_text()
    group = page.get_by_role("group", name="LoRAs", exact=True)
    group.get_by_label("LoRA id").fill("style")
    group.get_by_label("LoRA strength").fill("0.5")
    page.get_by_role("tab", name="Python").click()
    code = page.locator("#code-panel").inner_text()
    assert 'loras=[{"loraId": "style", "loraStrength": 0.5}]' in code
    assert "seed=18446744073709551615," in code, "all its digits"


def test_two_results_are_compared_and_one_becomes_an_input(page: Page, address: str) -> None:
    page.goto(f"{address}/#/flux-dev?prompt=a+lamp&width=64&height=64")
    for seed in ("1", "2"):
        page.get_by_label("Seed", exact=True).fill(seed)
        run(page)
        page.locator(".result footer", has_text=f"seed {seed} ").wait_for()
    for place in (1, 0):
        page.get_by_label("Compare: a lamp").nth(place).check()
    page.get_by_label("Where the left picture ends").fill("25")
    assert "75%" in (page.locator(".compare .over").get_attribute("style") or "")
    assert page.locator(".compare tbody th").all_inner_texts() == ["seed"]
    page.get_by_label("Preset", exact=True).select_option("flux-kontext")
    field = page.locator("[data-file-field=image]")
    page.locator(".past").first.drag_to(field)
    field.locator("img").wait_for()
    run(page)
    page.locator(".result footer").wait_for()
    page.locator(".history .current", has_text="flux-kontext").wait_for()


def test_the_code_that_is_shown_runs(page: Page, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page.goto(f"{address}/#/flux-dev?width=64&height=64")
    page.get_by_label("Prompt required").fill('it\'s "ré\\d"\nand $HOME `ls`')
    page.get_by_role("tab", name="Python").click()
    exec(page.locator("#code-panel").inner_text(), {"__name__": "example"})
    assert len(list(tmp_path.glob("*.png"))) == 1
    if shutil.which("curl"):
        page.get_by_role("tab", name="curl").click()
        (tmp_path / "by_curl").mkdir()
        subprocess.run(["sh", "-c", page.locator("#code-panel").inner_text()], cwd=tmp_path / "by_curl", check=True)
        assert len(list((tmp_path / "by_curl").glob("*.png"))) == 1
