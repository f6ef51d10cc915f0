"""The state of a prompt by the server's own records: jobs API, history, queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

Phase = Literal["waiting", "running", "done", "failed", "cancelled", "unknown"]

_PHASES: Mapping[str, Phase] = {
    "pending": "waiting",
    "in_progress": "running",
    "completed": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}


class JobState(NamedTuple):
    """The server's state of a prompt."""

    phase: Phase
    outputs: Mapping[str, Any] = {}
    error: Mapping[str, Any] | None = None
    """The `execution_error` message, if there is one."""
    seconds: float | None = None
    """Seconds that it ran; None if the record does not say."""
    prompt: Mapping[str, Any] | None = None
    """The submitted graph, for ended prompts."""


UNKNOWN = JobState("unknown")


def from_job(job: Mapping[str, Any]) -> JobState:
    """The state in an answer of ``/api/jobs/{id}``."""
    phase = _PHASES.get(str(job.get("status")), "unknown")
    return _state(phase, job, (job.get("workflow") or {}).get("prompt"), job.get("execution_status"))


def from_history(entry: Mapping[str, Any]) -> JobState:
    """The state in an entry of ``/history``."""
    status = entry.get("status") or {}
    messages = dict(_messages(status))
    phase: Phase = "done"
    if "execution_interrupted" in messages:
        phase = "cancelled"
    elif "execution_error" in messages or status.get("status_str") == "error":
        phase = "failed"
    item = entry.get("prompt")
    return _state(phase, entry, item[2] if isinstance(item, list) and len(item) > 2 else None, status)


def from_queue(prompt_id: str, queue: Mapping[str, Any]) -> JobState:
    """The state in an answer of ``/queue``."""
    if any(item[1] == prompt_id for item in queue.get("queue_running", [])):
        return JobState("running")
    if any(item[1] == prompt_id for item in queue.get("queue_pending", [])):
        return JobState("waiting")
    return UNKNOWN


def _state(phase: Phase, record: Mapping[str, Any], prompt: Any, status: Any) -> JobState:
    messages = dict(_messages(status))
    outputs = record.get("outputs")
    return JobState(
        phase,
        outputs if isinstance(outputs, Mapping) else {},
        messages.get("execution_error"),
        _seconds(messages),
        prompt if isinstance(prompt, Mapping) else None,
    )


def _messages(status: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for entry in status.get("messages") or [] if isinstance(status, Mapping) else []:
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], Mapping):
            yield str(entry[0]), entry[1]


def _seconds(messages: Mapping[str, Mapping[str, Any]]) -> float | None:
    """Seconds between the timestamps, which are in milliseconds."""
    ends = (messages[name] for name in ("execution_success", "execution_error") if name in messages)
    begin, end = messages.get("execution_start", {}).get("timestamp"), next(ends, {}).get("timestamp")
    if isinstance(begin, (int, float)) and isinstance(end, (int, float)):
        return (end - begin) / 1000
    return None
