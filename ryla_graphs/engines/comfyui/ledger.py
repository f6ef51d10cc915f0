"""What has been told of a run, so that nothing is told twice or out of order."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import missing_output
from ryla_graphs.engines.comfyui.frames import Message, Picture
from ryla_graphs.engines.comfyui.outputs import Fetch, artifacts
from ryla_graphs.engines.events import Event, Failed, Finished, NodeStarted, OutputReady, Preview, Progress, Started
from ryla_graphs.problems import OutputMissing


class Ledger:
    """Turns what the server says, once or twice, early or late, into events of one run."""

    def __init__(self, run_id: str, workflow: CompiledWorkflow, fetch: Fetch) -> None:
        self._run = run_id
        self._workflow = workflow
        self._fetch = fetch
        self._began: float | None = None
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what nodes did; that the run has started stays told."""
        self._nodes: set[str] = set()
        self._step: tuple[str, int, int] | None = None
        self._outputs: list[Artifact] = []

    @property
    def seconds(self) -> float:
        """How long the run has been on."""
        return time.monotonic() - self._began if self._began is not None else 0.0

    @property
    def missing(self) -> OutputMissing | None:
        """The first promised output that has not been told."""
        return missing_output(self._workflow, tuple(self._outputs))

    def start(self) -> Iterator[Event]:
        """The run is on."""
        if self._began is None:
            self._began = time.monotonic()
            yield Started(self._run)

    def node(self, node: str) -> Iterator[Event]:
        """A node has begun."""
        yield from self.start()
        node = self._ours(node)
        if node not in self._nodes:
            self._nodes.add(node)
            body = self._workflow.document.get(node)
            yield NodeStarted(self._run, node, body["class_type"] if body is not None else None)

    def progress(self, message: Message) -> Iterator[Event]:
        """A node is at a step."""
        node, step, steps = message.data.get("node"), message.data.get("value"), message.data.get("max")
        if isinstance(node, str) and isinstance(step, (int, float)) and isinstance(steps, (int, float)):
            yield from self.start()
            at = (self._ours(node), int(step), int(steps))
            if at != self._step:
                self._step = at
                yield Progress(self._run, *at)

    def preview(self, picture: Picture) -> Iterator[Event]:
        """A preview has come."""
        yield from self.start()
        node = self._ours(picture.node) if picture.node is not None else None
        yield Preview(self._run, node, picture.media_type, picture.data)

    def outputs(self, node: str, output: Any) -> Iterator[Event]:
        """A node gave outputs, or nothing."""
        if not isinstance(output, Mapping):
            return
        yield from self.start()
        for artifact in artifacts(self._ours(node), output, self._fetch):
            if artifact not in self._outputs:
                self._outputs.append(artifact)
                yield OutputReady(self._run, artifact)

    def finish(self, outputs: Mapping[str, Any], seconds: float | None = None) -> Iterator[Event]:
        """The run ended well, by the server's word; `outputs` is its record of them, `seconds` of the time."""
        yield from self.start()
        for node, output in outputs.items():
            yield from self.outputs(node, output)
        if (missing := self.missing) is not None:
            yield Failed(self._run, missing)
        else:
            yield Finished(self._run, self.seconds if seconds is None else seconds, tuple(self._outputs))

    def _ours(self, node: str) -> str:
        """The node of our graph that a node belongs to: `7.0.0.2` is one into which `7` expanded."""
        ours = node
        while ours not in self._workflow.document and "." in ours:
            ours = ours.rpartition(".")[0]
        return ours if ours in self._workflow.document else node
