"""Tracks what was reported of a run, so that nothing is reported twice or out of order."""

from __future__ import annotations

import mimetypes
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import missing_output
from ryla_graphs.engines.comfyui.frames import Picture
from ryla_graphs.engines.comfyui.outputs import Fetch, artifacts
from ryla_graphs.engines.events import (
    Cached,
    Event,
    Failed,
    Finished,
    NodeStarted,
    OutputReady,
    Preview,
    Progress,
    Started,
)
from ryla_graphs.outputs import OVER_SOCKET
from ryla_graphs.problems import OutputMissing

Step = tuple[int, int]
"""A step, and the number of steps."""


class Ledger:
    """Turns the server's messages, which may repeat or arrive late, into the events of one run."""

    def __init__(self, run_id: str, workflow: CompiledWorkflow, fetch: Fetch) -> None:
        self._run = run_id
        self._workflow = workflow
        self._fetch = fetch
        self._unknown = {promised.node for promised in workflow.outputs if promised.kind == "unknown"}
        self._began: float | None = None
        self.restart()

    def restart(self) -> None:
        """Forget what nodes did; the start of the run stays reported."""
        self._nodes: set[str] = set()
        self._current: str | None = None
        self._steps: dict[str, Step] = {}
        self._last_step: tuple[str, Step] | None = None
        self._outputs: list[Artifact] = []
        self._sent: Counter[str] = Counter()

    @property
    def seconds(self) -> float:
        """Seconds since the run started."""
        return time.monotonic() - self._began if self._began is not None else 0.0

    @property
    def missing(self) -> OutputMissing | None:
        """The error for the first promised output that is not reported yet."""
        return missing_output(self._workflow, tuple(self._outputs))

    @property
    def awaits_pictures(self) -> bool:
        """Whether outputs are missing that only come as pictures over the socket, and are in no record."""
        promised = (output for output in self._workflow.outputs if output.class_type in OVER_SOCKET)
        return any(self._sent[output.node] < output.at_least for output in promised)

    def start(self) -> Iterator[Event]:
        """Report that the run has started."""
        if self._began is None:
            self._began = time.monotonic()
            yield Started(self._run)

    def cached(self, nodes: Collection[Any]) -> Iterator[Event]:
        """Report cached nodes. The server also names nodes that it created itself."""
        yield from self.start()
        if ours := tuple(node for node in self._workflow.document if node in nodes):
            yield Cached(self._run, ours)

    def node(self, node: str) -> Iterator[Event]:
        """Report that a node has started."""
        yield from self.start()
        node = self._current = self._ours(node)
        if node not in self._nodes:
            self._nodes.add(node)
            body = self._workflow.document.get(node)
            yield NodeStarted(self._run, node, body["class_type"] if body is not None else None)

    def progress(self, states: Mapping[str, Mapping[str, Any]]) -> Iterator[Event]:
        """Report the progress of nodes, by the server's names, if it changed.

        The server sends each step of a node with the old interface twice: alone, and in the states of all nodes.
        """
        for node, state in states.items():
            step = _step(state.get("value"), state.get("max"))
            if step is None or step == self._steps.get(node):
                continue
            self._steps[node] = step
            at = (self._ours(node), step)
            if at != self._last_step:  # one of our nodes may expand into two that are at the same step
                self._last_step = at
                yield from self.start()
                yield Progress(self._run, at[0], *step)

    def picture(self, picture: Picture) -> Iterator[Event]:
        """Report a picture from the socket: an output of a node that sends outputs this way, else a preview."""
        yield from self.start()
        # Old servers do not name the node.
        node = self._ours(picture.node) if picture.node is not None else self._current
        body = self._workflow.document.get(node or "")
        if node is None or body is None or body["class_type"] not in OVER_SOCKET:
            yield Preview(self._run, node if picture.node is not None else None, picture.media_type, picture.data)
            return
        self._sent[node] += 1
        suffix = mimetypes.guess_extension(picture.media_type) or ".bin"
        name = f"{node}_{self._sent[node]:05}_{suffix}"
        artifact = Artifact(node=node, kind="image", filename=name, read=lambda: picture.data)
        self._outputs.append(artifact)
        yield OutputReady(self._run, artifact)

    def outputs(self, node: str, output: Any) -> Iterator[Event]:
        """Report the outputs of a node, if it has any."""
        if not isinstance(output, Mapping):
            return
        yield from self.start()
        node = self._ours(node)
        for artifact in artifacts(node, output, self._fetch, any_data=node in self._unknown):
            if artifact not in self._outputs:
                self._outputs.append(artifact)
                yield OutputReady(self._run, artifact)

    def record(self, outputs: Mapping[str, Any]) -> Iterator[Event]:
        """Report the outputs in the server's record of a successful run."""
        yield from self.start()
        for node, output in outputs.items():
            yield from self.outputs(node, output)

    def promise_only(self, executed: frozenset[str] | None) -> None:
        """Expect only the optional outputs that the server executed; all of them if that is unknown."""
        if executed is not None:
            kept = (output for output in self._workflow.outputs if output.node in executed or not output.optional)
            self._workflow = replace(self._workflow, outputs=tuple(kept))

    def end(self, seconds: float | None = None) -> Event:
        """The last event of a run that succeeded by the server's record, which may also have its duration."""
        if (missing := self.missing) is not None:
            return Failed(self._run, missing)
        return Finished(self._run, self.seconds if seconds is None else seconds, tuple(self._outputs))

    def _ours(self, node: str) -> str:
        """The node of our graph that a server's node belongs to: `7` expanded into `7.0.0.2`."""
        ours = node
        while ours not in self._workflow.document and "." in ours:
            ours = ours.rpartition(".")[0]
        return ours if ours in self._workflow.document else node


def _step(value: Any, most: Any) -> Step | None:
    """The step and the number of steps; in percent if the node counts in fractions. None if they are missing."""
    if type(value) is int and type(most) is int:
        return (value, most) if most > 0 else None
    try:
        return (round(100 * value / most), 100) if most > 0 else None
    except (TypeError, ValueError, OverflowError):  # text, NaN, infinity
        return None
