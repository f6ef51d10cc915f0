"""What a server tells, as values."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

FINAL = frozenset({"succeeded", "failed", "cancelled"})
"""The states of a job after which nothing comes."""


@dataclass(frozen=True, slots=True)
class OutputView:
    """One file that a job made."""

    name: str
    node: str
    kind: str
    """`image`, `video`, `audio`, `text`, `3d`, `latent` or `file`."""
    media_type: str
    size: int
    """In bytes."""
    url: str
    """Where its content is, from the server's address."""
    simulated: bool
    face: Mapping[str, Any] | None = None
    """How well it kept the person's face, for jobs with `measure_face`, some seconds after their end."""

    def path_in(self, directory: Path) -> Path:
        """Where it is saved in a directory; a file that is there already keeps its name."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / PurePosixPath(self.name.replace("\\", "/")).name
        number = 2
        while path.exists():
            path = directory / f"{Path(self.name).stem}-{number}{Path(self.name).suffix}"
            number += 1
        return path


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as the server had it when it was asked."""

    id: str
    state: str
    """`queued`, `running`, `succeeded`, `failed` or `cancelled`."""
    seed: int | None
    parameters: Mapping[str, Any]
    progress: Mapping[str, Any] | None
    outputs: tuple[OutputView, ...]
    error: Mapping[str, Any] | None
    metrics: Mapping[str, Any]
    """`queue_ms`, `execution_ms`, `gpu`, `cost_usd`, where they are known."""
    data: Mapping[str, Any] = field(repr=False)
    """All that the server sent."""

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self.state in FINAL


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened to a job: `status`, `progress`, `output`, or `preview` where previews were asked for."""

    kind: str
    data: Mapping[str, Any]
    number: int
    """Counts up in each job; 0 for previews."""

    @property
    def final(self) -> bool:
        """Whether it is the last one."""
        return self.kind == "status" and self.data.get("state") in FINAL

    @property
    def picture(self) -> bytes | None:
        """The picture of a `preview`, of the `media_type` in `data`; None of other events."""
        return base64.b64decode(self.data["data"]) if self.kind == "preview" else None


OnEvent = Callable[[JobEvent], None]
"""What is called for each event."""


@dataclass(frozen=True, slots=True)
class Lora:
    """A LoRA on the server."""

    id: str
    """What `lora_id` takes."""
    name: str
    families: tuple[str, ...]
    size: int


def job_view(data: Mapping[str, Any]) -> JobView:
    """A job from its JSON."""
    return JobView(
        id=data["id"],
        state=data["state"],
        seed=data.get("seed"),
        parameters=data.get("parameters") or {},
        progress=data.get("progress"),
        outputs=tuple(output_view(row) for row in data.get("outputs", ())),
        error=data.get("error"),
        metrics=data.get("metrics") or {},
        data=data,
    )


def output_view(data: Mapping[str, Any]) -> OutputView:
    """An output from its JSON."""
    return OutputView(
        name=data["name"],
        node=data["node"],
        kind=data["kind"],
        media_type=data["media_type"],
        size=data["size"],
        url=data["url"],
        simulated=bool(data.get("simulated")),
        face=data.get("face"),
    )


def lora_view(data: Mapping[str, Any]) -> Lora:
    """A LoRA from its JSON."""
    return Lora(id=data["id"], name=data["name"], families=tuple(data["families"]), size=data["size"])
