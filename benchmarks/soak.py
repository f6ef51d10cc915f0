"""Thousands of jobs through a mistreated server: `python -m benchmarks.soak [--jobs 5000] [--engine stub]`.

Callers cancel, hang up, send things twice; the server is killed and started again; the disk fills up and empties (a
tmpfs, so root on Linux); the stub ComfyUI breaks sockets, answers 502, hangs, and forgets its queue. At the end every
job that was accepted must be there, in a final state, and every one that succeeded must have its picture. Prints
Markdown; exits 1 if one is lost or wrong, or where the server's memory grows.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from ryla_graphs import Workflow
from ryla_graphs.nodes import EmptyImage, SaveImage
from tests.server.processes import Process, free_port, stub
from tests.server.processes import server as served

AT_ONCE = 32
MEASURED_EVERY = 100
"""Jobs between two looks at the server's memory."""
GROWTH_MIB = 12.0
"""What a thousand jobs may add to it, after the first hundreds of a process's life."""
DISK_MIB = 768
DEADLINES = "30,10,3,60,120"
"""Of a run, for the server: short, since the engine hangs for seconds."""
UNFINISHED = ("run_lost", "run_timed_out", "engine_unreachable", "node_failed")
"""How a job may fail here."""
FINAL = {"succeeded", "failed", "cancelled"}
SIZE = 64
STARTS = 10
"""How often a server that was killed is started, and content is asked for, before it counts as broken."""


@dataclass
class Soak:
    """What happened."""

    accepted: dict[str, str] = field(default_factory=dict)
    """What was done to each job, by its id."""
    wrong: list[str] = field(default_factory=list)
    memory: list[tuple[int, int, float]] = field(default_factory=list)
    """The life of the server, the number of the job, and MiB."""
    faults: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    restarts: int = 0

    def growth(self) -> float:
        """MiB that a thousand jobs added in the last life of the server, from its second quarter to its last."""
        life = [(number, mib) for life, number, mib in self.memory if life == self.restarts]
        quarter = max(1, len(life) // 4)
        first, last = life[quarter : 2 * quarter] or life, life[-quarter:]
        from_number, from_mib, to_number, to_mib = (
            statistics.fmean(row[column] for row in rows) for rows in (first, last) for column in (0, 1)
        )
        return 1000.0 * (to_mib - from_mib) / max(1.0, to_number - from_number)


def prompt() -> dict[str, Any]:
    """A unique graph."""
    colour = random.randrange(0xFFFFFF)
    return dict(Workflow(SaveImage(images=EmptyImage(width=SIZE, height=SIZE, color=colour))).compile().prompt)


async def submitted(client: httpx2.AsyncClient, soak: Soak, fate: str) -> str | None:
    """Submit until accepted, whatever breaks in between; the key ensures that only one job results."""
    body, headers = prompt(), {"Prefer": "respond-async", "Idempotency-Key": str(uuid.uuid4())}
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            answer = await client.post("/workflow", json=body, headers=headers)
        except httpx2.TransportError:
            await asyncio.sleep(0.2)
            continue
        if answer.status_code in (429, 503):
            soak.refused += 1
            await asyncio.sleep(min(1.0, float(answer.headers.get("retry-after", 1))))
            continue
        if answer.status_code != 202:
            soak.wrong.append(f"submit: {answer.status_code} {answer.text[:200]}")
            return None
        job_id = str(answer.json()["id"])
        soak.accepted[job_id] = fate
        if fate == "twice":
            with contextlib.suppress(httpx2.TransportError):
                again = await client.post("/workflow", json=body, headers=headers)
                if again.status_code == 202 and again.json()["id"] != job_id:
                    soak.wrong.append(f"twice: {job_id} and {again.json()['id']}")
        return job_id
    soak.wrong.append("submit: no answer in two minutes")
    return None


async def one(client: httpx2.AsyncClient, soak: Soak) -> None:
    """One caller's way through a job."""
    fate = random.choices(["waits", "cancels", "hangs up", "twice", "forgets"], [50, 10, 10, 10, 20])[0]
    if fate == "hangs up":
        with contextlib.suppress(httpx2.TransportError, TimeoutError):
            async with asyncio.timeout(random.random() * 0.05):
                await client.post("/workflow", json=prompt())
    job_id = await submitted(client, soak, fate)
    if job_id is None or fate == "forgets":
        return
    with contextlib.suppress(httpx2.TransportError):
        if fate == "cancels":
            await client.delete(f"/jobs/{job_id}")
            return
        async with client.sse(f"/jobs/{job_id}/events") as events:
            async for _ in events:
                pass


async def content_at(client: httpx2.AsyncClient, url: str) -> bytes:
    """What is there; asks again where the server closes an idle connection at that moment."""
    for _ in range(STARTS - 1):
        with contextlib.suppress(httpx2.TransportError):
            return (await client.get(url)).content
    return (await client.get(url)).content


async def judged(client: httpx2.AsyncClient, soak: Soak, job_id: str) -> str:
    """The state a job ended in; notes what is wrong with it."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        try:
            answer = await client.get(f"/jobs/{job_id}")
        except httpx2.TransportError:
            await asyncio.sleep(1)
            continue
        if answer.status_code == 404:
            return "lost"
        job = answer.json()
        if job["state"] in FINAL:
            break
        await asyncio.sleep(0.2)
    else:
        soak.wrong.append(f"{job_id} never ended")
        return "stuck"
    if job["state"] == "succeeded":
        outputs = job["outputs"]
        content = await content_at(client, outputs[0]["url"]) if len(outputs) == 1 else b""
        if not content or Image.open(io.BytesIO(content)).size != (SIZE, SIZE):
            soak.wrong.append(f"{job_id} succeeded with {len(outputs)} outputs, {len(content)} bytes")
    elif job["state"] == "failed" and job["error"]["code"] not in UNFINISHED:
        soak.wrong.append(f"{job_id} failed with {job['error']}")
    elif job["state"] == "cancelled" and soak.accepted[job_id] != "cancels":
        soak.wrong.append(f"{job_id} is cancelled, but no caller asked for it")
    return str(job["state"])


@dataclass
class Faults:
    """What breaks while jobs run: one thing every few seconds, for a second or two."""

    folder: Path
    """Where the server keeps its jobs."""
    full: bool
    """Whether that is a disk of its own, which may be filled."""
    engine: Process | None
    """A stub that may be hung and restarted."""

    async def go_on(self, soak: Soak) -> None:
        """Break things until cancelled."""
        kinds = [self._fill] * self.full + ([self._hang, self._restart] if self.engine is not None else [])
        while kinds:
            await asyncio.sleep(random.uniform(3, 9))
            kind = random.choice(kinds)
            soak.faults[kind.__name__.strip("_")] += 1
            await kind()

    async def _fill(self) -> None:
        ballast = self.folder / "ballast"
        try:
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
                while file.write(bytes(2**20)):
                    pass
            await asyncio.sleep(random.uniform(0.5, 2))
        finally:
            ballast.unlink(missing_ok=True)

    async def _hang(self) -> None:
        assert self.engine is not None
        pid = self.engine.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(random.uniform(0.5, 4))
        finally:
            os.kill(pid, signal.SIGCONT)

    async def _restart(self) -> None:
        assert self.engine is not None
        async with httpx2.AsyncClient() as client:
            with contextlib.suppress(httpx2.TransportError):  # the machine may be slow
                await client.post(f"{self.engine.address}/stub/restart")


async def soaked(server: Process, soak: Soak, jobs: int, kills: int, faults: Faults) -> Counter[str]:
    """Run all jobs; the server's kills are spread over the first half, so that its last life is long."""
    timeout, limits = httpx2.Timeout(60), httpx2.Limits(max_connections=4 * AT_ONCE)
    async with httpx2.AsyncClient(base_url=server.address, timeout=timeout, limits=limits) as client:
        left = iter(range(jobs))

        async def caller() -> None:
            for number in left:
                await one(client, soak)
                with contextlib.suppress(OSError, AssertionError):  # it may be away
                    if number % MEASURED_EVERY == 0:
                        soak.memory.append((soak.restarts, number, resident_mib(server)))
                if soak.restarts < kills and number == (soak.restarts + 1) * jobs // (2 * kills):
                    soak.restarts += 1
                    await asyncio.to_thread(server.kill)
                    await asyncio.to_thread(started_again, server)

        breaking = asyncio.create_task(faults.go_on(soak))
        await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
        breaking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await breaking
        states: Counter[str] = Counter()
        for start in range(0, len(soak.accepted), AT_ONCE):
            some = list(soak.accepted)[start : start + AT_ONCE]
            states.update(await asyncio.gather(*(judged(client, soak, job_id) for job_id in some)))
        soak.memory.append((soak.restarts, jobs, resident_mib(server)))
        return states


def started_again(server: Process) -> None:
    """Start the server as a supervisor does: again and again, since it ends at once where the disk is full."""
    for attempt in range(STARTS):
        try:
            server.__enter__()
        except pytest.fail.Exception:
            if attempt == STARTS - 1:
                raise
            time.sleep(1)
        else:
            return


def resident_mib(server: Process) -> float:
    """The memory that the server holds, in MiB (Linux)."""
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextlib.contextmanager
def engine_of(name: str, folder: Path) -> Iterator[Process | None]:
    """The stub engine as a process; None for the simulator, which is not a process."""
    if name == "simulator":
        yield None
        return
    faults = ("--chaos", "0.02", "--broken-answers", "0.002")
    with stub(folder / "stub.log", "--size", str(SIZE), *faults) as process:
        yield process


@contextlib.contextmanager
def disk(folder: Path) -> Iterator[bool]:
    """Mount a small disk on a folder; returns whether that worked."""
    made = sys.platform == "linux" and os.geteuid() == 0
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    made = made and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield made
    finally:
        if made:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def main() -> None:
    """Run the soak."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--jobs", type=int, default=5_000)
    parser.add_argument("--engine", choices=["simulator", "stub"], action="append")
    parser.add_argument("--kills", type=int, default=3, help="how often the server is killed (default 3)")
    given = parser.parse_args()
    columns = (
        "engine, jobs, lost, wrong, succeeded, failed, cancelled, refused, faults, jobs/s, MiB and what 1,000 jobs add"
    )
    print(f"| {columns.replace(', ', ' | ')} |\n|{'---|' * 11}")
    bad = [name for name in given.engine or ["simulator", "stub"] if not held(name, given.jobs, given.kills)]
    raise SystemExit(1 if bad else 0)


def held(name: str, jobs: int, kills: int) -> bool:
    """Run the soak on one engine and print its row; returns whether all went well."""
    soak, start = Soak(), time.monotonic()
    os.environ["RYLA_DEADLINES"] = DEADLINES
    with tempfile.TemporaryDirectory() as kept, disk(Path(kept)) as full:
        folder = Path(kept)
        with engine_of(name, folder) as engine, served(folder, engine or name, free_port()) as server:
            faults = Faults(folder / "data", full, engine)
            states = asyncio.run(soaked(server, soak, jobs, kills, faults))
    rate = jobs / (time.monotonic() - start)
    counts = [states[state] for state in ("succeeded", "failed", "cancelled")]
    happened = ", ".join(f"{count} {kind}" for kind, count in sorted({**soak.faults, "kill": soak.restarts}.items()))
    memory = f"{soak.memory[-1][2]:.0f}, {soak.growth():+.1f}"
    cells = [name, jobs, states["lost"], len(soak.wrong), *counts, soak.refused, happened, f"{rate:.0f}", memory]
    print(f"| {' | '.join(map(str, cells))} |", flush=True)
    for line in soak.wrong[:20]:
        print(f"\n- {line}")
    return not (states["lost"] or states["stuck"] or soak.wrong or soak.growth() > GROWTH_MIB)


if __name__ == "__main__":
    main()
