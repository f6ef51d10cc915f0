"""What jobs may cost in a day: counted on the web side, and refused there before a GPU starts.

A job that is taken reserves what it may cost by the plan. When it ends, its true cost is booked instead. If the
container is lost, the cost is not measured, so the reservation stays booked.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import modal
from modal.exception import Error as ModalError
from prometheus_client import CollectorRegistry, Gauge

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.modal_deploy.money import Pricing
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.records import Job, JobEvent

log = logging.getLogger("ryla_graphs.modal_deploy")

RESERVED = "usd_at_most"
"""In `JobRequest.extra`: what the job may cost."""
KNOWN_SECONDS = 60.0
"""How long what was read of today's money is good."""
CLAIM_SECONDS = 60.0
"""How long what was admitted counts, until its job is there."""


class Spending:
    """The money of a day (UTC), by owner; a sink of the server's events."""

    def __init__(
        self, settings: ModalSettings, records: modal.Dict | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self.most, self.most_each = settings.max_usd_per_day, settings.max_usd_per_day_each
        self._pricing, self._fallback = Pricing.of(settings), settings.fallback
        self._records = records
        self._now = now
        self._lock = threading.Lock()
        self._writer = ThreadPoolExecutor(1, "spending")
        self._day = self._today()
        self._spent: dict[str, float] = defaultdict(float, self._read())
        self._known_until = now() + KNOWN_SECONDS
        self._reserved: dict[str, tuple[str, float]] = {}
        """Owner and money by job."""
        self._claims: list[tuple[float, str, float]] = []
        """Until when, owner and money of what was admitted just now."""

    def admit(self, owner: str, workflow: CompiledWorkflow, gpu: str | None) -> Mapping[str, Any]:
        """What is to be kept with a job that may run; raises `RequestError` (`over_budget`) if it may not."""
        usd = self._pricing.at_most(workflow.plan, gpu, self._fallback)
        with self._lock:
            self._turn()
            self._learn()
            self._check("this deployment", self.most, self.total(), usd)
            self._check(f"'{owner}'", self.most_each, self.total(owner), usd)
            self._claims.append((self._now() + CLAIM_SECONDS, owner, usd))
        return {RESERVED: round(usd, 6)}

    def total(self, owner: str | None = None) -> float:
        """What was spent today and what is reserved, of all owners or of one."""
        rows = [*self._spent.items(), *self._reserved.values(), *(claim[1:] for claim in self._claims)]
        return sum(usd for name, usd in rows if owner in (None, name))

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Reserve for a job that is new, and book one that has ended."""
        if event.kind != "status":
            return
        with self._lock:
            self._turn()
            if job.state.terminal:
                _, reserved = self._reserved.pop(job.id, ("", 0.0))
                self._book(job, reserved)
            elif job.id not in self._reserved:  # new, or of an earlier container
                self._reserve(job)

    def take_up(self, jobs: Iterable[Job]) -> None:
        """Reserve for jobs of an earlier container that have not ended."""
        with self._lock:
            self._spent.update(self._read())  # which the container before has written until now
            for job in jobs:
                self._reserve(job)

    def show(self, registry: CollectorRegistry) -> None:
        """Have ``/metrics`` tell it."""
        spent = Gauge("ryla_budget_used_usd", "What today's jobs cost, or may cost", registry=registry)
        spent.set_function(self.total)
        Gauge("ryla_budget_usd", "What the jobs of a day may cost", registry=registry).set(self.most or math.inf)

    def _reserve(self, job: Job) -> None:
        usd = float(job.request.extra.get(RESERVED, 0.0))
        self._reserved[job.id] = (job.owner, usd)
        for claim in self._claims:
            if claim[1] == job.owner and round(claim[2], 6) == usd:
                self._claims.remove(claim)
                return

    def _book(self, job: Job, reserved: float) -> None:
        begun = job.run_id is not None
        usd = float(job.metrics.get("cost_usd", reserved if begun else 0.0))
        if not usd:
            return
        self._spent[job.owner] += usd
        if self._records is not None:  # the job's caller does not wait for it
            self._writer.submit(self._write, self._records, self._day, dict(self._spent))

    def _write(self, records: modal.Dict, day: str, spent: Mapping[str, float]) -> None:
        try:
            records.put(f"spent:{day}", dict(spent))
        except ModalError as error:
            log.warning("what was spent today could not be written down: %s", error)

    def close(self) -> None:
        """Wait until all is written down."""
        self._writer.shutdown()

    def _check(self, whose: str, most: float | None, spent: float, usd: float) -> None:
        if most is None or spent + usd <= most:
            return
        raise RequestError(
            "over_budget",
            f"the jobs of {whose} may cost ${most:.2f} a day (UTC); ${spent:.2f} are spent or reserved today, "
            f"and this one may cost ${usd:.4f}",
            retry_after=self._until_midnight(),
        )

    def _turn(self) -> None:
        """Begin with nothing on a new day; what still runs stays reserved."""
        now = self._now()
        self._claims = [claim for claim in self._claims if claim[0] > now]
        if (day := self._today()) != self._day:
            self._day = day
            self._spent.clear()

    def _learn(self) -> None:
        """Now and then, what another web container booked before this one owned the records."""
        if self._now() < self._known_until or (self.most is None and self.most_each is None):
            return
        self._known_until = self._now() + KNOWN_SECONDS
        for owner, usd in self._read().items():
            self._spent[owner] = max(self._spent[owner], usd)

    def _today(self) -> str:
        return f"{datetime.fromtimestamp(self._now(), UTC):%Y-%m-%d}"

    def _until_midnight(self) -> int:
        now = datetime.fromtimestamp(self._now(), UTC)
        tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return int((tomorrow - now).total_seconds()) + 1

    def _read(self) -> Mapping[str, float]:
        if self._records is None:
            return {}
        try:
            return self._records.get(f"spent:{self._day}") or {}
        except ModalError as error:
            log.warning("what was spent today could not be read: %s", error)
            return {}
