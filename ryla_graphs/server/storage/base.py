"""The protocol of stores, which hold everything that must outlive the process."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ryla_graphs.answers.words import JobState
from ryla_graphs.server.records import Asset, Hook, IdempotencyKey, Job, JobEvent, KeyUse
from ryla_graphs.server.storage.damage import Damage


@dataclass(frozen=True, slots=True)
class Blob:
    """The hash and size of stored content."""

    hash: str
    size: int
    new: bool
    """Whether the store did not have it before."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long records are stored; None means forever."""

    seconds: float | None = None
    """Seconds until a job is deleted after its end, and an upload after it arrived."""
    bytes: int | None = None
    """The most bytes of one owner's jobs, with their text, inputs and outputs; beyond it, the oldest ended ones go."""


class StaleJob(Exception):
    """The job in the store is not in the state that the writer expects."""


class Blobs(Protocol):
    """Content-addressed files. A hash is 64 hexadecimal digits of blake3."""

    def put(self, content: bytes | Iterable[bytes]) -> Blob:
        """Store content; on return it is complete under its hash."""
        ...

    def size(self, digest: str) -> int | None:
        """The size in bytes; None if there is no such content."""
        ...

    def read(self, digest: str) -> bytes:
        """The content; raises `NotFound`."""
        ...

    def stream(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, in pieces; raises `NotFound`."""
        ...


class KeptBlobs(Blobs, Protocol):
    """Content that can be swept, once a store knows which of it is needed."""

    def sweep(self, needed: Collection[str]) -> None:
        """Delete content whose hash is not in `needed`, unless it is young."""
        ...


class Store(Protocol):
    """Jobs, events, keys, assets and content. All methods block, and may be called from any thread.

    What a method has written survives if the process is killed at any later moment. Lists leave out damaged records.
    """

    @property
    def damage(self) -> Damage:
        """The damaged records that were found."""
        ...

    @property
    def blobs(self) -> Blobs:
        """The content."""
        ...

    def add_job(self, job: Job, events: Sequence[JobEvent], key: IdempotencyKey | None = None) -> KeyUse | None:
        """Store a new job with its idempotency key. If the key was used before, stores nothing and returns that use."""
        ...

    def save_job(
        self, job: Job, *, was: JobState, events: Sequence[JobEvent] = (), output: Asset | None = None
    ) -> None:
        """Store a changed job with new events and an output, and at its end its webhook (`Job.hook`), all or nothing.

        Raises `StaleJob` unless the store has the job in the state `was`. If the store has an output for this node and
        place already, it keeps the old one.
        """
        ...

    def job(self, job_id: str) -> Job | None:
        """A job; raises `DamagedRecord`."""
        ...

    def jobs(
        self,
        *,
        states: Collection[JobState] | None = None,
        owner: str | None = None,
        marked: Mapping[str, str] | None = None,
        since: float | None = None,
        before: str | None = None,
        limit: int | None = None,
    ) -> list[Job]:
        """Jobs, newest first; `before` is the id of the last job on the previous page. After an unknown id comes none.

        `marked` are entries that `Job.marks` must have, `since` is the earliest creation time.
        """
        ...

    def key(self, owner: str, key: str) -> KeyUse | None:
        """What an idempotency key was used for; None if it was not used."""
        ...

    def events(self, job_id: str, after: int = 0) -> list[JobEvent]:
        """The stored events after number `after`, in order."""
        ...

    def outputs(self, job_id: str) -> list[Asset]:
        """The committed outputs of a job, by number."""
        ...

    def add_asset(self, asset: Asset) -> None:
        """Store an upload, whose content is in `blobs` already."""
        ...

    def asset(self, asset_id: str) -> Asset | None:
        """An asset; raises `DamagedRecord`."""
        ...

    def assets(self, owner: str, digest: str) -> list[Asset]:
        """All assets of one owner with this content."""
        ...

    def kept(self, owner: str, kind: str) -> list[Asset]:
        """All uploads of one owner of a kind, newest first."""
        ...

    def named(self, name: str) -> list[Asset]:
        """All uploads with this name, of any owner."""
        ...

    def delete_asset(self, asset_id: str) -> bool:
        """Delete an upload; False if there is none. Its content is deleted once nothing needs it."""
        ...

    def delete_job(self, job_id: str) -> bool:
        """Delete an ended job with its events, keys and outputs; False if there is none."""
        ...

    def expire(self, retention: Retention, now: float) -> int:
        """Delete jobs and uploads beyond `retention`, except LoRAs; returns how many were deleted."""
        ...

    def uploaded_bytes(self, owner: str, *, loras: bool = False) -> int:
        """The bytes of one owner's uploads: of LoRAs only if `loras`, else of everything except LoRAs."""
        ...

    def keep_hook(self, hook: Hook) -> None:
        """Store a webhook that is to be delivered; replaces the one of the same job."""
        ...

    def forget_hook(self, job_id: str) -> None:
        """Delete the webhook of a job, which is delivered or given up."""
        ...

    def hooks(self) -> list[Hook]:
        """All webhooks that are still to be delivered."""
        ...

    def trouble(self) -> str | None:
        """Why the store cannot write; None if it can. After a failed write, it tries another one."""
        ...

    def close(self) -> None:
        """Close files and connections."""
        ...
