"""The engine of the web side: hands jobs to GPU workers on Modal, follows their events, and finds out how they ended.

A run on Modal has three parts: a `FunctionCall` for the work, a `Queue` partition for its events, and a `Dict` entry
that records its call and GPU. Events are read from the start and not consumed, so any process can resume a run. A lost
worker sends nothing, so after some silence the engine asks for the state of the call itself.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import modal
from modal.exception import Error as ModalError
from modal.exception import FunctionTimeoutError, InternalFailure, OutputExpiredError, RemoteError

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.base import Health, Inputs, LogLine, LostRun
from ryla_graphs.engines.events import Cancelled, Event, Failed, Queued, Retrying
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.engines.wire_format import Job, is_known, load_event
from ryla_graphs.modal_deploy.container import log_of
from ryla_graphs.modal_deploy.settings import chosen_options
from ryla_graphs.modal_deploy.worker import HANDED_OVER, PROTOCOL
from ryla_graphs.plan import GPUS
from ryla_graphs.problems import EngineError, EngineRefused, EngineUnreachable, ExecutionFailed, RunLost
from ryla_graphs.server.log_lines import current_job

SILENCE_SECONDS = 15.0
"""Seconds without an event after which the engine asks for the state of the call."""
GRACE_SECONDS = 2.0
"""Seconds within which the last events of an ended call must arrive."""
HANDOVER_SECONDS = 180.0
"""Seconds within which outputs must be stored after their call has ended."""
NOTED_SECONDS = 3
"""Seconds that a run may have no call before the container that started it counts as lost."""
LIMIT = (10.0, 300.0)
"""A run may take this many times its planned time, plus this many seconds."""


class ModalEngine:
    """Runs graphs on the worker class of a Modal app."""

    name = "Modal"

    def __init__(
        self,
        worker: modal.Cls,
        events: modal.Queue,
        runs: modal.Dict,
        outputs: modal.Volume,
        *,
        known: Callable[[], Catalog] = catalogs.bundled,
        circuit: Callable[[], str] = str,
        slots: int = 64,
        silence_seconds: float = SILENCE_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
        handover_seconds: float = HANDOVER_SECONDS,
        gpus: Sequence[str] = (),
        limit: Callable[[float], float] = lambda seconds: LIMIT[0] * seconds + LIMIT[1],
    ) -> None:
        self._worker = worker
        self.events = events
        self.runs = runs
        self._outputs = outputs
        self._known = known
        self._circuit = circuit
        """Why no container would start; empty if one may."""
        self.slots = slots
        self.silence_seconds = silence_seconds
        self.grace_seconds = grace_seconds
        self.handover_seconds = handover_seconds
        self._gpus = gpus
        """The GPUs in the worker class's own list."""
        self._limit = limit

    def catalog(self) -> Catalog:
        """The classes of the workers' image."""
        return self._known()

    def start(
        self,
        workflow: CompiledWorkflow,
        inputs: Inputs | None = None,
        *,
        run_id: str | None = None,
        fresh: bool = False,  # noqa: ARG002 - storing the id also detects an earlier run
        previews: bool = False,
        gpu: str | None = None,
        partner_key: PartnerKey | None = None,
    ) -> ModalRun | LostRun:
        """Spawn a call for the graph, unless a run with this id has one already.

        Without `gpu`, the worker class's own list decides. Raises `EngineRefused` for a partner key, because Modal
        stores the arguments of calls.
        """
        if partner_key is not None:
            why = "Modal stores the arguments of calls, so this server gives it no partner key"
            raise EngineRefused(f"{why}: run graphs with paid nodes on a server of your own")
        if why := self._circuit():
            raise EngineUnreachable(why)
        run_id = run_id or str(uuid.uuid4())
        record = {"call": None, "gpu": gpu, "spawned_at": time.time()}
        noted = False
        try:
            if not self.runs.put(run_id, record, skip_if_exists=True):
                return self.resume(run_id, workflow)
            noted = True
            cls = self._worker.with_options(**chosen_options(gpu)) if gpu is not None else self._worker
            about = {"job": current_job(), "gpu": gpu, "spawned_at": record["spawned_at"]}
            about |= {"protocol": PROTOCOL, "limit_seconds": self._limit_of(workflow, gpu)}
            call = cls().run.spawn(Job(run_id, workflow, inputs or {}, previews).to_dict() | about)
            noted = False
            self.runs.put(run_id, {**record, "call": call.object_id})
        except ModalError as error:
            if noted:  # so that the next attempt counts as the first one
                with suppress(ModalError):
                    self.runs.pop(run_id)
            raise EngineUnreachable(f"Modal did not accept the call: {error}") from error
        return ModalRun(self, run_id, call)

    def _limit_of(self, workflow: CompiledWorkflow, gpu: str | None) -> float | None:
        """Seconds after which a run must be hanging; None if its duration is unknown."""
        if not workflow.plan.knows("seconds"):
            return None
        plans = [workflow.plan.on(name) for name in ((gpu,) if gpu is not None else self._gpus) if name in GPUS]
        seconds = [plan.seconds for plan in plans if plan.seconds is not None]
        return self._limit(max(seconds)) if seconds and len(seconds) == len(plans) else None

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> ModalRun | LostRun:  # noqa: ARG002 - the worker has it
        """Resume a run: its events, from the first one."""
        try:
            record = self.runs.get(run_id)
            for _ in range(NOTED_SECONDS):
                if not record or record["call"] is not None:
                    break
                time.sleep(1)  # another container has just spawned the call, and is about to record it
                record = self.runs.get(run_id)
        except ModalError as error:
            raise EngineUnreachable(f"Modal does not answer: {error}") from error
        if not record or record["call"] is None:
            return LostRun(run_id, RunLost(f"Modal does not know run {run_id}"))
        return ModalRun(self, run_id, modal.FunctionCall.from_id(record["call"]))

    def health(self) -> Health:
        """Whether Modal accepts calls and containers start, and how many calls wait."""
        if why := self._circuit():
            return Health(ready=False, reason=why)
        try:
            stats = self._worker().run.get_current_stats()
        except ModalError as error:
            return Health(ready=False, reason=f"Modal does not answer: {error}")
        return Health(ready=True, queued=stats.backlog)

    def log_of(self, run_id: str, began: float, ended: float | None) -> list[LogLine]:  # noqa: ARG002
        """The log of the container in which the run ended, which is stored just after the end."""
        return log_of(self.runs, run_id)

    def close(self) -> None:
        """Does nothing, since it holds nothing."""

    def read(self, facts: Mapping[str, Any]) -> bytes:
        """The content of an output that a worker stored."""
        try:
            return b"".join(self._outputs.read_file(facts["stored"]))
        except (ModalError, FileNotFoundError) as error:
            raise EngineError(f"cannot read the output '{facts['filename']}' from the volume: {error}") from error


class ModalRun:
    """A run; see `ryla_graphs.engines.base.Run`."""

    def __init__(self, engine: ModalEngine, run_id: str, call: modal.FunctionCall[Any]) -> None:
        self.id = run_id
        self._engine = engine
        self._call = call
        self._seen = (0, -1)
        self._cancelled = False
        self._handed_over: float | None = None

    def cancel(self) -> None:
        """End the call, whether it waits or works."""
        self._cancelled = True
        try:
            self._call.cancel()
        except ModalError:
            return  # its last event reports the end

    def events(self) -> Iterator[Event]:
        """The events of the run, up to the terminal one."""
        yield Queued(self.id)
        try:
            while True:
                for event in self._fresh_events(self._engine.silence_seconds):
                    yield event
                    if event.terminal:
                        return
                ended = self._ended()
                if ended is None:
                    continue
                for event in self._fresh_events(self._engine.grace_seconds):
                    yield event
                    if event.terminal:
                        return
                yield ended
                return
        except ModalError as error:
            yield Failed(self.id, EngineUnreachable(f"Modal no longer answers: {error}"))

    def _fresh_events(self, patience: float) -> Iterator[Event]:
        """New events, until none arrives for `patience` seconds. Reads the queue from its start."""
        for item in self._engine.events.iterate(partition=self.id, item_poll_timeout=patience):
            place = (item["attempt"], item["number"])
            if place <= self._seen:
                continue
            if self._seen[0] and item["attempt"] > self._seen[0]:
                yield Retrying(self.id, item["attempt"], "the container was lost")
            self._seen = place
            if is_known(item):  # a worker of another version may send unknown events
                yield load_event(item, self._engine.read)

    def _last(self, result: Mapping[str, Any]) -> Event | None:
        if result["event"] != HANDED_OVER:
            return load_event(result, self._engine.read)
        self._handed_over = self._handed_over or time.monotonic()
        if time.monotonic() - self._handed_over < self._engine.handover_seconds:
            return None
        return Failed(self.id, RunLost("the container was lost before it had stored the outputs"))

    def _ended(self) -> Event | None:
        """The end of the run by the state of its call; None if it still waits or runs."""
        try:
            return self._last(self._call.get(timeout=0))
        except TimeoutError:
            return None
        except OutputExpiredError:
            return Failed(self.id, RunLost("Modal no longer has the result of this run"))
        except FunctionTimeoutError:
            return Failed(self.id, ExecutionFailed("the run took longer than the worker's time limit"))
        except (RemoteError, InternalFailure) as error:
            if self._cancelled:
                return Cancelled(self.id)
            return Failed(self.id, RunLost(f"the container of this run was lost: {error}"))
        except ModalError:
            raise
        except Exception as error:  # noqa: BLE001 - the call re-raises whatever the worker raised
            return Failed(self.id, EngineError(f"the worker failed: {type(error).__name__}: {error}"))
