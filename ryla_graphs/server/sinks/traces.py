"""Jobs as OpenTelemetry traces: a span for each job, with child spans for waiting, cold start and execution.

Needs the extra ``otel``. The ``OTEL_…`` variables say where the spans go.
"""

from __future__ import annotations

from typing import Any

from ryla_graphs.answers.words import JobState
from ryla_graphs.problems.extras import needs_extra
from ryla_graphs.server.records import Job, JobEvent

_PARTS = ("queue", "cold", "execution")
"""The child spans in chronological order; each is a metric of the job, in milliseconds."""
_FACTS = ("gpu", "cost_usd")


class TraceSink:
    """Reports each job when it has ended; `provider` defaults to one that the ``OTEL_…`` variables configure."""

    kinds = ("status",)

    def __init__(self, provider: Any = None) -> None:
        with needs_extra("otel"):
            from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415
        self._failed = Status(StatusCode.ERROR)
        self._provider = provider or _exporting()
        self._tracer = self._provider.get_tracer("ryla_graphs")

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Report a job that has ended."""
        if event.kind != "status" or not job.state.terminal:
            return
        from opentelemetry.trace import set_span_in_context  # noqa: PLC0415

        facts = {"job": job.id, "state": str(job.state), "attempt": job.attempt}
        facts |= {name: job.metrics[name] for name in _FACTS if name in job.metrics}
        name = f"job {job.request.preset or 'workflow'}"
        span = self._tracer.start_span(name, start_time=_nanoseconds(job.created_at), attributes=facts)
        if job.state is JobState.FAILED:
            span.set_status(self._failed)
            span.set_attribute("error", job.error.code if job.error is not None else "")
        inside, at = set_span_in_context(span), job.created_at
        for part in _PARTS:
            if seconds := job.metrics.get(f"{part}_ms", 0) / 1000:
                child = self._tracer.start_span(part, context=inside, start_time=_nanoseconds(at))
                at += seconds
                child.end(_nanoseconds(at))
        span.end(_nanoseconds(job.ended_at or at))

    def close(self) -> None:
        """Send the waiting spans."""
        self._provider.shutdown()


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)


def _exporting() -> Any:
    """A provider that sends spans to where the ``OTEL_…`` variables say."""
    with needs_extra("otel"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    # OTEL_SERVICE_NAME takes precedence over this name.
    resource = Resource({"service.name": "ryla-graphs"}).merge(Resource.create())
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
