"""A job's log: the server's lines and the engine's, for its owner; and log lines that name their job."""

from __future__ import annotations

import errno
import io
import logging
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ryla_graphs.engines.base import LogLine
from ryla_graphs.engines.comfyui import ComfyUI
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.problems import EngineUnreachable
from ryla_graphs.server import Settings, create_app
from ryla_graphs.server.log_lines import Lines, Marked, current_job, of_job
from ryla_graphs.server.safety.tokens import Tokens
from ryla_graphs.server.sinks.lines import GatheredLines
from tests.server.clients import TestClient
from tests.server.kept import kept
from tests.server.live import until

MINE, YOURS = "a" * 20, "b" * 20
SMALL = {"prompt": "a fox", "width": 64, "height": 64, "steps": 1}


class Telling(Simulator):
    """A simulator whose machine writes a log."""

    asked: tuple[str, float, float | None]

    def log_of(self, run_id: str, began: float, ended: float | None) -> list[LogLine]:
        self.asked = (run_id, began, ended)
        self.job = current_job()
        return [LogLine(began, f"line {number} in /home/comfy/models/x.safetensors") for number in range(2000)]


def test_the_owner_of_a_job_reads_its_log(tmp_path: Path) -> None:
    engine = Telling()
    app = create_app(engine, kept(tmp_path), Settings(tokens=Tokens.parse(f"me:{MINE},you:{YOURS}")))
    with TestClient(app, headers={"Authorization": f"Bearer {MINE}"}) as client:
        job = client.post("/flux-dev", json=SMALL).headers["x-job-id"]
        reported = client.get(f"/jobs/{job}/logs")
        assert reported.status_code == 200, reported.text
        log = reported.json()
        assert client.get("/jobs/nothing/logs").status_code == 404
        client.headers["Authorization"] = f"Bearer {YOURS}"
        assert client.get(f"/jobs/{job}/logs").status_code == 404
    assert (log["job"], log["state"]) == (job, "succeeded")
    texts = {
        source: [line["text"] for line in log["lines"] if line["source"] == source] for source in ("server", "engine")
    }
    assert "status state=queued" in texts["server"][0] and "state=succeeded" in texts["server"][-1]
    assert len(texts["engine"]) == 1000 and texts["engine"][-1] == "line 1999 in x.safetensors"
    times = [line["at"] for line in log["lines"]]
    assert times == sorted(times)
    run_id, began, ended = engine.asked
    assert len(run_id) == 36 and ended is not None and began <= ended


def test_an_engine_without_a_log_leaves_the_servers_lines(tmp_path: Path) -> None:
    with TestClient(create_app(Simulator(), kept(tmp_path), Settings())) as client:
        job = client.post("/flux-dev", json=SMALL).headers["x-job-id"]
        assert {line["source"] for line in client.get(f"/jobs/{job}/logs").json()["lines"]} == {"server"}


NOW = time.time()


def entry(seconds: float, text: str) -> Mapping[str, Any]:
    """As ComfyUI 0.33 answers them: local time without a zone, text as it was written."""
    return {"t": datetime.fromtimestamp(NOW + seconds).isoformat(), "m": text}  # noqa: DTZ006


ENTRIES = [
    entry(-5, "of the run before\n"),
    entry(0.5, "\x1b[32m[INFO]\x1b[0m got prompt\n"),
    entry(1, "\r 10%|#  |\r100%|###|"),
    entry(1.5, "\n\n"),
    {"t": "no time", "m": "x"},
    entry(2, "Traceback\n  File x\n"),
    entry(9, "of the next run\n"),
]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:8188", ["[INFO] got prompt", "100%|###|", "Traceback", "  File x"]),
        ("http://elsewhere.example:8188", []),  # its clock may be in another zone
    ],
)
def test_what_a_comfyui_of_this_machine_wrote(
    monkeypatch: pytest.MonkeyPatch, address: str, expected: list[str]
) -> None:
    engine = ComfyUI(address)
    monkeypatch.setattr(engine.client, "json", lambda path, **_: {"entries": ENTRIES})
    assert [line.text for line in engine.log_of("run", NOW, NOW + 3)] == expected
    engine.close()


def test_a_comfyui_that_is_gone_has_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise EngineUnreachable("gone")

    engine = ComfyUI("http://127.0.0.1:9")
    monkeypatch.setattr(engine.client, "json", gone)
    assert engine.log_of("run", 0, None) == ()
    engine.close()


def test_lines_name_their_job() -> None:
    def marked(text: str, *args: object) -> tuple[str, str]:
        record = logging.LogRecord("x", logging.INFO, "", 1, text, args, None)
        assert Marked().filter(record)
        return record.getMessage(), record.job  # type: ignore[attr-defined]

    assert marked("starts %s", "now") == ("starts now", "")
    with of_job("j-1"):
        assert marked("100 %% of %s", "x") == ("job=j-1 100 % of x", "j-1")
        assert marked("job j-1 ends") == ("job j-1 ends", "j-1")
    assert current_job() == ""


FORGED = "2026-11-30 18:00:00,000 INFO ryla_graphs.server job=forged event=status state=succeeded"
ODD = f"\n{FORGED}\x1b[2J\u202e\ud800\x9b\u2028"


@given(st.text(st.characters(), max_size=20), st.booleans())
@example(ODD, True)
@example(ODD, False)
def test_a_record_is_one_line_whatever_it_says(text: str, raised: bool) -> None:
    try:
        raise ValueError(text)
    except ValueError as error:
        raising = (ValueError, error, error.__traceback__) if raised else None
        record = logging.LogRecord("x", logging.ERROR, "", 0, "job failed: %s", (text,), raising)
    first, *rest = Lines().format(record).split("\n")
    assert first.isprintable() and bool(rest) is raised
    assert all(line.startswith("    ") and line.isprintable() for line in rest)
    if text.isprintable():
        assert first.endswith(f"job failed: {text}")


def test_work_on_a_job_is_marked_with_it(tmp_path: Path) -> None:
    seen: list[str] = []

    class Seeing(Simulator):
        def start(self, *args: Any, **more: Any) -> Any:
            seen.append(current_job())
            return super().start(*args, **more)

    with TestClient(create_app(Seeing(), kept(tmp_path), Settings())) as client:
        job = client.post("/flux-dev", json=SMALL).headers["x-job-id"]
    assert seen == [job]


def test_lines_are_written_together_and_warnings_at_once() -> None:
    stream = io.StringIO()
    lines = GatheredLines(stream)

    def log(level: str, text: str, *args: object) -> None:
        fields = {"name": "ryla_graphs.test", "levelname": level, "levelno": getattr(logging, level)}
        lines.handle(logging.makeLogRecord(fields | {"msg": text, "args": args}))

    log("INFO", "one")
    log("INFO", "two")
    log("WARNING", "three of %d", 3)
    assert [line.split(" ", 2)[2] for line in stream.getvalue().splitlines()] == [
        "INFO ryla_graphs.test one",
        "INFO ryla_graphs.test two",
        "WARNING ryla_graphs.test three of 3",
    ]
    log("INFO", "four")
    until(lambda: "four" in stream.getvalue())
    lines.addFilter(lambda record: record.levelno > logging.ERROR)
    log("ERROR", "five")
    lines.flush()
    assert "five" not in stream.getvalue()


def test_a_log_that_nothing_reads_any_more_stops_no_thread() -> None:
    stream = io.StringIO()
    lines = GatheredLines(stream)
    stream.close()
    record = logging.makeLogRecord({"msg": "lost", "levelno": logging.INFO})
    assert lines.handle(record)
    until(lambda: not lines._waiting)
    lines._stream = stream = io.StringIO()
    assert lines.handle(record)
    until(lambda: "lost" in stream.getvalue())


class FullDisk(io.StringIO):
    full = True

    def flush(self) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING, logging.ERROR])
def test_a_log_on_a_full_disk_fails_no_caller(level: int) -> None:
    lines = GatheredLines(stream := FullDisk())
    assert lines.handle(logging.makeLogRecord({"msg": "the disk is full", "levelno": level}))
    until(lambda: not lines._waiting)
    stream.full = False
    assert lines.handle(logging.makeLogRecord({"msg": "it is free", "levelno": level}))
    until(lambda: "it is free" in stream.getvalue())


@given(st.lists(st.floats(1_700_000_000, 1_700_000_003), min_size=1))
def test_times_are_those_of_the_usual_format(times: list[float]) -> None:
    ours, usual = Lines(), logging.Formatter()
    for created in times:
        record = logging.makeLogRecord({"created": created, "msecs": int((created - int(created)) * 1000) + 0.0})
        assert ours.formatTime(record) == usual.formatTime(record)
