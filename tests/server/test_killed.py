"""``kill -9`` at any moment: no accepted job and no committed output is lost."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.server.live import until
from tests.server.processes import free_port, server, stub
from tests.server.test_contract import flux


@dataclass
class Client:
    """Somebody who sends jobs, each with a key, and writes down what was promised."""

    address: str
    accepted: dict[str, str] = field(default_factory=dict)
    """Key to job."""
    outputs: dict[str, bytes] = field(default_factory=dict)
    """Address of an output to the content that was seen there."""

    def knows(self, name: str) -> bool:
        """Whether a job of that name was accepted."""
        return any(key.startswith(name) for key in list(self.accepted))

    def submit(self, key: str, seed: int) -> None:
        headers = {"Idempotency-Key": key, "Prefer": "respond-async"}
        answer = requests.post(f"{self.address}/workflow", json=flux(seed=seed), headers=headers, timeout=60)
        assert answer.status_code == 202, answer.text
        job = answer.json()["id"]
        assert self.accepted.setdefault(key, job) == job, "a key stands for two jobs"

    def look(self) -> None:
        for job in self.jobs():
            for output in job["outputs"]:
                content = requests.get(f"{self.address}{output['url']}", timeout=60)
                assert content.status_code == 200
                assert self.outputs.setdefault(output["url"], content.content) == content.content

    def jobs(self) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.address}/jobs?limit=500", timeout=60)
        found: list[dict[str, Any]] = answer.json()["jobs"]
        return found


@contextmanager
def busy(client: Client, name: str) -> Iterator[None]:
    """The client sends jobs and looks at them until the server is gone."""

    def work() -> None:
        with suppress(requests.RequestException, json.JSONDecodeError):
            for number in range(1000):
                client.submit(f"{name}-{number}", number)
                client.look()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join(60)


@pytest.mark.parametrize("engine", ["stub", "simulator"])
def test_killed_again_and_again(tmp_path: Path, engine: str) -> None:
    chance = random.Random(engine)
    with stub(tmp_path / "stub.log", "--latency", "0.01", "--steps", "2") as comfyui:
        runs_on = comfyui if engine == "stub" else "simulator"
        port = free_port()
        client = Client(f"http://127.0.0.1:{port}")
        for life in range(2):
            with server(tmp_path, runs_on, port) as alive, busy(client, f"life-{life}"):
                until(partial(client.knows, f"life-{life}"))
                time.sleep(chance.uniform(0.0, 0.7))
                alive.kill()
        assert client.accepted, "nothing was accepted before the kills"
        with server(tmp_path, runs_on, port):
            _all_is_there(client)


def _all_is_there(client: Client) -> None:
    deadline = time.monotonic() + 600  # there can be hundreds
    while any(job["state"] in ("queued", "running") for job in client.jobs()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    states = {job["id"]: job for job in client.jobs()}
    for key, job_id in list(client.accepted.items()):
        job = states[job_id]
        assert job["state"] == "succeeded" or (job["state"] == "failed" and job["error"]["message"])
        assert job["state"] == "failed" or len(job["outputs"]) == 1
        client.submit(key, int(key.rpartition("-")[2]))
    seen = dict(client.outputs)
    client.look()
    assert seen.items() <= client.outputs.items()
    for url, content in seen.items():
        assert requests.get(f"{client.address}{url}", timeout=60).content == content
