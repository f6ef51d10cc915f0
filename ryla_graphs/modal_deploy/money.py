"""The cost of runs on this deployment: all seconds of the container, including idle ones, at its own prices.

Modal bills a container from its start to the end of its idle window. The first run of a container pays for the start,
its work and the idle window; each later run pays for the time since the run before it. So the costs of all runs of a
container add up to its bill.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import NamedTuple

from ryla_graphs.engines.events import Usage
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.plan import GPUS, Plan
from ryla_graphs.plan.money import DEFAULT_SIZE, Size, region_factor, size_of
from ryla_graphs.plan.plan import OnGPU
from ryla_graphs.plan.seconds import STARTING

START_SECONDS = 57.0
"""Seconds that the ComfyUI of a lock takes to start: 57 s of processor time were measured for ComfyUI 0.33 with
InstantID, PuLID and Subpack, and 47 to 187 s are published for 161 packs on Modal. The plan's `STARTING` is that of a
server without packs. Limits use it, so it errs on the slow side: RYLA's Flux took 55 to 58 s in all on Modal."""


@dataclass(frozen=True)
class Pricing:
    """The prices of one deployment."""

    window: float = 0.0
    """Seconds that a container stays after its last job."""
    factor: float = 1.0
    """The price factor of the deployment's region."""
    base: Size = DEFAULT_SIZE
    """The resources that containers of the fall-back list request."""
    longest: float = 3600.0
    """Seconds after which a job is ended."""
    slowest_start: float = 900.0
    """Seconds after which a container's start is given up."""

    @classmethod
    def of(cls, settings: ModalSettings) -> Pricing:
        """The prices for these settings."""
        return cls(
            window=settings.scaledown_seconds,
            factor=region_factor(settings.region),
            base=size_of(*settings.fallback),
            longest=settings.job_seconds,
            slowest_start=settings.start_seconds,
        )

    @classmethod
    def here(cls) -> Pricing:
        """The prices of the deployment whose container this is."""
        return cls.of(ModalSettings.of(os.environ))

    def rate(self, gpu: str, *, chosen: bool = True) -> float | None:
        """US dollars per second; None for a GPU without a known price.

        If no GPU was `chosen`, the container comes from the fall-back list, and has the size of the list's largest.
        """
        if gpu not in GPUS:
            return None
        size = size_of(gpu) if chosen else self.base
        return (GPUS[gpu].usd_per_second + size.usd_per_second) * self.factor

    def alone(self, row: OnGPU, *, chosen: bool = True) -> float | None:
        """The planned cost of a run without a warm container: slow start, weights, work, idle; None if unknown."""
        rate = self.rate(row.gpu, chosen=chosen)
        if rate is None or row.seconds is None or row.cold_seconds is None:
            return None
        cold = row.cold_seconds - STARTING + START_SECONDS
        return (cold + row.seconds + self.window) * rate

    def at_most(self, plan: Plan, gpu: str | None, fallback: tuple[str, ...]) -> float:
        """The most that a run may cost, by the plan; if that is unknown, with every time limit used up."""
        names = (gpu,) if gpu is not None else fallback
        return max(self._bound(plan, name, chosen=gpu is not None) for name in names)

    def _bound(self, plan: Plan, gpu: str, *, chosen: bool) -> float:
        planned = self.alone(plan.on(gpu), chosen=chosen) if plan.knows("cost") else None
        if planned is not None:
            return planned
        rate = self.rate(gpu, chosen=chosen) or 0.0
        return (self.slowest_start + self.longest + self.window) * rate


class Waited(NamedTuple):
    """What a run waited for, and what it pays besides its own work; in seconds."""

    queue: float
    cold: float
    """The part of the container's start that this run waited for."""
    start: float = 0.0
    """The whole start of the container, if this run is its first."""
    idle: float = 0.0
    """Idle time of the container that this run pays for: before it, and for the first run also after it."""


class Clock:
    """Tracks when this container started and when its last job ended, to charge each job its share of the time."""

    def __init__(self, started: float | None = None, pricing: Pricing | None = None) -> None:
        self._started = time.time() if started is None else started
        self._ready: float | None = None
        self._ended: float | None = None
        self.pricing = pricing or Pricing.here()

    def ready(self) -> None:
        """Note that the container takes jobs from now on."""
        self._ready = time.time()

    def begin(self, spawned: float) -> Waited:
        """What a job waited for, if its call was spawned at `spawned`."""
        now, window = time.time(), self.pricing.window
        ready = self._ready or now
        cold = max(0.0, ready - max(spawned, self._started))
        queue = max(0.0, now - spawned - cold)
        if self._ended is not None:
            return Waited(queue, cold, idle=min(window, max(0.0, now - self._ended)))
        # Before a restored snapshot, none of our code ran, so only the job's waiting time is known.
        start = ready - self._started if self._started else cold
        return Waited(queue, cold, start, min(window, max(0.0, now - ready)) + window)

    def end(self) -> None:
        """Note that a job has ended; idle time follows."""
        self._ended = time.time()

    def usage(self, gpu: str, chosen: bool, waited: Waited, seconds: float) -> Usage:
        """The usage of a run that has just ended, after this many `seconds` of work."""
        self.end()
        rate = self.pricing.rate(gpu, chosen=chosen)
        paid = waited.start + waited.idle + seconds
        return Usage(
            gpu=gpu,
            queue_seconds=round(waited.queue, 3),
            cold_seconds=round(waited.cold, 3),
            idle_seconds=round(waited.idle, 3),
            execution_seconds=round(seconds, 3),
            cost_usd=None if rate is None else round(paid * rate, 6),
        )
