"""A server's answers as values: its shapes, with the properties that a client needs."""

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
"""The states of an ended job."""


OutputView = OutputShape
"""One file that a job made. Its `url` is relative to the server's address, unless it is absolute."""
Lora = LoraShape
"""A LoRA on the server; its `id` is the value for `lora_id`."""


class JobView(JobShape):
    """A job as the server last reported it.

    A server of another version is read as well as possible: an unknown state is a plain text, and fields that an older
    server does not send are None or empty.
    """

    data: dict[str, Any] = Field(default={}, exclude=True, repr=False)
    """All that the server sent."""

    @property
    def ended(self) -> bool:
        """Whether the job has ended."""
        return self.state in FINAL


@dataclass(frozen=True, slots=True)
class JobEvent:
    """An event of a job.

    The property that its `kind` names is set, such as `event.progress.value`, and the others are None. For a kind that
    only a newer server knows, all are None, but `data` is set.
    """

    kind: str
    data: Mapping[str, Any]
    """All that the server sent."""
    number: int
    """Counts up in each job; 0 for previews."""

    @property
    def status(self) -> StatusEvent | None:
        """The new state of the job."""
        return self._read("status", StatusEvent)

    @property
    def progress(self) -> ProgressShape | None:
        """The progress of the job."""
        return self._read("progress", ProgressShape)

    @property
    def output(self) -> OutputEvent | None:
        """A new output."""
        return self._read("output", OutputEvent)

    @property
    def routed(self) -> RoutedEvent | None:
        """The route that the job was handed to, on a server with routes."""
        return self._read("routed", RoutedEvent)

    @property
    def preview(self) -> PreviewEvent | None:
        """A small preview of the picture in progress, if the request wants previews; see `picture`."""
        return self._read("preview", PreviewEvent)

    @property
    def final(self) -> bool:
        """Whether it is the last event."""
        status = self.status
        return status is not None and status.state in FINAL

    @property
    def picture(self) -> bytes | None:
        """The bytes of a `preview`, in its `media_type`; None for other events."""
        preview = self.preview
        return base64.b64decode(preview.data) if preview is not None and preview.data else None

    def _read(self, kind: str, shape: type[S]) -> S | None:
        return read(shape, self.data) if kind == self.kind and isinstance(self.data, Mapping) else None


OnEvent = Callable[[JobEvent], None]
"""A function that is called with each event."""


def job_view(data: Mapping[str, Any]) -> JobView:
    """A job from its JSON."""
    return read(JobView, {**data, "data": data})
