"""Jobs as OpenTelemetry sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("opentelemetry.sdk", reason="OpenTelemetry is not installed (pip install 'ryla-graphs[otel]')")

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ryla_graphs.answers.words import JobState
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, create_app
from ryla_graphs.server.environment import settings_from
from ryla_graphs.server.records import Job, JobError, JobEvent, JobRequest
from ryla_graphs.server.sinks.traces import TraceSink
from tests.server.clients import TestClient
from tests.server.kept import kept


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def sink(spans: InMemorySpanExporter) -> TraceSink:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return TraceSink(provider)


def test_a_job_of_the_server_is_one_trace(tmp_path: Path, sink: TraceSink, spans: InMemorySpanExporter) -> None:
    with TestClient(create_app(Simulator(), kept(tmp_path), Settings(), sinks=[sink])) as client:
        body = {"prompt": "a fox", "width": 64, "height": 64, "steps": 1}
        job = client.post("/flux-dev", json=body).headers["x-job-id"]
    (whole,) = (span for span in spans.get_finished_spans() if span.parent is None)
    assert whole.name == "job flux-dev" and whole.attributes is not None
    assert (whole.attributes["job"], whole.attributes["state"]) == (job, "succeeded")
    assert len({span.context.trace_id for span in spans.get_finished_spans() if span.context}) == 1


def test_its_parts_follow_each_other(sink: TraceSink, spans: InMemorySpanExporter) -> None:
    metrics = {"queue_ms": 1000, "cold_ms": 60_000, "execution_ms": 10_500, "gpu": "L40S", "cost_usd": 0.08}
    error = JobError(code="node_failed", message="no")
    job = Job(
        id="1", owner="me", request=JobRequest(prompt={}), created_at=100.0, ended_at=172.0,
        state=JobState.FAILED, metrics=metrics, error=error,
    )  # fmt: skip
    sink.on_event(job, JobEvent(5, 172.0, "progress", {}))
    assert spans.get_finished_spans() == ()
    sink.on_event(job, JobEvent(6, 172.0, "status", {}))
    *parts, whole = spans.get_finished_spans()
    times = [(span.name, (span.start_time or 0) / 1e9, (span.end_time or 0) / 1e9) for span in parts]
    assert times == [("queue", 100, 101), ("cold", 101, 161), ("execution", 161, 171.5)]
    assert whole.name == "job workflow" and not whole.status.is_ok and whole.attributes is not None
    assert whole.attributes["error"] == "node_failed" and whole.attributes["cost_usd"] == 0.08


def test_a_variable_turns_it_on() -> None:
    assert settings_from({"RYLA_TRACES": "1"}).traces and not settings_from({}).traces
