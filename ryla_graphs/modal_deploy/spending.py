"""The daily budget of jobs: counted on the web side, which refuses jobs beyond it before a GPU starts.

An accepted job reserves what it may cost by the plan. When it ends, its actual cost replaces the reservation. If its
container is lost, the cost is unknown, so the reservation stays booked.
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
"""The key in `JobRequest.extra` for what the job may cost."""
KNOWN_SECONDS = 60.0
"""Seconds that the stored spending of today is cached."""
CLAIM_SECONDS = 60.0
"""Seconds that an admission counts while its job does not exist yet."""


class Spending:
    """The spending of a day (UTC) by owner; a sink for the server's events."""

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
        """Owner and US dollars of each reservation, by job."""
        self._claims: list[tuple[float, str, float]] = []
        """Recent admissions: expiry, owner and US dollars."""

    def admit(self, owner: str, workflow: CompiledWorkflow, gpu: str | None) -> Mapping[str, Any]:
        """Admit a job; returns JSON to store with it. Raises `RequestError` (`over_budget`) if it costs too much."""
        usd = self._pricing.at_most(workflow.plan, gpu, self._fallback)
        with self._lock:
            self._turn()
            self._learn()
            self._check("this deployment", self.most, self.total(), usd)
            self._check(f"'{owner}'", self.most_each, self.total(owner), usd)
            self._claims.append((self._now() + CLAIM_SECONDS, owner, usd))
        return {RESERVED: round(usd, 6)}

    def total(self, owner: str | None = None) -> float:
        """The US dollars spent and reserved today, by all owners or one."""
        rows = [*self._spent.items(), *self._reserved.values(), *(claim[1:] for claim in self._claims)]
        return sum(usd for name, usd in rows if owner in (None, name))

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Reserve the cost of a new job, and book the cost of an ended one."""
        if event.kind != "status":
            return
        with self._lock:
            self._turn()
            if job.state.terminal:
                _, reserved = self._reserved.pop(job.id, ("", 0.0))
                self._book(job, reserved)
            elif job.id not in self._reserved:  # a new job, or one of an earlier container
                self._reserve(job)

    def reserve_for(self, jobs: Iterable[Job]) -> None:
        """Reserve the cost of unfinished jobs of an earlier container."""
        with self._lock:
            self._spent.update(self._read())  # the earlier container may have written more since the last read
            for job in jobs:
                self._reserve(job)

    def show(self, registry: CollectorRegistry) -> None:
        """Add the spending to ``/metrics``."""
        spent = Gauge("ryla_budget_used_usd", "US dollars that today's jobs cost, or may cost", registry=registry)
        spent.set_function(self.total)
        Gauge("ryla_budget_usd", "Budget of a day in US dollars", registry=registry).set(self.most or math.inf)

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
        if self._records is not None:  # in a thread, so that no caller waits
            self._writer.submit(self._write, self._records, self._day, dict(self._spent))

    def _write(self, records: modal.Dict, day: str, spent: Mapping[str, float]) -> None:
        try:
            records.put(f"spent:{day}", dict(spent))
        except ModalError as error:
            log.warning("cannot store today's spending: %s", error)

    def close(self) -> None:
        """Wait until all spending is stored."""
        self._writer.shutdown()

    def _check(self, whose: str, most: float | None, spent: float, usd: float) -> None:
        if most is None or spent + usd <= most:
            return
        raise RequestError(
            "over_budget",
            f"the jobs of {whose} may cost ${most:.2f} a day (UTC); ${spent:.2f} is spent or reserved today, "
            f"and this one may cost ${usd:.4f}",
            retry_after=self._until_midnight(),
        )

    def _turn(self) -> None:
        """Reset the spending on a new day; running jobs stay reserved."""
        now = self._now()
        self._claims = [claim for claim in self._claims if claim[0] > now]
        if (day := self._today()) != self._day:
            self._day = day
            self._spent.clear()

    def _learn(self) -> None:
        """Read from time to time what an earlier web container booked."""
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
            log.warning("cannot read today's spending: %s", error)
            return {}
