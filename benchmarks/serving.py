"""What the HTTP runtime adds over its engine: `python -m benchmarks.serving`. Prints Markdown; takes about a minute.

The engine is the tests' stub ComfyUI, which executes at once, so that only our own cost remains. `direct` is the least
that any client can do: one socket, submit, wait, fetch the picture, from this process. Contenders take turns in random
order within each round, since the machine is never quiet; only the difference is meaningful.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import platform
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from ryla_graphs import CompiledWorkflow, Workflow
from ryla_graphs.answers.words import JobState
from ryla_graphs.engines import Engine, connect, run
from ryla_graphs.nodes import EmptyImage, SaveImage
from ryla_graphs.server import SqliteStore
from ryla_graphs.server.records import Asset, Job, JobEvent, JobRequest
from ryla_graphs.server.safety.tokens import ANONYMOUS
from tests.server.processes import Process, free_port, server, stub

SIZES = (64, 1024)
ROUNDS = 300
CLIENTS = 8
REQUESTS = 400
READERS = 1000
KEPT, PAGE, PAGES = 10_000, 50, 30

Contender = Callable[[CompiledWorkflow], bytes]


def graph(number: int, size: int) -> CompiledWorkflow:
    """A graph that no cache has seen."""
    image = EmptyImage(width=size, height=size, batch_size=1, color=number).named("image")
    return Workflow(SaveImage(images=image).named("save")).compile()


def directly(engine: Engine) -> Contender:
    """Run it on the engine from this process."""
    return lambda compiled: run(engine, compiled).outputs[0].read()


def over_http(address: str) -> Contender:
    """Post it to the server, over one connection."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc)

    def call(compiled: CompiledWorkflow) -> bytes:
        connection.request("POST", "/workflow", json.dumps(compiled.prompt))
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return content

    return call


def latencies(contenders: Mapping[str, Contender], size: int) -> dict[str, list[float]]:
    """Milliseconds of each call, sorted."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(-20, ROUNDS):
        for name in random.sample(list(contenders), len(contenders)):
            compiled = graph(random.randrange(2**24), size)
            begun = time.perf_counter()
            content = contenders[name](compiled)
            spent = (time.perf_counter() - begun) * 1000
            assert content.startswith(b"\x89PNG")
            if number >= 0:
                found[name].append(spent)
    return {name: sorted(times) for name, times in found.items()}


def throughput(make: Callable[[], Contender], size: int) -> float:
    """Requests per second with this many concurrent clients."""
    callers = [make() for _ in range(CLIENTS)]
    graphs = [graph(random.randrange(2**24), size) for _ in range(REQUESTS)]

    def work(place: int) -> None:
        for compiled in graphs[place::CLIENTS]:
            callers[place](compiled)

    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(work, range(CLIENTS)))
    return REQUESTS / (time.perf_counter() - begun)


def cpu_seconds(process: Process) -> float:
    """CPU time that a process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report_overhead(folder: Path) -> None:
    """Print what a request costs."""
    print("| picture | contender | p50 ms | p95 ms | added / direct | req/s, 8 clients | of direct | server CPU ms |")
    print("|---|---|---|---|---|---|---|---|")
    for size in SIZES:
        with stub(folder / "stub.log", "--size", str(size)) as comfyui, server(folder, comfyui, free_port()) as ours:
            for row in _rows(size, ours, connect(comfyui.address)):
                print(f"| {size} x {size} | {' | '.join(row)} |")


def _rows(size: int, ours: Process, engine: Engine) -> Iterator[tuple[str, ...]]:
    makes: dict[str, Callable[[], Contender]] = {
        "direct": partial(directly, engine),
        "ours": partial(over_http, ours.address),
    }
    times = latencies({name: make() for name, make in makes.items()}, size)
    base, directly_rate = statistics.median(times["direct"]), 0.0
    for name, each in times.items():
        before = cpu_seconds(ours)
        rate = throughput(makes[name], size)
        cpu = (cpu_seconds(ours) - before) / REQUESTS * 1000
        median, p95 = statistics.median(each), each[int(len(each) * 0.95)]
        directly_rate = rate if name == "direct" else directly_rate
        added = (f"{(median - base) / base:.2f}", f"{rate / directly_rate:.2f}", f"{cpu:.1f}")
        extra = added if name == "ours" else ("", "", "")
        yield name, f"{median:.1f}", f"{p95:.1f}", extra[0], f"{rate:.0f}", *extra[1:]
    engine.close()


def report_readers(folder: Path) -> None:
    """Print what a thousand readers of one job's events cost."""
    slow = stub(folder / "stub.log", "--steps", "100", "--latency", "0.05")
    with slow as comfyui, server(folder, comfyui, free_port()) as ours:
        connection = http.client.HTTPConnection(urlsplit(ours.address).netloc)
        connection.request("POST", "/workflow", json.dumps(graph(1, 64).prompt), {"Prefer": "respond-async"})
        where = json.loads(connection.getresponse().read())["urls"]["events"]
        before, begun = cpu_seconds(ours), time.perf_counter()
        read = asyncio.run(_all_read(ours.address, where))
        seconds, cpu = time.perf_counter() - begun, cpu_seconds(ours) - before
    assert all(b"succeeded" in data[-1] for data in read)
    events = sum(len(data) for data in read)
    print(f"\n{READERS} readers of one job of 100 steps over {seconds:.0f} s: {events:,} events sent,")
    print(f"{cpu:.1f} s of CPU time in the server, {cpu / events * 1e6:.0f} µs an event.")


def report_pages(folder: Path) -> None:
    """Print what a page of a long job list costs, at any position."""
    store = SqliteStore(folder / "data")
    ids = [_kept(store, number) for number in range(KEPT)]
    store.close()
    with stub(folder / "stub.log") as comfyui, server(folder, comfyui, free_port()) as ours:
        connection = http.client.HTTPConnection(urlsplit(ours.address).netloc)

        def spent(query: str) -> float:
            begun = time.perf_counter()
            connection.request("GET", f"/jobs?limit={PAGE}{query}")
            content = connection.getresponse().read()
            seconds = time.perf_counter() - begun
            assert len(json.loads(content)["jobs"]) == PAGE
            return seconds * 1000

        depths = {"newest": "", "middle": f"&before={ids[KEPT // 2]}", "oldest": f"&before={ids[PAGE]}"}
        print(f"\n| page of {PAGE} of {KEPT:,} jobs | p50 ms | slowest of {PAGES} |\n|---|---|---|")
        for place, query in depths.items():
            times = [spent(query) for _ in range(PAGES)]
            print(f"| {place} | {statistics.median(times):.1f} | {max(times):.1f} |")


def _kept(store: SqliteStore, number: int) -> str:
    """A job that has ended, with an output; gives its id."""
    asked = JobRequest(prompt=graph(number, 64).prompt)
    job = Job(id=str(uuid.uuid4()), owner=ANONYMOUS, request=asked, created_at=1e9 + number, started_at=1e9 + number)
    done = replace(job, state=JobState.SUCCEEDED, ended_at=time.time())
    output = Asset(
        id=str(uuid.uuid4()), owner=ANONYMOUS, hash="0" * 64, size=1, media_type="image/png", name=f"{number}.png",
        created_at=1e9, job_id=job.id, number=0, node="save", place=0, kind="image",
    )  # fmt: skip
    store.add_job(job, [JobEvent(1, job.created_at, "status", {"state": "queued"})])
    store.save_job(done, was=JobState.QUEUED, output=output)
    return job.id


async def _all_read(address: str, path: str) -> list[list[bytes]]:
    return await asyncio.gather(*(_read(urlsplit(address).netloc, path) for _ in range(READERS)))


async def _read(netloc: str, path: str) -> list[bytes]:
    """The data of all events of a job."""
    host, _, port = netloc.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {netloc}\r\nConnection: close\r\n\r\n".encode())
    data: list[bytes] = []
    rest = b""
    while chunk := await reader.read(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        data += [line for line in lines if line.startswith(b"data:")]
    writer.close()
    return data


def main() -> None:
    """Measure and print."""
    print(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory() as folder:
        report_overhead(Path(folder))
        report_readers(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        report_pages(Path(folder))


if __name__ == "__main__":
    main()
