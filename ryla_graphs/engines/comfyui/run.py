"""One run on a ComfyUI server: turns its messages into events, and asks the server after any gap."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.comfyui.diagnosis import failure
from ryla_graphs.engines.comfyui.feed import Closed, Gap, Inbox, Received
from ryla_graphs.engines.comfyui.frames import Message, Picture
from ryla_graphs.engines.comfyui.jobs import JobState
from ryla_graphs.engines.comfyui.ledger import Ledger
from ryla_graphs.engines.comfyui.server import Server
from ryla_graphs.engines.comfyui.submission import extra_data, submit
from ryla_graphs.engines.events import Cancelled, Event, Failed, Queued, Retrying
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.outputs import OVER_SOCKET
from ryla_graphs.plan.services import calls_services
from ryla_graphs.problems import EngineError, EngineUnreachable, OutOfMemory, Problem, RunLost

ATTEMPTS = 2
"""A run that is out of memory is retried once, after freeing memory, unless it would pay a service twice."""


def attempt_id(run_id: str, attempt: int) -> str:
    """The prompt id of an attempt: the run's own id for the first one, a derived id for others."""
    return run_id if attempt == 1 else str(uuid.uuid5(uuid.NAMESPACE_OID, f"{run_id}/{attempt}"))


def newest_attempt(server: Server, run_id: str) -> tuple[int, JobState]:
    """The last attempt of a run that the server knows, or the first one; raises `EngineUnreachable`."""
    for attempt in range(ATTEMPTS, 1, -1):
        state = server.client.state(attempt_id(run_id, attempt))
        if state.phase != "unknown":
            return attempt, state
    return 1, server.client.state(run_id)


def listen(server: Server, workflow: CompiledWorkflow, prompt_id: str) -> Inbox:
    """An inbox for a prompt; it keeps every picture if pictures over the socket are outputs of the graph."""
    every_picture = any(output.class_type in OVER_SOCKET for output in workflow.outputs)
    return server.feed.subscribe(prompt_id, every_picture=every_picture)


class ComfyRun:
    """A run; see `ryla_graphs.engines.base.Run`."""

    def __init__(
        self,
        server: Server,
        workflow: CompiledWorkflow,
        run_id: str,
        inbox: Inbox,
        order: Mapping[str, Any] | None = None,
        *,
        heard: bool = False,
        left_out: tuple[Problem, ...] = (),
        partner_key: PartnerKey | None = None,
    ) -> None:
        """`order` is the submitted prompt, None for a resumed run; `heard` says whether its messages arrive here.

        `left_out` has the problems of outputs that the server does not run.
        """
        self.id = run_id
        self._server = server
        self._workflow = workflow
        self._inbox = inbox
        self._order = order
        self._left_out = left_out
        self._partner_key = partner_key
        self._attempt = 1 if order is not None else 0
        self._ledger = Ledger(run_id, workflow, server.fetch)
        self._heard = time.monotonic()
        self._unsure = not heard
        """Whether messages may be missing, so that the server is polled more often."""
        self._gapless = heard
        """Whether all messages have arrived so far."""
        self._overtaken = False
        """Whether the server has answered that the run is over, while pictures may still arrive on the socket."""
        self._cancelling = threading.Event()

    def cancel(self) -> None:
        """Cancel this run on the server, and no other. If the server is unreachable, `events` retries later."""
        self._cancelling.set()
        with suppress(EngineUnreachable):
            self._server.client.cancel(self._inbox.prompt_id)
        self._inbox.put(Gap())

    def events(self) -> Iterator[Event]:
        """The events, up to the terminal one; ends without it if the engine is closed."""
        yield Queued(self.id, left_out=self._left_out)
        try:
            if self._unsure:
                self._inbox.put(Gap())
            while not isinstance(received := self._next(), Closed):
                for event in self._hear(received):
                    yield event
                    if event.terminal:
                        return
        except EngineError as error:
            yield Failed(self.id, error)
        finally:
            self._server.feed.unsubscribe(self._inbox)

    def _next(self) -> Received | None:
        patience = self._server.patience
        return self._inbox.get(patience.unsure if self._unsure and not self._overtaken else patience.silence)

    def _hear(self, received: Received | None) -> Iterator[Event]:
        if isinstance(received, (Message, Picture)):
            self._heard, self._unsure = time.monotonic(), self._cancelling.is_set()
        if isinstance(received, Picture):
            yield from self._ledger.picture(received)
        elif isinstance(received, Message):
            handler = _HANDLERS.get(received.type)
            if handler is not None:
                yield from handler(self, received)
        else:
            yield from self._ask(silent=received is None)

    def _on_start(self, _: Message) -> Iterator[Event]:
        yield from self._ledger.start()

    def _on_cached(self, message: Message) -> Iterator[Event]:
        # Servers before 0.28 send no message about cached outputs; only the record has them.
        cached = message.data.get("nodes") or ()
        self._gapless = self._gapless and not any(promised.node in cached for promised in self._workflow.outputs)
        yield from self._ledger.cached(cached)

    def _on_executing(self, message: Message) -> Iterator[Event]:
        node = message.data.get("display_node") or message.data.get("node")
        # No node: the run is over, and the server's record is complete.
        yield from self._ledger.node(str(node)) if node is not None else self._ask()

    def _on_progress(self, message: Message) -> Iterator[Event]:
        yield from self._ledger.progress({str(message.data.get("node")): message.data})

    def _on_states(self, message: Message) -> Iterator[Event]:
        nodes = message.data.get("nodes")
        states = nodes.items() if isinstance(nodes, Mapping) else ()
        running = {node: state for node, state in states if isinstance(state, Mapping) and _is_at_work(state)}
        yield from self._ledger.progress(running)

    def _on_executed(self, message: Message) -> Iterator[Event]:
        node = message.data.get("display_node") or message.data.get("node")
        if node is not None:
            yield from self._ledger.outputs(str(node), message.data.get("output"))

    def _on_success(self, _: Message) -> Iterator[Event]:
        if self._gapless and self._ledger.missing is None:
            yield from self._finish(JobState("done"))
        else:
            yield from self._ask()

    def _on_error(self, message: Message) -> Iterator[Event]:
        yield from self._fail(message.data)

    def _on_interrupted(self, _: Message) -> Iterator[Event]:
        yield Cancelled(self.id)

    def _ask(self, *, silent: bool = False) -> Iterator[Event]:
        """Ask the server for the state of the run, because messages are missing or, if `silent`, none came for long."""
        if not silent:
            self._unsure, self._gapless = True, False
        with suppress(EngineUnreachable):
            # Connect first, so that nothing is missed between the answer and the next message.
            self._server.feed.connect()
        try:
            state = self._state()
        except EngineUnreachable:
            if time.monotonic() - self._heard > self._server.patience.unreachable:
                raise
            return
        self._heard = time.monotonic()
        if state.phase == "done" and self._ledger.awaits_pictures and not self._overtaken:
            self._overtaken = True
            return
        if self._gapless and state.phase not in ("waiting", "running"):
            # The run is over but no message came: then messages of other runs do not arrive either.
            self._server.feed.renew()
        yield from self._settle(state)

    def _state(self) -> JobState:
        if self._attempt:
            return self._server.client.state(self._inbox.prompt_id)
        self._attempt, state = newest_attempt(self._server, self.id)
        self._listen_to(attempt_id(self.id, self._attempt))
        return state

    def _settle(self, state: JobState) -> Iterator[Event]:
        if state.phase == "done":
            yield from self._finish(state)
        elif state.phase == "failed":
            if self._order is None and state.prompt is not None:
                self._order = {"prompt": state.prompt, "extra_data": extra_data(self._workflow)}
            yield from self._fail(state.error or {}, state.seconds)
        elif state.phase == "cancelled" or (state.phase == "unknown" and self._cancelling.is_set()):
            # A prompt that was cancelled before its turn has no record.
            yield Cancelled(self.id)
        elif state.phase == "unknown":
            yield Failed(self.id, RunLost("the server no longer knows this run; was it restarted?"))
        else:
            if state.phase == "running":
                yield from self._ledger.start()
            if self._cancelling.is_set():
                with suppress(EngineUnreachable):
                    self._server.client.cancel(self._inbox.prompt_id)

    def _finish(self, state: JobState) -> Iterator[Event]:
        self._server.fitness.succeeded()
        yield from self._ledger.record(state.outputs)
        if self._ledger.missing is not None and any(output.optional for output in self._workflow.outputs):
            # For a resumed run, only the record says which outputs the server left out.
            self._ledger.promise_only(self._server.client.executed_outputs(self._inbox.prompt_id))
        yield self._ledger.end(state.seconds)

    def _fail(self, data: Mapping[str, Any], seconds: float | None = None) -> Iterator[Event]:
        error = failure(self._workflow, data if self._partner_key is None else self._partner_key.hide(data))
        seconds = self._ledger.seconds if seconds is None else seconds
        self._server.fitness.failed(self._inbox.prompt_id, error, self._workflow, seconds)
        yield from self._ledger.start()
        again = isinstance(error, OutOfMemory) and self._attempt < ATTEMPTS and not calls_services(self._workflow.view)
        if isinstance(error, OutOfMemory) and again and self._order is not None:
            yield from self._start_over(error, self._order)
        else:
            yield Failed(self.id, error)

    def _start_over(self, error: OutOfMemory, order: Mapping[str, Any]) -> Iterator[Event]:
        """Free the server's memory and submit the graph again; if that fails, report the original error."""
        try:
            self._server.client.free()
            if self._cancelling.wait(self._server.patience.rest):
                yield Cancelled(self.id)
                return
            self._attempt += 1
            self._listen_to(attempt_id(self.id, self._attempt))
            self._server.feed.connect()
            given = submit(self._server, self._workflow, self._inbox.prompt_id, order).prompt_id
        except EngineError:
            yield Failed(self.id, error)
            return
        self._unsure = self._cancelling.is_set() or given != self._inbox.prompt_id
        self._gapless = not self._unsure
        self._listen_to(given)
        self._ledger.restart()
        yield Retrying(self.id, self._attempt, str(error))

    def _listen_to(self, prompt_id: str) -> None:
        """Listen to this prompt from now on."""
        feed, before = self._server.feed, self._inbox
        if prompt_id != before.prompt_id:
            self._inbox = listen(self._server, self._workflow, prompt_id)
            feed.unsubscribe(before)


def _is_at_work(state: Mapping[str, Any]) -> bool:
    """Whether a node is past its start, which the server reports as 0 of 1, and before its end."""
    return state.get("state") == "running" and (state.get("value"), state.get("max")) != (0, 1)


_HANDLERS: Mapping[str, Callable[[ComfyRun, Message], Iterator[Event]]] = {
    "execution_start": ComfyRun._on_start,
    "execution_cached": ComfyRun._on_cached,
    "executing": ComfyRun._on_executing,
    "progress": ComfyRun._on_progress,
    "progress_state": ComfyRun._on_states,
    "executed": ComfyRun._on_executed,
    "execution_success": ComfyRun._on_success,
    "execution_error": ComfyRun._on_error,
    "execution_interrupted": ComfyRun._on_interrupted,
}
