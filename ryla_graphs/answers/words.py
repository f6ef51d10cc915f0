"""Words in answers that programs compare."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class JobState(StrEnum):
    """Where a job is; `jobs.states.TRANSITIONS` says what follows what."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether nothing follows."""
        return self in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


Outcome = Literal["measured", "small", "profile", "no_face", "no_reference_face", "failed", "dropped"]
"""Of a measured face; see `FaceShape`."""

OutputKind = Literal["image", "video", "audio", "text", "3d", "latent", "file", "unknown"]
"""Of an output, or of what an output node promises."""
