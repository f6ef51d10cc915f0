"""The shapes of Comfy API v2, for the OpenAPI document; a test compares the answers with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field

Status = Literal["queued", "running", "succeeded", "canceling", "canceled", "failed", "expired"]
Time = Field(json_schema_extra={"format": "date-time"})


class V2ErrorBody(BaseModel):
    """An error."""

    code: str = Field(description="For programs")
    message: str
    details: dict[str, Any] | None = Field(default=None, description="`node_errors` by node id, or `fields`")


class V2ErrorEnvelope(BaseModel):
    """The body of every v2 answer with an error status."""

    error: V2ErrorBody


class V2Asset(BaseModel):
    """A file that the caller has here: an upload, or the output of a job."""

    id: str
    hash: str | None = Field(description="blake3:…")
    size_bytes: int
    content_type: str
    file_path: str | None
    created_new: bool = Field(
        default=False, description="After an upload: whether the server did not have the bytes yet"
    )
    created_at: str = Time
    url: str = Field(description="The URL of the content, which needs no token")
    url_expires_at: str = Time
    expires_at: str | None = Time
    job_id: str | None = Field(default=None, description="The job that made it")


class V2Output(BaseModel):
    """A committed output of a job."""

    node_id: str
    name: str
    type: str = Field(description="image, video, audio, text, latent or file")
    content_type: str
    size_bytes: int
    id: str = Field(description="The id of its asset")
    hash: str | None = Field(description="blake3:…")
    url: str = Field(description="The URL of the content, which needs no token")
    url_expires_at: str = Time
    job_id: str | None


class V2Progress(BaseModel):
    """The progress of a job; every snapshot is complete."""

    value: float = Field(ge=0, le=1)
    nodes_done: int
    nodes_total: int
    current_node: str | None
    current_node_class: str | None
    step: int | None
    steps: int | None
    message: str | None


class V2JobError(BaseModel):
    """Why a job failed."""

    code: str
    message: str
    node_id: str | None
    class_type: str | None
    traceback: str | None = Field(description="Always null: tracebacks are not for callers")


class V2JobMetrics(BaseModel):
    """How long a job took, in milliseconds."""

    queue_ms: int | None
    execution_ms: int | None


class V2JobUrls(BaseModel):
    """Links of a job."""

    self: str
    events: str
    cancel: str


class V2Job(BaseModel):
    """One execution of a graph."""

    id: str
    status: Status
    created_at: str = Time
    started_at: str | None = Time
    completed_at: str | None = Time
    expires_at: str = Time
    queue_position: int | None
    progress: V2Progress | None
    outputs: list[V2Output]
    error: V2JobError | None
    metrics: V2JobMetrics
    metadata: dict[str, str] = Field(description="The labels that it was submitted with")
    urls: V2JobUrls


class V2JobSummary(BaseModel):
    """A job in a list."""

    id: str
    status: Status
    create_time: str = Time
    update_time: str = Time
    metadata: dict[str, str]


class V2Jobs(BaseModel):
    """A page of jobs."""

    jobs: list[V2JobSummary]
    next_cursor: str | None = Field(default=None, description="The `cursor` of the next page; left out on the last")


class V2Workflow(BaseModel):
    """The graph of a job."""

    workflow: dict[str, Any]
    format: Literal["save", "api"]


class V2StatusEvent(BaseModel):
    """The state of a job or its place in the queue has changed."""

    status: Status
    queue_position: int | None


class V2PreviewEvent(BaseModel):
    """A small preview of the picture in progress."""

    node_id: str
    content_type: str
    data_base64: str


EVENTS: Mapping[str, type[BaseModel]] = {
    "status": V2StatusEvent,
    "progress": V2Progress,
    "preview": V2PreviewEvent,
    "output": V2Output,
}
"""The data of each event of a stream."""
