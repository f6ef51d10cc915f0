"""Instructions that a job costs: `python -m benchmarks.instructions`, with valgrind. Prints Markdown; takes minutes.

On a busy machine neither wall time nor CPU time repeats; instructions do, to a few in a hundred. A process runs under
callgrind, which counts only while jobs run. Kernel work and waiting are not included.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from benchmarks.serving import directly, graph
from ryla_graphs.engines import connect
from tests.conftest import ROOT
from tests.server.processes import free_port, stub

JOBS = 120
WARM = 20


def counted(arguments: list[str], log: Path, jobs: Callable[[int], None], ready: Callable[[], bool]) -> float:
    """Millions of instructions per job in a Python process that does what `jobs` asks."""
    options = ["--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={log}.callgrind"]
    with log.open("wb") as stream:
        process = subprocess.Popen(["valgrind", *options, sys.executable, *arguments], stderr=stream, cwd=ROOT)
    try:
        while not ready():
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
        jobs(WARM)
        _switch(process.pid, on=True)
        jobs(JOBS)
        _switch(process.pid, on=False)
    finally:
        process.terminate()
        process.wait()
    found = re.findall(r"Collected : (\d+)", log.read_text())
    return int(found[-1]) / JOBS / 1e6


def _switch(pid: int, *, on: bool) -> None:
    subprocess.run(["callgrind_control", "-i", "on" if on else "off", str(pid)], check=True, capture_output=True)


def of_the_server(folder: Path, comfyui: str) -> float:
    """Instructions of a server that runs one job after another."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    arguments = ["serve", "--engine", comfyui, "--data-dir", str(folder / "data"), "--port", str(port)]

    def jobs(count: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(address).netloc)
        for _ in range(count):
            connection.request("POST", "/workflow", json.dumps(graph(random.randrange(2**24), 64).prompt))
            answer = connection.getresponse()
            assert answer.read().startswith(b"\x89PNG"), answer.status

    return counted(["-m", "ryla_graphs", *arguments], folder / "server.log", jobs, partial(_answers, address))


def _answers(address: str) -> bool:
    try:
        urlopen(f"{address}/health", timeout=60).close()
    except (URLError, ConnectionError, TimeoutError):
        return False
    return True


def of_the_engine(folder: Path, comfyui: str) -> float:
    """Instructions of a process that runs the same graphs on the engine directly."""
    asked, done = folder / "asked", folder / "done"

    def jobs(count: int) -> None:
        (folder / "count").write_text(str(count))
        asked.touch()
        while not done.exists():
            time.sleep(0.05)
        done.unlink()

    arguments = ["-m", "benchmarks.instructions", "child", comfyui, str(folder)]
    return counted(arguments, folder / "engine.log", jobs, (folder / "ready").exists)


def child(comfyui: str, folder: Path) -> None:
    """Run as many jobs as the file `count` says whenever a file `asked` exists, until terminated."""
    call = directly(connect(comfyui))
    graphs = [graph(random.randrange(2**24), 64) for _ in range(WARM + JOBS)]
    (folder / "ready").touch()
    while True:
        if not (folder / "asked").exists():
            time.sleep(0.05)
            continue
        (folder / "asked").unlink()
        for _ in range(int((folder / "count").read_text())):
            call(graphs.pop())
        (folder / "done").touch()


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["child"]:
        child(sys.argv[2], Path(sys.argv[3]))
        return
    if shutil.which("valgrind") is None:
        sys.exit("this needs valgrind, of the package of that name")
    with tempfile.TemporaryDirectory() as name, stub(Path(name) / "stub.log") as comfyui:
        whole = of_the_server(Path(name), comfyui.address)
        engine = of_the_engine(Path(name), comfyui.address)
    print("| instructions a job, in millions | server | of which the engine | added | added / engine |")
    print("|---|---|---|---|---|")
    print(
        f"| 64 x 64, one client | {whole:.1f} | {engine:.1f} | {whole - engine:.1f} | {(whole - engine) / engine:.2f} |"
    )


if __name__ == "__main__":
    main()
