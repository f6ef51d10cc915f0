"""A typed client of a ryla_graphs server, sync and async: `RylaClient(base_url, token)` and `AsyncRylaClient`.

Both are thin: `flows` has the requests, their retries and the meaning of answers, once for both. The async client
needs the extra ``client``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ryla_graphs.answers.words import JobState, OutputKind
from ryla_graphs.client.sync import Job, Output, RylaClient
from ryla_graphs.client.views import JobEvent, JobView, Lora, OutputView
from ryla_graphs.problems import JobFailed, RequestFailed, ServerUnreachable

if TYPE_CHECKING:
    from ryla_graphs.client.asynchronous import AsyncJob, AsyncOutput, AsyncRylaClient

__all__ = [
    "AsyncJob",
    "AsyncOutput",
    "AsyncRylaClient",
    "Job",
    "JobEvent",
    "JobFailed",
    "JobState",
    "JobView",
    "Lora",
    "Output",
    "OutputKind",
    "OutputView",
    "RequestFailed",
    "RylaClient",
    "ServerUnreachable",
]


def __getattr__(name: str) -> object:
    """Load the async half on first access; raises `MissingExtra` if its packages are missing."""
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from ryla_graphs.client import asynchronous  # noqa: PLC0415 - needs httpx2

    return getattr(asynchronous, name)
