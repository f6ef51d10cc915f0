"""Make a picture on the page of an installed `ryla-graphs serve`, in Chromium.

`python scripts/smoke_page.py PROGRAM`, where PROGRAM is the `ryla-graphs` of any environment. Needs playwright here and
a Chromium; `smoke_wheel.py` calls it for the wheel.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
MILLISECONDS = 120_000
_ADDRESS = re.compile(r"http://[\w.:]+\d+")


@contextmanager
def serving(program: Path, folder: Path) -> Iterator[str]:
    """The address of the server, which runs outside of any checkout while the `with` lasts."""
    command = [str(program), "serve", "--port", "0", "--data-dir", "data"]
    log = folder / "serve.log"
    with (
        log.open("w", encoding="utf-8") as out,
        subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT) as server,
    ):
        try:
            while (found := _ADDRESS.search(log.read_text(encoding="utf-8"))) is None:
                if server.poll() is not None:
                    raise SystemExit(f"$ {' '.join(command)}\n{log.read_text(encoding='utf-8')}")
                time.sleep(0.05)
            yield found[0]
        finally:
            server.terminate()


def make_a_picture(address: str) -> None:
    """What a new user does first; raises if the page throws, breaks its policy, or gives no picture."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - the wheel is tried without it where there is none

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = browser.new_page()
        page.set_default_timeout(MILLISECONDS)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(f"{address}/#/flux-dev?prompt=a+bicycle&width=64&height=64")  # a form without a prompt is refused
        page.get_by_label("Prompt required").fill("a red bicycle")
        page.get_by_role("button", name="Run", exact=True).click()
        page.locator(".outputs img").wait_for()
        page.locator(".state.succeeded").wait_for()
        if wrong:
            raise SystemExit("\n".join(wrong))


def try_page(program: Path) -> str:
    """Try it and report the result."""
    if CHROMIUM is None and os.environ.get("CI"):
        raise SystemExit("CI has no Chromium, so nothing of the page would be tried")
    if CHROMIUM is None:
        return "no Chromium here, so its page was not tried"
    with tempfile.TemporaryDirectory() as folder, serving(program, Path(folder)) as address:
        make_a_picture(address)
    return "its page made a picture"


if __name__ == "__main__":
    print(try_page(Path(sys.argv[1]).absolute()))
