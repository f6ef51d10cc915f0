"""Numbers of all jobs for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ryla_graphs.server.records import Job, JobEvent, JobState

_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800)


class MetricsSink:
    """Counts jobs by preset (`workflow` for graphs of the caller's own), and how long they waited and ran."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._jobs = Counter("ryla_jobs", "Jobs that came to a state", ["preset", "state"], registry=registry)
        self._failures = Counter("ryla_job_failures", "Jobs that failed, by error code", ["code"], registry=registry)
        self._queued = _seconds("ryla_job_queue_seconds", "From submission to the engine's start", registry)
        self._executed = _seconds("ryla_job_execution_seconds", "At work", registry)
        self._outputs = Counter("ryla_outputs", "Committed outputs", ["kind"], registry=registry)
        self._bytes = Counter("ryla_output_bytes", "Bytes of committed outputs", registry=registry)
        self._cost = Counter("ryla_cost_usd", "What runs cost", ["preset"], registry=registry)
        self._live = Gauge("ryla_jobs_live", "Jobs that wait or run", ["state"], registry=registry)
        self._states: dict[str, JobState] = {}

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Count one event."""
        if event.kind == "output":
            self._outputs.labels(event.data["kind"]).inc()
            self._bytes.inc(event.data["size"])
        elif event.kind == "status" and job.state is not self._states.get(job.id):
            self._moved(job)

    def _moved(self, job: Job) -> None:
        preset = job.request.preset or "workflow"
        self._jobs.labels(preset, job.state).inc()
        before = self._states.pop(job.id, None)
        if before is not None:
            self._live.labels(before).dec()
        if not job.state.terminal:
            self._states[job.id] = job.state
            self._live.labels(job.state).inc()
            return
        if job.error is not None:
            self._failures.labels(job.error.code).inc()
        for name, histogram in (("queue_ms", self._queued), ("execution_ms", self._executed)):
            if name in job.metrics:
                histogram.labels(preset).observe(job.metrics[name] / 1000)
        self._cost.labels(preset).inc(job.metrics.get("cost_usd", 0))


def _seconds(name: str, what: str, registry: CollectorRegistry) -> Histogram:
    return Histogram(name, what, ["preset"], buckets=_SECONDS, registry=registry)
