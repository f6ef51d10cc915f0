"""What the steps of `smoke_modal.py` share."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ryla_graphs import presets
from ryla_graphs.client import Job, RylaClient, ServerUnreachable
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.plan import GPUS

ROOT = Path(__file__).resolve().parent.parent


class Skipped(Exception):
    """A step that cannot be tried here, and why."""


class Unexpected(Exception):
    """What a step saw instead of what it had to see."""


@dataclass
class Smoke:
    """What the steps share."""

    preset: str
    url: str | None = None
    """None for the deployment of RYLA_MODAL_APP."""
    token: str | None = None
    gpus: tuple[str, ...] = ()
    accept_licence: bool = False
    lora: Path | None = None
    reload: str | None = None
    long_seconds: float = 200.0
    settings: ModalSettings = field(default_factory=ModalSettings)
    on_modal: bool = field(init=False)
    simulated: bool = False
    gpu: str | None = None
    """What the first image ran on."""
    _client: RylaClient | None = None

    def __post_init__(self) -> None:
        self.on_modal = self.url is None

    @property
    def address(self) -> str:
        """The app's address; Modal is asked if it was not given."""
        if self.url is None:
            self.url = self.address_of("web")
        return self.url.rstrip("/")

    @property
    def client(self) -> RylaClient:
        """A client of the app."""
        if self._client is None:
            self._client = RylaClient(self.address, self.token)
        return self._client

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def address_of(self, function: str) -> str:
        """The address of a web function of the deployment; raises `Unexpected`."""
        import modal  # noqa: PLC0415 - only where Modal is asked

        try:
            address = modal.Function.from_name(self.settings.app, function).get_web_url()
        except modal.exception.Error as error:
            raise Unexpected(f"Modal has no {self.settings.app}/{function}: {error}") from error
        if address is None:
            raise Unexpected(f"{self.settings.app}/{function} has no address")
        return address

    def needs_modal(self) -> None:
        """Skip a step if the server is not on Modal."""
        if not self.on_modal:
            raise Skipped("needs Modal, and --url was given")

    def small(self, **more: Any) -> dict[str, Any]:
        """Parameters of a quick job."""
        size = {"width": 64, "height": 64} if self.simulated else {}
        return {"prompt": "a red bicycle", "seed": time.time_ns() % 2**32, **size, **more}

    def long(self) -> dict[str, Any]:
        """Parameters of a job that works for `long_seconds`, by the plan."""
        if self.simulated:
            return self.small(steps=200)
        found = self.small()
        for side in (1024, 1536, 2048):
            for steps in (50, 100, 150, 200):  # no preset takes more
                found = self.small(width=side, height=side, steps=steps)
                plan = presets.get(self.preset).build(found).compile().plan
                seconds = plan.on(self.gpu).seconds if self.gpu in GPUS and self.gpu else None
                if seconds is not None and seconds >= self.long_seconds:
                    return found
        return found

    def submit(self, **parameters: Any) -> Job:
        """Queue the preset."""
        return self.client.submit(self.preset, **parameters)

    def finished(self, job: Job) -> str:
        """Wait for a job, read its outputs, and return its metrics; raises `Unexpected` if it made nothing."""
        job.result()
        if not job.outputs or not all(output.read() for output in job.outputs):
            raise Unexpected(f"job {job.id} succeeded and made nothing")
        self.simulated = self.simulated or any(output.view.simulated for output in job.outputs)
        return costs_of(job.view.metrics)


def costs_of(metrics: Mapping[str, Any]) -> str:
    """The metrics of a job in a line."""
    times = [f"{name} {metrics[f'{name}_ms'] / 1000:.1f} s" for name in TIMES if f"{name}_ms" in metrics]
    money = [f"${metrics['cost_usd']:.4f}"] if "cost_usd" in metrics else []
    return ", ".join([*times, *filter(None, [metrics.get("gpu")]), *money]) or "no metrics"


TIMES = ("queue", "cold", "load", "execution")


def command(*arguments: str) -> None:
    """Run a `modal` command in the repository; raises `Unexpected` if it fails."""
    done = subprocess.run([sys.executable, "-m", "modal", *arguments], cwd=ROOT, check=False)
    if done.returncode:
        raise Unexpected(f"`modal {' '.join(arguments)}` ended with {done.returncode}; it says why above")


def start(*arguments: str) -> subprocess.Popen[str]:
    """Begin a `modal` command in the repository, to read what it prints."""
    words = [sys.executable, "-m", "modal", *arguments]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)


MOST_BREAKS, MOST_CONNECTIONS = 10, 1000


class Followed(NamedTuple):
    """A stream of events, over as many connections as it took."""

    connections: int
    broken: int
    events: list[tuple[int, str]]
    """Numbers and kinds; previews have no number, and are not among them."""
    state: str
    seconds: float


def follow(client: RylaClient, job: Job) -> Followed:
    """Follow a job to its end, counting connections; raises `Unexpected` if it cannot be followed."""
    began, connections, broken = time.monotonic(), 0, 0
    events: list[tuple[int, str]] = []
    while broken < MOST_BREAKS and connections < MOST_CONNECTIONS:
        connections += 1
        try:
            for event in client.stream(job.id, events[-1][0] if events else 0):
                if event.number:
                    events.append((event.number, event.kind))
                if event.final:
                    seconds = time.monotonic() - began
                    return Followed(connections, broken, events, event.data["state"], seconds)
        except ServerUnreachable:
            broken += 1
    facts = f"{connections} connections, {broken} of them broken, in {time.monotonic() - began:.0f} s"
    raise Unexpected(f"the stream came to no end: {facts}")
