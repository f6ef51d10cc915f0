"""What engines that poll a service share: the ids of its jobs, and progress that is reported only once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from ryla_graphs.engines.events import NodeStarted, Progress

_MOST = 10_000


class JobIds:
    """The service's job id of each run; the oldest are forgotten first. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: dict[str, str] = {}

    def put(self, run_id: str, remote_id: str) -> None:
        """Remember the job of a run."""
        with self._lock:
            self._ids[run_id] = remote_id
            if len(self._ids) > _MOST:
                del self._ids[next(iter(self._ids))]

    def get(self, run_id: str) -> str | None:
        """The job of a run; None if it is unknown here."""
        return self._ids.get(run_id)


class PolledProgress:
    """Turns the progress in a job's status into events; polls that report nothing new give none."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._node: str | None = None
        self.step: tuple[str, int, int] | None = None
        """The last reported node, step and number of steps."""

    def events(self, node: str, class_type: object, step: object, steps: object) -> Iterator[NodeStarted | Progress]:
        """The events for the current node, its class and its progress; values of a wrong type count as unknown."""
        if node != self._node:
            self._node = node
            yield NodeStarted(self._run_id, node, class_type if isinstance(class_type, str) else None)
        if isinstance(step, int) and isinstance(steps, int) and steps > 0 and (node, step, steps) != self.step:
            self.step = (node, step, steps)
            yield Progress(self._run_id, node, step, steps)
