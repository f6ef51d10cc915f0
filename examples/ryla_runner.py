"""RYLA's job runner: submitted now, asked for later: python examples/ryla_runner.py PROMPT face.png"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Unpack

from ryla_graphs.client import RylaClient
from ryla_graphs.client.preset_calls import BaseImagesParameters, CharacterSheetParameters, FaceSwapParameters

_STATUS = {
    "queued": "queued",
    "running": "processing",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}


@dataclass(frozen=True)
class JobImage:
    """A picture that a job made; `read()` fetches it."""

    name: str
    node: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class JobStatus:
    """What RYLA's backend wants to know of a job."""

    job_id: str
    status: str
    """queued, processing, completed, failed or cancelled"""
    progress: float
    """0 to 1"""
    images: list[JobImage] = field(default_factory=list)
    error: str | None = None


class RylaJobRunner:
    """Each submit gives a job's id, at once."""

    def __init__(self, client: RylaClient | None = None) -> None:
        self._client = RylaClient.from_env() if client is None else client

    def submit_base_images(self, **parameters: Unpack[BaseImagesParameters]) -> str:
        """Several pictures of one prompt."""
        return self._client.submit("base-images", **parameters).id

    def submit_face_swap(self, **parameters: Unpack[FaceSwapParameters]) -> str:
        """A picture with another face."""
        return self._client.submit("face-swap", **parameters).id

    def submit_character_sheet(self, **parameters: Unpack[CharacterSheetParameters]) -> str:
        """One person from several sides."""
        return self._client.submit("character-sheet", **parameters).id

    def get_job_status(self, job_id: str) -> JobStatus:
        """How far a job is; raises `RequestFailed` with status 404 if there is none."""
        job = self._client.job(job_id)
        view = job.view
        return JobStatus(
            job_id,
            _STATUS[view.state],
            1.0 if view.state == "succeeded" else view.progress.value if view.progress else 0.0,
            [JobImage(output.name, output.view.node, output.read) for output in job.outputs],
            None if view.error is None else view.error.message,
        )


def main(prompt: str, face: str) -> None:
    """Submit one job of each kind, and save what they make."""
    runner, folder = RylaJobRunner(), Path("out")
    folder.mkdir(exist_ok=True)
    waiting = [
        runner.submit_base_images(prompt=prompt, count=2),
        runner.submit_face_swap(reference_image=Path(face), base_image=Path(face)),
        runner.submit_character_sheet(prompt=prompt, reference_image=Path(face)),
    ]
    while waiting:
        job = runner.get_job_status(waiting[0])
        if job.status in ("queued", "processing"):
            time.sleep(0.2)
            continue
        if job.error:
            sys.exit(f"{job.job_id}: {job.error}")
        for image in job.images:
            path = folder / f"{job.job_id}-{image.name}"
            path.write_bytes(image.read())
            print(path)
        waiting.pop(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
