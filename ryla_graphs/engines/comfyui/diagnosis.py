"""Interprets failures: out of memory, an invalid graph, or a server that needs a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.comfyui.damage import reason_of_reading, unreadable_files
from ryla_graphs.engines.comfyui.jobs import JobState
from ryla_graphs.engines.failures import OUT_OF_MEMORY, POISONED
from ryla_graphs.engines.inputs import file_inputs
from ryla_graphs.engines.partner_key import without_keys
from ryla_graphs.problems import ExecutionFailed, OutOfMemory

FAST_SECONDS = 2.0
FAST_FAILURES = 5
REST_SECONDS = 30.0


def failure(workflow: CompiledWorkflow, data: Mapping[str, Any]) -> ExecutionFailed:
    """The server's error in terms of our node and its source line."""
    node = str(data["node_id"]) if data.get("node_id") is not None else None
    class_type = data.get("node_type")
    kind = str(data.get("exception_type") or "")
    reason = without_keys(str(data.get("exception_message") or "").strip())
    where = f"{class_type} '{node}'" if node is not None else "the run"
    source = workflow.sources.get(node) if node is not None else None
    line = f" [{source}]" if source else ""
    if OUT_OF_MEMORY.search(f"{kind} {reason}"):
        # The lines after the first are advice for users of ComfyUI's own screen.
        reason = reason.partition("\n")[0] or kind
        return OutOfMemory(f"{where} ran out of memory: {reason}{line}", node=node, class_type=class_type)
    if node is not None and (files := unreadable_files(workflow.view, node, kind, reason)):
        why = f"{where} cannot read {files}: damaged, incomplete, or of another kind than its name says"
        detail = reason_of_reading(reason) or kind.rpartition(".")[2]
        advice = "download the file again; `ryla-graphs weights check` checks a whole models folder"
        return ExecutionFailed(f"{why} ({detail}){line}; {advice}", node=node, class_type=class_type)
    reason = reason or kind.rpartition(".")[2] or "the server reports no reason"
    return ExecutionFailed(f"{where} failed: {reason}{line}", node=node, class_type=class_type)


class Fitness:
    """Whether a server that answers can still execute graphs.

    After a fault that corrupts its process, it needs a restart; it has been restarted when it no longer knows the run
    that broke it. After several failures in a row, each within two seconds, it gets no work for half a minute: then
    something is wrong that no message explains. Nodes that read an input file do not count, since a bad file fails
    everywhere.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._broken_by: str | None = None
        self._reason = ""
        self._failures = 0
        self._rests_until = 0.0

    @property
    def broken(self) -> bool:
        """Whether the server needs a restart."""
        return self._broken_by is not None

    def succeeded(self) -> None:
        """Note that a run succeeded."""
        with self._lock:
            self._failures, self._rests_until = 0, 0.0

    def failed(self, prompt_id: str, error: ExecutionFailed, workflow: CompiledWorkflow, seconds: float) -> None:
        """Note that a run failed, `seconds` after it started."""
        with self._lock:
            if POISONED.search(str(error)):
                self._broken_by, self._reason = prompt_id, f"needs a restart, because a run broke it: {error}"
            elif seconds > FAST_SECONDS or isinstance(error, OutOfMemory):
                self._failures = 0
            elif error.node not in {node for node, _, _ in file_inputs(workflow)}:
                self._failures += 1
                if self._failures >= FAST_FAILURES:
                    self._rests_until = time.monotonic() + REST_SECONDS
                    self._reason = f"pauses, because its last {self._failures} runs failed at once; the last: {error}"

    def trouble(self, state: Callable[[str], JobState]) -> str:
        """Why the server should get no work; empty if it may. `state` reads the state of a prompt from the server."""
        if self._broken_by is not None and state(self._broken_by).phase == "unknown":
            with self._lock:
                self._broken_by = None
        with self._lock:
            return self._reason if self._broken_by is not None or time.monotonic() < self._rests_until else ""
