"""One run on a ComfyUI server: its messages as events, and the truth after any break."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import missing_output
from ryla_graphs.engines.comfyui.client import ComfyClient, JobState
from ryla_graphs.engines.comfyui.outputs import artifacts
from ryla_graphs.engines.comfyui.socket import Broken, ComfySocket, Message, Picture, Silence
from ryla_graphs.engines.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    NodeStarted,
    OutputReady,
    Preview,
    Progress,
    Queued,
    Started,
)
from ryla_graphs.errors import EngineError, EngineUnreachable, ExecutionFailed, RunLost

SILENCE_SECONDS = 15.0
"""After this long without a message the server is asked whether the run is still on."""
PATIENCE_SECONDS = 60.0
"""A server that cannot be reached for this long is gone."""


class ComfyRun:
    """A run; see `ryla_graphs.engines.base.Run`."""

    def __init__(self, client: ComfyClient, socket: ComfySocket, workflow: CompiledWorkflow, prompt_id: str) -> None:
        self.id = prompt_id
        self._client = client
        self._socket = socket
        self._workflow = workflow
        self._outputs: list[Artifact] = []
        self._started: float | None = None

    def cancel(self) -> None:
        """End this run on the server, and no other."""
        self._client.cancel(self.id)

    def events(self) -> Iterator[Event]:
        """What happens, until the terminal event."""
        yield Queued(self.id)
        try:
            for event in self._listen():
                yield event
                if event.terminal:
                    return
        except EngineError as error:
            yield Failed(self.id, error)
        finally:
            self._socket.close()

    def _listen(self) -> Iterator[Event]:
        while True:
            try:
                message = self._socket.receive(SILENCE_SECONDS)
            except Broken:
                yield from self._reconnect()
                continue
            if isinstance(message, Silence):
                yield from self._settle(self._client.state(self.id))
            elif isinstance(message, Picture):
                yield Preview(self.id, message.node, message.media_type, message.data)
            elif message.data.get("prompt_id") == self.id:
                yield from self._translate(message)

    def _translate(self, message: Message) -> Iterator[Event]:
        handler = _HANDLERS.get(message.type)
        if handler is not None:
            yield from handler(self, message.data)

    def _on_start(self, _: Mapping[str, Any]) -> Iterator[Event]:
        if self._started is None:
            self._started = time.monotonic()
            yield Started(self.id)

    def _on_executing(self, data: Mapping[str, Any]) -> Iterator[Event]:
        node = data.get("display_node") or data.get("node")
        if node is not None:
            yield NodeStarted(self.id, node, self._class_of(node))

    def _on_progress(self, data: Mapping[str, Any]) -> Iterator[Event]:
        if data.get("node") is not None:
            yield Progress(self.id, str(data["node"]), int(data.get("value", 0)), int(data.get("max", 0)))

    def _on_executed(self, data: Mapping[str, Any]) -> Iterator[Event]:
        node = data.get("display_node") or data.get("node")
        if node is not None and isinstance(data.get("output"), Mapping):
            yield from self._new_outputs(str(node), data["output"])

    def _on_success(self, _: Mapping[str, Any]) -> Iterator[Event]:
        yield from self._finish(self._client.state(self.id))

    def _on_error(self, data: Mapping[str, Any]) -> Iterator[Event]:
        yield Failed(self.id, self._failure(data))

    def _on_interrupted(self, _: Mapping[str, Any]) -> Iterator[Event]:
        yield Cancelled(self.id)

    def _class_of(self, node: str) -> str | None:
        body = self._workflow.prompt.get(node)
        return body["class_type"] if body is not None else None

    def _new_outputs(self, node: str, output: Mapping[str, Any]) -> Iterator[Event]:
        for artifact in artifacts(node, output, self._client.view):
            if artifact not in self._outputs:
                self._outputs.append(artifact)
                yield OutputReady(self.id, artifact)

    def _settle(self, state: JobState) -> Iterator[Event]:
        """What follows from the server's word on a run of which messages may be lost."""
        if state.phase == "done":
            yield from self._finish(state)
        elif state.phase == "failed":
            yield Failed(self.id, self._failure(state.error or {}))
        elif state.phase == "cancelled":
            yield Cancelled(self.id)
        elif state.phase == "unknown":
            yield Failed(self.id, RunLost("the server no longer knows this run; was it restarted?"))
        elif state.phase == "running" and self._started is None:
            yield from self._on_start({})

    def _finish(self, state: JobState) -> Iterator[Event]:
        for node, output in state.outputs.items():
            if isinstance(output, Mapping):
                yield from self._new_outputs(node, output)
        outputs = tuple(self._outputs)
        seconds = time.monotonic() - self._started if self._started is not None else 0.0
        missing = missing_output(self._workflow, outputs)
        yield Failed(self.id, missing) if missing is not None else Finished(self.id, seconds, outputs)

    def _failure(self, data: Mapping[str, Any]) -> ExecutionFailed:
        """The server's error in terms of our node, its source line and the preset's parameters."""
        node = str(data["node_id"]) if data.get("node_id") is not None else None
        class_type = data.get("node_type")
        reason = str(data.get("exception_message") or "the server gives no reason").strip()
        where = f"{class_type} '{node}'" if node is not None else "the run"
        source = self._workflow.sources.get(node) if node is not None else None
        return ExecutionFailed(
            f"{where} failed: {reason}" + (f" [{source}]" if source else ""), node=node, class_type=class_type
        )

    def _reconnect(self) -> Iterator[Event]:
        """Open the socket again, then ask what was missed; patient, but not for ever."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        pause = 0.2
        while True:
            try:
                self._socket.connect()
                yield from self._settle(self._client.state(self.id))
                return
            except EngineUnreachable:
                if time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, 5.0)


_HANDLERS: Mapping[str, Callable[[ComfyRun, Mapping[str, Any]], Iterator[Event]]] = {
    "execution_start": ComfyRun._on_start,
    "executing": ComfyRun._on_executing,
    "progress": ComfyRun._on_progress,
    "executed": ComfyRun._on_executed,
    "execution_success": ComfyRun._on_success,
    "execution_error": ComfyRun._on_error,
    "execution_interrupted": ComfyRun._on_interrupted,
}
