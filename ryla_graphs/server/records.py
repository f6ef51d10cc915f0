"""The records of a deployment: jobs, their events, and assets. Plain values, which a store saves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from ryla_graphs.answers.words import JobState
from ryla_graphs.problems import RylaError

WEBHOOK_URL = "webhook_url"
"""The key in `JobRequest.extra` for the URL that the job's end is posted to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """The request of a job, which never changes."""

    prompt: Mapping[str, Any]
    """The API graph that runs."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """The content hashes of the input files, by their name in the graph."""
    preset: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The preset's parameters as they were used, with a seed that was drawn."""
    seed: int | None = None
    warnings: tuple[Mapping[str, Any], ...] = ()
    """Warnings about the graph."""
    previews: bool = False
    gpu: str | None = None
    """The kind of GPU that was chosen for the job; None leaves the choice to the engine."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """The caller's labels, by which the job can be found."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """JSON that sinks and interfaces store with the job, such as the URL of a webhook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Why a job failed, as its owner may see it: without traceback or paths."""

    code: str
    message: str
    node: str | None = None
    class_type: str | None = None
    problems: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One execution of a graph. Times are seconds since 1970."""

    id: str
    owner: str
    request: JobRequest
    created_at: float
    state: JobState = JobState.QUEUED
    run_id: str | None = None
    """The engine's id of the run, stored before the run is submitted."""
    attempt: int = 0
    """How many runs were started."""
    cancel_requested: bool = False
    started_at: float | None = None
    ended_at: float | None = None
    error: JobError | None = None
    attempts: tuple[Mapping[str, Any], ...] = ()
    """The routes that got the job, with the result of each; see `engines.router.Attempt`. Empty without routes."""
    faces: tuple[Mapping[str, Any], ...] = ()
    """How well each picture kept the person's face, with `output` for its number; see `faces.FaceScore`. Measured after
    the job's end."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """`queue_ms`, `cold_ms` (start of a machine), `idle_ms` (idle time of a machine, paid by this job), `execution_ms`,
    of which `load_ms` in loaders; `nodes` (ms by node id), `gpu`, `cost_usd`. Unknown ones are left out."""

    @property
    def marks(self) -> Mapping[str, str]:
        """Index entries of a job besides owner and state: `preset`, and a `label:<name>` for each label."""
        preset = {} if self.request.preset is None else {"preset": self.request.preset}
        return preset | {f"label:{name}": value for name, value in self.request.labels.items()}

    @property
    def hook(self) -> Hook | None:
        """The webhook for the job's end, still without its body; None if no caller asked for one."""
        address = self.request.extra.get(WEBHOOK_URL)
        return None if address is None else Hook(self.id, self.owner, str(address), "")


class JobEvent(NamedTuple):
    """An event of a job."""

    seq: int
    """Counts from 1 in each job, with gaps; 0 for a preview, which is not stored."""
    at: float
    kind: str
    """`status`, `progress`, `output` or `preview`."""
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file that an owner has: an upload, or the output of a job."""

    id: str
    owner: str
    hash: str
    """The blake3 of the content, in hexadecimal."""
    size: int
    media_type: str
    name: str
    """The file name, without folders."""
    created_at: float
    expires_at: float | None = None
    tags: tuple[str, ...] = ()
    job_id: str | None = None
    """The job that made it; None for uploads. The fields below are set for outputs only."""
    number: int | None = None
    """Its index among the outputs of the job, from 0, in the order in which they were committed."""
    node: str | None = None
    place: int | None = None
    """Its index among the outputs of its node, from 0."""
    kind: str = "file"
    """An `OutputKind`."""
    folder: str = "output"
    """`output`, or `temp` for files that are only shown."""
    simulated: bool = False


_IDS = UUID("9d0b8a52-6f4e-4c39-8f6b-1f5f6f0a7c11")
"""The namespace of derived ids: equal facts give equal ids, in every process."""


def run_id_of(job_id: str, attempt: int) -> str:
    """The engine's id of an attempt of a job. It is derived, so two processes that submit the attempt start one run."""
    return str(uuid5(_IDS, f"{job_id}/{attempt}"))


def output_id_of(job_id: str, attempt: int, node: str, place: int) -> str:
    """The id of an output. It is derived, so two processes that commit the output commit one asset."""
    return str(uuid5(_IDS, f"{job_id}/{attempt}/{place}/{node}"))


class Ended(NamedTuple):
    """A job that has ended, with its outputs."""

    job: Job
    outputs: tuple[Asset, ...]


class IdempotencyKey(NamedTuple):
    """An idempotency key, which a caller chose for one request."""

    owner: str
    key: str
    fingerprint: str
    """Equal for equal requests only."""


class Hook(NamedTuple):
    """A webhook that is still to be delivered."""

    job_id: str
    owner: str
    address: str
    body: str
    """Empty if the process ended before it was written."""
    attempt: int = 0
    """How many deliveries were tried."""


class KeyUse(NamedTuple):
    """The job and request that an idempotency key was used for."""

    job_id: str
    fingerprint: str


class DamagedRecord(RylaError, ValueError):
    """A stored record that cannot be read."""

    def __init__(self, kind: str, record_id: str, owner: str) -> None:
        super().__init__(f"the record of {kind} '{record_id}' is damaged; the server's log says how")
        self.record = f"{kind} {record_id}"
        self.owner = owner
