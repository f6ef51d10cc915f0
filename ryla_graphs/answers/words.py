"""Fixed values in answers, which programs compare."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class JobState(StrEnum):
    """The state of a job; `jobs.states.TRANSITIONS` has the allowed transitions."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether the job has ended."""
        return self in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


Outcome = Literal["measured", "small", "profile", "no_face", "no_reference_face", "failed", "dropped"]
"""The outcome of a face measurement; see `FaceShape`."""

OutputKind = Literal["image", "video", "audio", "text", "3d", "latent", "file", "unknown"]
"""The kind of an output, or of a promised output."""
