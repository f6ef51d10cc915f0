"""Names and texts of strangers on the page: they are shown, run nothing, and leave the layout as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from ryla_graphs.problems import ExecutionFailed
from tests.page.acts import run
from tests.server.scripted import ScriptedEngine, ending

if TYPE_CHECKING:
    from playwright.sync_api import Page

TEXTS = {
    "html": "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>",
    "right to left": "\u202egnp.exe\u2066\u202e a fox",
    "terminal": "\x1b[31m a\nfox\r\x9b\u2028\u0085",
    "long": "n" * 10_000,
    "marks": "z" + "\u0300\u0301\u0302" * 300,
    "wide": "狐" * 3000,
}


def graph(text: str, node: str) -> dict[str, Any]:
    """A graph with a text, by which the page names the job, and with an output node."""
    return {
        "a": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 1}},
        "t": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": text}, "_meta": {"title": text}},
        node: {
            "class_type": "SaveImage",
            "inputs": {"images": ["a", 0], "filename_prefix": f"p{text}"},
            "_meta": {"title": text},
        },
    }


def fits(page: Page) -> None:
    """Nothing is wider than the window, at a desk and on a phone, and no script of a text has run."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.title() != "broken"


@pytest.mark.parametrize("kind", TEXTS)
def test_a_job_of_a_stranger(kind: str, page: Page, address: str, engine: ScriptedEngine) -> None:
    text = TEXTS[kind]
    label = text.encode("utf-8", "replace").decode()[:512]
    node = text if text.isprintable() else "save"
    requests.post(f"{address}/workflow", json={"workflow": graph(text, node), "labels": {"who": label}}, timeout=60)
    engine.acts.append(ending(ExecutionFailed(f"SaveImage '{node}' failed: {text}", node=node, class_type="SaveImage")))
    requests.post(f"{address}/workflow", json=graph(text, node), timeout=60)
    requests.post(f"{address}/flux-dev", json={"prompt": text, "width": 64, "height": 64, "steps": 1}, timeout=60)
    page.goto(f"{address}/#/flux-dev")
    page.locator(".history li").nth(2).wait_for()
    for place in range(3):
        page.locator(".history li").nth(place).locator("button").first.click()
        page.locator(".state.succeeded, .state.failed").first.wait_for()
        fits(page)


@pytest.mark.parametrize("kind", TEXTS)
def test_a_prompt_of_ones_own(kind: str, page: Page, address: str) -> None:
    page.goto(f"{address}/#/flux-dev?width=64&height=64&steps=1")
    page.get_by_label("Prompt required").fill(TEXTS[kind])
    run(page)
    page.locator(".state.succeeded").wait_for()
    fits(page)
