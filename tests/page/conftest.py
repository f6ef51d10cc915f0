"""A browser, and the page over a simulator."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ryla_graphs.server import Settings, SqliteStore, create_app
from tests.server.live import listening
from tests.server.scripted import ScriptedEngine

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SECONDS = 60_000
"""How long a test waits at most for what must come, in milliseconds: machines are busy."""

WATCH = """
window.broken = [];
document.addEventListener("securitypolicyviolation",
  (event) => broken.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium; skips where there is none, but for CI, which has one.

    No longer than these tests: Playwright runs an event loop in this thread.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no Chromium, so nothing of the page would be tried")
        pytest.skip("there is no Chromium here")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def engine() -> ScriptedEngine:
    """What the page's server runs on; tests add acts."""
    return ScriptedEngine()


@pytest.fixture(scope="module")
def address(engine: ScriptedEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is."""
    settings = Settings(lora_folder=tmp_path_factory.mktemp("loras"))
    with listening(create_app(engine, SqliteStore(tmp_path_factory.mktemp("data")), settings)) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab that breaks no policy, asks no other host for anything, and throws nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(SECONDS)
    context.add_init_script(WATCH)
    page = context.new_page()
    thrown: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    own = page.url.partition("/#")[0].rstrip("/")
    assert thrown == []
    assert page.evaluate("window.broken") == []
    assert [url for url in asked if not url.startswith((own, "blob:", "data:"))] == []
    context.close()
