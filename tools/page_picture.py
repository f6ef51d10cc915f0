"""Writes docs/images/page.webp: the page of a simulated server after two runs. Run it when the page looks different.

python -m tools.page_picture
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from ryla_graphs import RylaClient, connect, create_app
from ryla_graphs.server import SqliteStore
from tests.server.live import listening

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "page.webp"


def main() -> None:
    """Serve, run twice, press Run once more, and keep what Chromium shows."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed: the picture is taken with it")
    with (
        tempfile.TemporaryDirectory() as folder,
        listening(create_app(connect("simulator"), SqliteStore(Path(folder)))) as address,
        sync_playwright() as started,
    ):
        with RylaClient(address) as client:
            for seed in (1, 2):
                client.flux_dev(prompt="a red bicycle", seed=seed)
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = browser.new_page(viewport={"width": 1280, "height": 880})
        page.goto(address)
        page.get_by_label("Seed").fill("3")
        page.get_by_role("button", name="Run", exact=True).click()
        page.get_by_role("link", name="Download").wait_for()
        page.wait_for_load_state("networkidle")
        shown = page.screenshot()
        browser.close()
    PICTURE.parent.mkdir(exist_ok=True)
    Image.open(io.BytesIO(shown)).convert("RGB").save(PICTURE, quality=60, method=6)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
