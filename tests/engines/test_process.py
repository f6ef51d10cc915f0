"""A ComfyUI of our own: started, watched, ended. Most of it with a `main.py` that only answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs import Workflow
from ryla_graphs.engines import run
from ryla_graphs.engines.comfyui import ComfyUI, ComfyUIProcess, process
from ryla_graphs.nodes import EmptyImage, SaveImage
from ryla_graphs.problems import EngineUnreachable, NotFound
from tests.conftest import ROOT
from tests.engines.following import resumed
from tests.engines.stub import HASTY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")

MAIN = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
print("listening, or not")
with open("started.jsonl", "a") as file:
    names = [name for name in os.environ if name.startswith("RYLA")]
    file.write(json.dumps({"pid": os.getpid(), "argv": sys.argv[1:], "secrets": names}) + "\\n")
if os.path.exists("broken"):
    sys.exit("no module named torch")
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"queue_running": [], "queue_pending": []}')
    def log_message(self, *_):
        pass
host, port = (sys.argv[sys.argv.index(name) + 1] for name in ("--listen", "--port"))
HTTPServer((host, int(port)), Handler).serve_forever()
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "ComfyUI"
    folder.mkdir()
    (folder / "main.py").write_text(MAIN)
    return folder


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(process, "LONGEST_PAUSE_SECONDS", 0.02)


def starts(checkout: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (checkout / "started.jsonl").read_text().splitlines()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(condition: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_answers_while_it_is_wanted(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RYLA_TOKENS", "s3cret")
    with ComfyUIProcess(checkout, tmp_path / "data", arguments=("--cpu",)) as comfy:
        assert comfy.engine.health().ready
        (started,) = starts(checkout)
        argv = started["argv"]
        assert argv[argv.index("--listen") + 1] == "127.0.0.1" and "--disable-metadata" in argv and argv[-1] == "--cpu"
        for folder in ("input", "output", "temp", "user"):
            assert Path(argv[argv.index(f"--{folder}-directory") + 1]).is_dir()
        assert not {"--enable-cors-header", "--enable-manager"} & set(argv)
        assert started["secrets"] == []
        assert comfy.last_lines() == "listening, or not"
    assert not alive(started["pid"])
    assert not comfy.engine.health().ready


def test_it_is_started_again_at_the_same_address(checkout: Path, tmp_path: Path) -> None:
    with ComfyUIProcess(checkout, tmp_path / "data") as comfy:
        killed = starts(checkout)[0]["pid"]
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: len(starts(checkout)) == 2 and comfy.engine.health().ready)
        assert not alive(killed)


def test_one_that_a_run_has_broken_is_replaced(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ComfyUIProcess(checkout, tmp_path / "data") as comfy:
        broken = iter([True])
        # Only of this one: the process that other tests keep has a supervisor too, which asks as well.
        ours = comfy.engine
        monkeypatch.setattr(ComfyUI, "needs_restart", property(lambda each: each is ours and next(broken, False)))
        eventually(lambda: len(starts(checkout)) == 2 and comfy.engine.health().ready)
        assert not alive(starts(checkout)[0]["pid"])


def test_one_that_cannot_start_is_given_up_with_its_last_words(checkout: Path, tmp_path: Path) -> None:
    (checkout / "broken").touch()
    with pytest.raises(EngineUnreachable, match="was started 5 times, and each time it ended with code 1") as caught:
        ComfyUIProcess(checkout, tmp_path / "data").start()
    assert "no module named torch" in str(caught.value)
    assert len(starts(checkout)) == 5


def test_one_that_does_not_answer_in_time_is_ended(checkout: Path, tmp_path: Path) -> None:
    (checkout / "main.py").write_text("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)")
    for seconds in (1, 8, 64):  # a slow machine may not get to the print in a second
        comfy = ComfyUIProcess(checkout, tmp_path / f"data-{seconds}")
        with pytest.raises(EngineUnreachable, match=f"does not answer after {seconds} seconds"):
            comfy.start(seconds)
        if comfy.last_lines():
            break
    assert not alive(int(comfy.last_lines()))


def test_it_ends_with_us_even_when_we_are_killed(checkout: Path, tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from ryla_graphs.engines.comfyui import ComfyUIProcess
        ComfyUIProcess(Path({str(checkout)!r}), Path({str(tmp_path / "data")!r})).start()
        print("up", flush=True)
        time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == b"up\n"
        pid = starts(checkout)[0]["pid"]
        assert alive(pid)
        parent.kill()
    eventually(lambda: not alive(pid))


def test_what_ignores_a_polite_word_is_killed(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "END_SECONDS", 0.1)
    (checkout / "main.py").write_text("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + MAIN)
    with ComfyUIProcess(checkout, tmp_path / "data"):
        pid = starts(checkout)[0]["pid"]
    assert not alive(pid)


@pytest.mark.parametrize(
    ("packs", "expected"),
    [
        ([], []),
        (["InstantID", "pulid"], []),
        (["ComfyUI-Manager"], ["--disable-all-custom-nodes"]),
        (
            ["ComfyUI-Manager", "InstantID", "__pycache__", ".git", "pulid"],
            ["--disable-all-custom-nodes", "--whitelist-custom-nodes", "InstantID", "pulid"],
        ),
    ],
)
def test_a_manager_is_left_out(checkout: Path, tmp_path: Path, packs: list[str], expected: list[str]) -> None:
    for pack in packs:
        (checkout / "custom_nodes" / pack).mkdir(parents=True)
    with ComfyUIProcess(checkout, tmp_path / "data", metadata=True):
        (started,) = starts(checkout)
    argv = started["argv"]
    assert argv[argv.index("--database-url") + 2 :] == expected


def test_the_checkouts_own_python_is_taken(checkout: Path, tmp_path: Path) -> None:
    own = checkout / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.write_text(f'#!/bin/sh\ntouch own\nexec {sys.executable} "$@"\n')
    own.chmod(0o755)
    with ComfyUIProcess(checkout, tmp_path / "data"):
        assert (checkout / "own").exists()


def test_only_what_is_old_is_cleared_away(checkout: Path, tmp_path: Path) -> None:
    output = tmp_path / "data" / "output"
    (output / "old").mkdir(parents=True)
    for path, age in ((output / "old" / "a.png", 7200), (output / "b.png", 7200), (output / "c.png", 60)):
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age, time.time() - age))
    with ComfyUIProcess(checkout, tmp_path / "data"):
        assert [path.name for path in output.iterdir()] == ["c.png"]


def test_a_folder_that_is_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"it has no main\.py"):
        ComfyUIProcess(tmp_path, tmp_path / "data")


@pytest.mark.skipif(not os.environ.get("RYLA_COMFYUI_DIR"), reason="RYLA_COMFYUI_DIR names no checkout")
def test_a_real_one(tmp_path: Path) -> None:
    python = os.environ.get("RYLA_COMFYUI_PYTHON")
    picture = EmptyImage(width=64, height=64, color=time.time_ns() % 2**24)
    workflow = Workflow(SaveImage(images=picture, filename_prefix="a/b/x")).compile()
    directory = Path(os.environ["RYLA_COMFYUI_DIR"])
    with ComfyUIProcess(
        directory, tmp_path, python=Path(python) if python else None, arguments=("--cpu",), patience=HASTY
    ) as comfy:
        result = run(comfy.engine, workflow)
        (file,) = tmp_path.glob("output/a/b/*.png")
        content = result.outputs[0].read()
        assert content == file.read_bytes() and b"prompt" not in content
        (port,) = {comfy.engine.client.address.rpartition(":")[2]}
        for found in Path("/proc").glob("[0-9]*/cmdline"):
            words = found.read_bytes().split(b"\0")
            if port.encode() in words and b"main.py" in words and b"-c" not in words:
                os.kill(int(found.parent.name), signal.SIGKILL)
        comfy.engine._server = replace(comfy.engine._server, patience=replace(HASTY, unreachable=3))
        assert resumed(comfy.engine, result.run)[-1].kind == "failed"
        eventually(lambda: comfy.engine.health().ready, 3600)
        assert len(run(comfy.engine, workflow).outputs) == 1
