"""What a deployment remembers: jobs, their events, and assets. Plain values; a store keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from ryla_graphs.answers.words import JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What was asked for; it never changes."""

    prompt: Mapping[str, Any]
    """The API graph that runs."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Input files by the name that the graph gives them: the hash of their content."""
    preset: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The preset's parameters as they were used, the seed that was drawn included."""
    seed: int | None = None
    warnings: tuple[Mapping[str, Any], ...] = ()
    """Problems that did not stop the graph."""
    previews: bool = False
    gpu: str | None = None
    """The kind of GPU that was chosen for it; None leaves it to the engine."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """The caller's, to find the job by."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """JSON that sinks and other interfaces keep with the job, such as the address of a webhook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Why a job failed, fit for its owner: no traceback, no path."""

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
    """The engine's id of the run; written before the engine hears of it."""
    attempt: int = 0
    """How many runs were begun."""
    cancel_requested: bool = False
    started_at: float | None = None
    ended_at: float | None = None
    error: JobError | None = None
    attempts: tuple[Mapping[str, Any], ...] = ()
    """Where it was handed to, and what became of it there; see `engines.router.Attempt`. Empty without routes."""
    faces: tuple[Mapping[str, Any], ...] = ()
    """How well each picture kept the person's face, with `output` for its number; see `faces.FaceScore`. It comes after
    the job's end."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """`queue_ms`, `cold_ms` (the start of a machine), `idle_ms` (of a machine, paid by this job), `execution_ms`, of
    which `load_ms` in loaders; `nodes` (ms by node id), `gpu`, `cost_usd`. What is not known is left out."""

    @property
    def marks(self) -> Mapping[str, str]:
        """What a job is found by, beside its owner and its state: `preset`, and a `label:<name>` for each label."""
        preset = {} if self.request.preset is None else {"preset": self.request.preset}
        return preset | {f"label:{name}": value for name, value in self.request.labels.items()}


class JobEvent(NamedTuple):
    """Something that happened to a job."""

    seq: int
    """Counts from 1 in each job, with gaps; 0 for a preview, which is not kept."""
    at: float
    kind: str
    """`status`, `progress`, `output` or `preview`."""
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file that somebody owns: uploaded, or the output of a job."""

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
    """The job that made it; None for uploads. What follows is only known of outputs."""
    number: int | None = None
    """Which output of the job it is, from 0, in the order they were committed."""
    node: str | None = None
    place: int | None = None
    """Which output of its node it is, from 0."""
    kind: str = "file"
    """An `OutputKind`."""
    folder: str = "output"
    """`temp` for what is only shown."""
    simulated: bool = False


_IDS = UUID("9d0b8a52-6f4e-4c39-8f6b-1f5f6f0a7c11")
"""The namespace of ids that are derived: whoever derives one from the same facts has the same id."""


def run_id_of(job_id: str, attempt: int) -> str:
    """The engine's id of an attempt of a job, so that two processes that begin it begin one run."""
    return str(uuid5(_IDS, f"{job_id}/{attempt}"))


def output_id_of(job_id: str, attempt: int, node: str, place: int) -> str:
    """The id of an output, so that two processes that commit it commit one asset."""
    return str(uuid5(_IDS, f"{job_id}/{attempt}/{place}/{node}"))


class Ended(NamedTuple):
    """A job that has ended, with its outputs."""

    job: Job
    outputs: tuple[Asset, ...]


class IdempotencyKey(NamedTuple):
    """A key that a caller chose for one request."""

    owner: str
    key: str
    fingerprint: str
    """Tells one request from another."""


class Hook(NamedTuple):
    """What a webhook has still to tell."""

    job_id: str
    owner: str
    address: str
    body: str
    attempt: int = 0
    """How often it was tried."""


class KeyUse(NamedTuple):
    """What a key was used for."""

    job_id: str
    fingerprint: str
