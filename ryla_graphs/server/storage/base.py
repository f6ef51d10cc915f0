"""The protocol of stores: what must outlive the process."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ryla_graphs.answers.words import JobState
from ryla_graphs.server.records import Asset, Hook, IdempotencyKey, Job, JobEvent, KeyUse


@dataclass(frozen=True, slots=True)
class Blob:
    """Content by its hash."""

    hash: str
    size: int
    new: bool
    """Whether it was not there before."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept; None is for ever."""

    seconds: float | None = None
    """Jobs after their end, uploads after they came."""
    bytes: int | None = None
    """What the jobs of one owner brought and made; the oldest that have ended go first, and only that owner's."""


class StaleJob(Exception):
    """The job in the store is no longer in the state that the writer believes."""


class Blobs(Protocol):
    """Content-addressed files. A hash is 64 hexadecimal digits of blake3."""

    def put(self, content: bytes | Iterable[bytes]) -> Blob:
        """Keep content; on return it is complete under its hash."""
        ...

    def size(self, digest: str) -> int | None:
        """In bytes; None if there is no such content."""
        ...

    def read(self, digest: str) -> bytes:
        """The content; raises `NotFound`."""
        ...

    def stream(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, in pieces; raises `NotFound`."""
        ...


class KeptBlobs(Blobs, Protocol):
    """Content of which a store knows what is still needed."""

    def sweep(self, needed: Collection[str]) -> None:
        """Remove what is not among these hashes, unless it is young."""
        ...


class Store(Protocol):
    """Jobs, events, keys, assets, content. All of it may be called from any thread, and blocks while it works.

    What a method wrote is there after the process is killed at any later moment.
    """

    @property
    def blobs(self) -> Blobs:
        """The content."""
        ...

    def add_job(self, job: Job, events: Sequence[JobEvent], key: IdempotencyKey | None = None) -> KeyUse | None:
        """Keep a new job, and the key with it, or neither: gives what the key was used for before."""
        ...

    def save_job(
        self, job: Job, *, was: JobState, events: Sequence[JobEvent] = (), output: Asset | None = None
    ) -> None:
        """Write what changed in a job, with events and an output of it, all or nothing.

        Raises `StaleJob` unless the store has the job in the state `was`. An output of a node's place that
        is there already is left as it is.
        """
        ...

    def job(self, job_id: str) -> Job | None:
        """A job."""
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
        """Jobs, the newest first; `before` is the id of the last job of the page before.

        `marked` is what all must have of `Job.marks`, `since` when they were created at the earliest.
        """
        ...

    def key(self, owner: str, key: str) -> KeyUse | None:
        """What a key was used for."""
        ...

    def events(self, job_id: str, after: int = 0) -> list[JobEvent]:
        """The events that are kept, in order, from the first one beyond `after`."""
        ...

    def outputs(self, job_id: str) -> list[Asset]:
        """The committed outputs of a job, by number."""
        ...

    def add_asset(self, asset: Asset) -> None:
        """Keep an upload, whose content is in `blobs` already."""
        ...

    def asset(self, asset_id: str) -> Asset | None:
        """An asset."""
        ...

    def assets(self, owner: str, digest: str) -> list[Asset]:
        """All of one owner's assets that have this content."""
        ...

    def kept(self, owner: str, kind: str) -> list[Asset]:
        """All of one owner's uploads of a kind, the newest first."""
        ...

    def named(self, name: str) -> list[Asset]:
        """All uploads of this name, whoever has them."""
        ...

    def delete_asset(self, asset_id: str) -> bool:
        """Forget an upload; False where there is none. The content goes when nothing needs it any more."""
        ...

    def delete_job(self, job_id: str) -> bool:
        """Forget a job that has ended, with its events, keys and outputs; False where there is none."""
        ...

    def expire(self, retention: Retention, now: float) -> int:
        """Forget what is older or more than `retention` allows, but LoRAs; gives how many jobs and uploads went."""
        ...

    def uploaded_bytes(self, owner: str, *, loras: bool = False) -> int:
        """What one owner's uploads take; of LoRAs alone where they are asked for, else without them."""
        ...

    def keep_hook(self, hook: Hook) -> None:
        """Keep what a webhook has still to tell, in the place of what is kept for the same job."""
        ...

    def forget_hook(self, job_id: str) -> None:
        """There is nothing more to tell of a job."""
        ...

    def hooks(self) -> list[Hook]:
        """All that webhooks have still to tell."""
        ...

    def trouble(self) -> str | None:
        """Why nothing can be kept; None if it can. Where a write failed, another one is tried."""
        ...

    def close(self) -> None:
        """Give back what it holds open."""
        ...
