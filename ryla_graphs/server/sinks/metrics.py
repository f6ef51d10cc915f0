"""Metrics of all jobs for Prometheus."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from ryla_graphs.answers.words import JobState
from ryla_graphs.engines.router.breaker import NUMBERS
from ryla_graphs.engines.router.routing import Routing
from ryla_graphs.server.records import Job, JobEvent
from ryla_graphs.server.sinks.faces import EVENT as FACE
from ryla_graphs.server.sinks.product_events import arm_of

_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
_SHARES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.85, 0.9, 0.95, 0.99, 1)
_LAST = 200
"""The number of recent pictures over which the verified ratio is computed."""


class MetricsSink:
    """Counts jobs by preset (`workflow` for callers' own graphs), and measures how long they waited and ran."""

    kinds = ("status", "output", FACE)

    def __init__(self, registry: CollectorRegistry) -> None:
        jobs = Counter("ryla_jobs", "Jobs accepted, and jobs that ended", ["preset", "state"], registry=registry)
        outputs = Counter("ryla_outputs", "Committed outputs", ["kind"], registry=registry)
        queued = _seconds("ryla_job_queue_seconds", "Time from submission until the engine starts the job", registry)
        executed = _seconds("ryla_job_execution_seconds", "At work", registry)
        # Looking up a label takes longer than counting, so keep the labelled counters.
        self._jobs = cache(jobs.labels)
        self._outputs = cache(outputs.labels)
        self._queued = cache(queued.labels)
        self._executed = cache(executed.labels)
        self._failures = Counter("ryla_job_failures", "Jobs that failed, by error code", ["code"], registry=registry)
        self._bytes = Counter("ryla_output_bytes", "Bytes of committed outputs", registry=registry)
        self._outcomes = Counter(
            "ryla_face_outcomes",
            "Pictures whose face should be measured, by outcome",
            ["preset", "arm", "outcome"],
            registry=registry,
        )
        self._match = Histogram(
            "ryla_face_match",
            "Likelihood that it is the same person, 0 to 1",
            ["preset", "arm"],
            buckets=_SHARES,
            registry=registry,
        )
        self._verified = Gauge(
            "ryla_face_verified_ratio",
            f"Share of the last {_LAST} measured pictures that were verified",
            ["preset", "arm"],
            registry=registry,
        )
        self._last: dict[tuple[str, str], deque[bool]] = defaultdict(lambda: deque(maxlen=_LAST))
        self._cost = Counter("ryla_cost_usd", "Cost of runs in US dollars", ["preset"], registry=registry)

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Count one event."""
        if event.kind == "output":
            self._outputs(event.data["kind"]).inc()
            self._bytes.inc(event.data["size"])
        elif event.kind == FACE:
            self._measured(job, event.data)
        elif event.kind == "status" and (event.seq == 1 or job.state.terminal):
            preset = job.request.preset or "workflow"
            self._jobs(preset, "accepted" if job.state is JobState.QUEUED else job.state).inc()
            if job.state.terminal:
                self._ended(job, preset)

    def _measured(self, job: Job, score: Mapping[str, Any]) -> None:
        labels = job.request.preset or "workflow", arm_of(job).get("arm", "")
        self._outcomes.labels(*labels, score["outcome"]).inc()
        if score["match"] is not None:
            self._match.labels(*labels).observe(score["match"])
        if score["outcome"] == "measured":  # other outcomes have no meaningful score
            last = self._last[labels]
            last.append(score["verified"])
            self._verified.labels(*labels).set(sum(last) / len(last))

    def _ended(self, job: Job, preset: str) -> None:
        if job.error is not None:
            self._failures.labels(job.error.code).inc()
        if "queue_ms" in job.metrics:
            self._queued(preset).observe(job.metrics["queue_ms"] / 1000)
        if "execution_ms" in job.metrics:
            self._executed(preset).observe(job.metrics["execution_ms"] / 1000)
        if "cost_usd" in job.metrics:
            self._cost.labels(preset).inc(job.metrics["cost_usd"])


class RouteNumbers:
    """A collector that reads the state of routes when metrics are scraped."""

    def __init__(self, routes: Routing) -> None:
        self._routes = routes

    def collect(self) -> Iterator[Metric]:
        """The current metrics of all routes."""
        runs = CounterMetricFamily("ryla_route_runs", "Attempts that ended, by outcome", labels=["route", "outcome"])
        cost = CounterMetricFamily("ryla_route_cost_usd", "Cost of attempts in US dollars", labels=["route"])
        state = GaugeMetricFamily(
            "ryla_route_state", "State of the circuit breaker: 0 closed, 1 half-open, 2 open", labels=["route"]
        )
        running = GaugeMetricFamily("ryla_route_running", "Current runs", labels=["route"])
        for row in self._routes.routes():
            name = row["name"]
            for outcome, count in row["runs"].items():
                runs.add_metric([name, outcome], count)
            cost.add_metric([name], row["cost_usd"])
            state.add_metric([name], NUMBERS[row["state"]])
            running.add_metric([name], row["running"])
        yield from (runs, cost, state, running)

    def describe(self) -> Iterator[Metric]:
        """No metrics are known before the first scrape."""
        yield from ()


def _seconds(name: str, what: str, registry: CollectorRegistry) -> Histogram:
    return Histogram(name, what, ["preset"], buckets=_SECONDS, registry=registry)
