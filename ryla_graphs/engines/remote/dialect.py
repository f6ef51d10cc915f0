"""The differences between servers with Comfy API v2, learnt from their answers and remembered for each server.

Labels of a job are a map on our own server and on serverless deployments, one text on comfy-api-proxy, and rejected by
Comfy Cloud. Events and the list of jobs may be missing. A server may be upgraded at any time, so an answer that
contradicts what was learnt replaces it.
"""

from __future__ import annotations

import threading
from typing import Any, Literal

from ryla_graphs.engines.http import Answer

RUN_LABEL = "ryla_run"
"""The label that holds the id of our run."""

Labels = Literal["map", "text", "none"]
_NEXT: dict[Labels, Labels] = {"map": "text", "text": "none", "none": "none"}


class Dialect:
    """The variant of the API that one server implements."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.labels: Labels = "map"
        self.lists_jobs = True
        self.streams = True

    def metadata(self, run_id: str, labels: Labels) -> dict[str, Any]:
        """The labels of a submission."""
        if labels == "none":
            return {}
        return {"metadata": {RUN_LABEL: run_id} if labels == "map" else f"{RUN_LABEL}={run_id}"}

    def refuses_labels(self, answer: Answer, sent: Labels) -> bool:
        """Whether a submission was rejected only for its labels; then later ones use the next form of labels."""
        if answer.status not in (400, 422) or sent == "none":
            return False
        error = error_of(answer)
        code, message = str(error.get("code")), str(error.get("message"))
        if code == "metadata_not_supported":
            found: Labels = "none"
        elif code == "invalid_request" and "metadata" in f"{message} {error.get('details')}":
            found = _NEXT[sent]
        else:
            return False
        with self._lock:
            self.labels = found
        return True

    def bears(self, job: dict[str, Any], run_id: str) -> bool:
        """Whether a job in a list belongs to a run."""
        metadata = job.get("metadata")
        if isinstance(metadata, dict):
            return metadata.get(RUN_LABEL) == run_id
        return metadata == f"{RUN_LABEL}={run_id}"


def error_of(answer: Answer) -> dict[str, Any]:
    """The content of v2's error envelope, ``{"error": {"code", "message", "details"}}``."""
    error = (answer.object() or {}).get("error")
    return error if isinstance(error, dict) else {}
