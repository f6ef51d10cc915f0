"""What a server tells, as values: its own shapes, and what a client does with them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import Field

from ryla_graphs.answers.shapes import (
    JobShape,
    LoraShape,
    OutputEvent,
    OutputShape,
    PreviewEvent,
    ProgressShape,
    RoutedEvent,
    Shape,
    StatusEvent,
)
from ryla_graphs.answers.words import JobState
from ryla_graphs.client.reading import read

S = TypeVar("S", bound=Shape)

FINAL = frozenset(state for state in JobState if state.terminal)
"""The states of a job after which nothing comes."""


OutputView = OutputShape
"""One file that a job made. Its `url` begins at the server's address, unless it is a whole one."""
Lora = LoraShape
"""A LoRA on the server; `id` is what `lora_id` takes."""


class JobView(JobShape):
    """A job as the server had it when it was asked.

    A server of another version is read as well as it can be: a state that is not known here is a plain text, and what
    an older server does not send is None, or empty.
    """

    data: dict[str, Any] = Field(default={}, exclude=True, repr=False)
    """All that the server sent."""

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self.state in FINAL


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened to a job.

    It has the property that its `kind` names, and None for the others: `event.progress.value`. Kinds that only a newer
    server knows have none, and `data` all the same.
    """

    kind: str
    data: Mapping[str, Any]
    """All that the server sent."""
    number: int
    """Counts up in each job; 0 for previews."""

    @property
    def status(self) -> StatusEvent | None:
        """The job has gone on."""
        return self._read("status", StatusEvent)

    @property
    def progress(self) -> ProgressShape | None:
        """How far it is."""
        return self._read("progress", ProgressShape)

    @property
    def output(self) -> OutputEvent | None:
        """An output is there."""
        return self._read("output", OutputEvent)

    @property
    def routed(self) -> RoutedEvent | None:
        """A server with routes has handed the job to one."""
        return self._read("routed", RoutedEvent)

    @property
    def preview(self) -> PreviewEvent | None:
        """A small picture of what is being made, where previews were asked for; see `picture`."""
        return self._read("preview", PreviewEvent)

    @property
    def final(self) -> bool:
        """Whether it is the last one."""
        status = self.status
        return status is not None and status.state in FINAL

    @property
    def picture(self) -> bytes | None:
        """The picture of a `preview`, of its `media_type`; None of other events."""
        preview = self.preview
        return base64.b64decode(preview.data) if preview is not None and preview.data else None

    def _read(self, kind: str, shape: type[S]) -> S | None:
        return read(shape, self.data) if kind == self.kind and isinstance(self.data, Mapping) else None


OnEvent = Callable[[JobEvent], None]
"""What is called for each event."""


def job_view(data: Mapping[str, Any]) -> JobView:
    """A job from its JSON."""
    return read(JobView, {**data, "data": data})
