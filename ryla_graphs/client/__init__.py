"""A typed client of a ryla_graphs server, sync and async: `RylaClient(base_url, token)` and `AsyncRylaClient`.

Both are thin: what is asked, how often, and what an answer means stands in `flows`, once for both.
"""

from __future__ import annotations

from ryla_graphs.client.asynchronous import AsyncJob, AsyncOutput, AsyncRylaClient
from ryla_graphs.client.sync import Job, Output, RylaClient
from ryla_graphs.client.views import JobEvent, JobView, Lora, OutputView
from ryla_graphs.problems import JobFailed, RequestFailed, ServerUnreachable

__all__ = [
    "AsyncJob",
    "AsyncOutput",
    "AsyncRylaClient",
    "Job",
    "JobEvent",
    "JobFailed",
    "JobView",
    "Lora",
    "Output",
    "OutputView",
    "RequestFailed",
    "RylaClient",
    "ServerUnreachable",
]
