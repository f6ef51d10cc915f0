"""Thousands of jobs through a server that is treated badly: `python -m benchmarks.soak [--jobs 5000] [--engine stub]`.

Callers cancel, hang up, send things twice; the server is killed and started again; the stub ComfyUI breaks sockets,
answers 502 and forgets its queue. At the end every job that was accepted must be there, in a final state, and every
one that succeeded must have its picture. Prints Markdown; exits 1 where one is lost or wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import os
import random
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from PIL import Image

from ryla_graphs import Workflow
from ryla_graphs.nodes import EmptyImage, SaveImage
from tests.server.processes import Process, free_port, stub
from tests.server.processes import server as served

AT_ONCE = 32
FINAL = {"succeeded", "failed", "cancelled"}
SIZE = 64


@dataclass
class Soak:
    """What happened."""

    accepted: dict[str, str] = field(default_factory=dict)
    """What was done to each job, by its id."""
    wrong: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    refused: int = 0
    restarts: int = 0


def prompt() -> dict[str, Any]:
    """A graph like no other."""
    colour = random.randrange(0xFFFFFF)
    return dict(Workflow(SaveImage(images=EmptyImage(width=SIZE, height=SIZE, color=colour))).compile().prompt)


async def submitted(client: httpx2.AsyncClient, soak: Soak, fate: str) -> str | None:
    """Submit until it is accepted, whatever breaks in between; the key makes one job of it."""
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


async def judged(client: httpx2.AsyncClient, soak: Soak, job_id: str) -> str:
    """The state a job ended in; notes what is wrong with it."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        answer = await client.get(f"/jobs/{job_id}")
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
        content = (await client.get(outputs[0]["url"])).content if len(outputs) == 1 else b""
        if not content or Image.open(io.BytesIO(content)).size != (SIZE, SIZE):
            soak.wrong.append(f"{job_id} succeeded with {len(outputs)} outputs, {len(content)} bytes")
    elif job["state"] == "failed" and job["error"]["code"] not in ("run_lost", "engine_unreachable", "node_failed"):
        soak.wrong.append(f"{job_id} failed with {job['error']}")
    elif job["state"] == "cancelled" and soak.accepted[job_id] != "cancels":
        soak.wrong.append(f"{job_id} was cancelled by nobody")
    return str(job["state"])


async def soaked(server: Process, soak: Soak, jobs: int, kills: int) -> Counter[str]:
    """Put all jobs through, with `kills` restarts of the server spread over them."""
    timeout, limits = httpx2.Timeout(60), httpx2.Limits(max_connections=4 * AT_ONCE)
    async with httpx2.AsyncClient(base_url=server.address, timeout=timeout, limits=limits) as client:
        left = iter(range(jobs))

        async def caller() -> None:
            for number in left:
                await one(client, soak)
                if number % 250 == 249:
                    soak.memory.append(resident_mib(server))
                if kills and number % (jobs // (kills + 1)) == jobs // (kills + 1) - 1 and soak.restarts < kills:
                    soak.restarts += 1
                    await asyncio.to_thread(server.kill)
                    await asyncio.to_thread(server.__enter__)

        await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
        states: Counter[str] = Counter()
        for start in range(0, len(soak.accepted), AT_ONCE):
            some = list(soak.accepted)[start : start + AT_ONCE]
            states.update(await asyncio.gather(*(judged(client, soak, job_id) for job_id in some)))
        soak.memory.append(resident_mib(server))
        return states


def resident_mib(server: Process) -> float:
    """The memory that the server holds, in MiB (Linux)."""
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextlib.contextmanager
def engine_of(name: str, folder: Path) -> Iterator[str]:
    """The address of an engine."""
    if name == "simulator":
        yield name
        return
    faults = ("--chaos", "0.02", "--broken-answers", "0.002")
    with stub(folder / "stub.log", "--size", str(SIZE), *faults) as process:
        yield process.address


def main() -> None:
    """Run the soak."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--jobs", type=int, default=5_000)
    parser.add_argument("--engine", choices=["simulator", "stub"], action="append")
    parser.add_argument("--kills", type=int, default=3, help="how often the server is killed (default 3)")
    given = parser.parse_args()
    print("| engine | jobs | lost | wrong | succeeded | failed | cancelled | kills | jobs/s | MiB, first and last |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    bad = False
    for name in given.engine or ["simulator", "stub"]:
        soak, start = Soak(), time.monotonic()
        with tempfile.TemporaryDirectory() as folder, engine_of(name, Path(folder)) as address:
            with served(Path(folder), address, free_port()) as server:
                states = asyncio.run(soaked(server, soak, given.jobs, given.kills))
        rate = given.jobs / (time.monotonic() - start)
        counts = [states[state] for state in ("succeeded", "failed", "cancelled")]
        memory = f"{soak.memory[0]:.0f}, {soak.memory[-1]:.0f}"
        cells = [name, given.jobs, states["lost"], len(soak.wrong), *counts, soak.restarts, f"{rate:.0f}", memory]
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
        for line in soak.wrong[:20]:
            print(f"\n- {line}")
        bad = bad or bool(states["lost"] or states["stuck"] or soak.wrong)
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
