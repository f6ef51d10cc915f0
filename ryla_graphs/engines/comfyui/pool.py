"""`ComfyUIPool`: several ComfyUI servers as one engine."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Self
from weakref import WeakSet

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.base import Health, Inputs, LostRun, Run
from ryla_graphs.engines.comfyui.engine import ComfyUI
from ryla_graphs.engines.comfyui.server import Patience
from ryla_graphs.engines.comfyui.shared import shared_catalog
from ryla_graphs.engines.events import Event
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.engines.turns import Turns
from ryla_graphs.problems import EngineError, EngineRefused, EngineUnreachable, RunLost

READY_SECONDS, UNREADY_SECONDS = 1.0, 5.0
"""Seconds for which a server's health is cached."""


class ComfyUIPool:
    """Servers that share the work. A run stays on its server; if that crashes, the run fails as on a single server.

    Each run goes to the ready server with the fewest runs; to the next one if that does not answer or refuses the
    graph because it lacks a node class or a file.
    """

    def __init__(self, engines: Sequence[ComfyUI], *, patience: Patience | None = None) -> None:
        """`patience` limits the search for the server that has a run."""
        self._members = tuple(_Member(engine) for engine in engines)
        self._patience = patience or Patience()
        self._turns = Turns()

    @property
    def name(self) -> str:
        return "ComfyUI at " + ", ".join(member.engine.client.address for member in self._members)

    @property
    def slots(self) -> int:
        """The slots of all servers that were ready when last asked."""
        return sum(member.engine.slots for member in self._members if member.health.ready) or 1

    def catalog(self) -> Catalog:
        """The classes that all answering servers have. Raises `EngineUnreachable` if none answers."""
        found, silent = [], EngineUnreachable(f"{self.name}: there are no servers")
        for member in self._members:
            try:
                found.append(member.engine.catalog())
            except EngineUnreachable as error:
                silent = error
        if not found:
            raise silent
        return shared_catalog(found, name=self.name)

    def compare(self, used: Catalog) -> None:
        """Log, once for each server, if it runs another release of ComfyUI than that of a catalog."""
        for member in self._members:
            member.engine.compare(used)

    def start(
        self,
        workflow: CompiledWorkflow,
        inputs: Inputs | None = None,
        *,
        run_id: str | None = None,
        fresh: bool = False,
        previews: bool = False,
        gpu: str | None = None,  # noqa: ARG002 - it has one kind
        partner_key: PartnerKey | None = None,
    ) -> Run:
        """Submit a graph to the least busy server that accepts it, or resume the run with this id."""
        if run_id is None or fresh:
            return self._start(workflow, inputs, run_id or str(uuid.uuid4()), previews, partner_key, fresh=True)
        with self._turns.of(run_id):
            holder = self._holder(run_id)
            if holder is not None:
                return holder.follow(holder.engine.resume(run_id, workflow))
            return self._start(workflow, inputs, run_id, previews, partner_key, fresh=False)

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> Run:
        """Resume a run on the server that has it."""
        return _Search(self, run_id, workflow)

    def health(self) -> Health:
        """Ready if any server is; `queued` counts the runs of all."""
        found = [member.look(fresh=True) for member in self._members]
        if any(health.ready for health in found):
            return Health(ready=True, queued=sum(health.queued or 0 for health in found))
        return Health(ready=False, reason="; ".join(health.reason for health in found))

    def close(self) -> None:
        """Close every engine."""
        for member in self._members:
            member.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def find(self, run_id: str, workflow: CompiledWorkflow) -> Run:
        """The run on the server that has it; a lost run if none has it. Waits for servers that do not answer."""
        deadline = time.monotonic() + self._patience.unreachable
        while True:
            try:
                holder = self._holder(run_id, certain=True)
            except EngineUnreachable as error:
                if time.monotonic() > deadline:
                    return LostRun(run_id, error)
                time.sleep(self._patience.unsure)
                continue
            if holder is None:
                return LostRun(run_id, RunLost("no server knows this run any more; was its server restarted?"))
            return holder.follow(holder.engine.resume(run_id, workflow))

    def _start(
        self,
        workflow: CompiledWorkflow,
        inputs: Inputs | None,
        run_id: str,
        previews: bool,
        partner_key: PartnerKey | None,
        *,
        fresh: bool,
    ) -> Run:
        refusal: EngineRefused | None = None
        silent = EngineUnreachable(f"no server is ready: {self.health().reason}")
        for member in sorted(self._members, key=lambda member: member.busy):
            if not member.look().ready:
                continue
            try:
                run = member.engine.start(
                    workflow, inputs, run_id=run_id, fresh=fresh, previews=previews, partner_key=partner_key
                )
                return member.follow(run)
            except EngineRefused as error:
                refusal = refusal or error
            except EngineUnreachable as error:
                member.failed(error)
                silent = error
        raise refusal or silent

    def _holder(self, run_id: str, *, certain: bool = False) -> _Member | None:
        """The server that has a run. With `certain`, raises `EngineUnreachable` if a server does not answer."""
        silent: EngineUnreachable | None = None
        for member in self._members:
            try:
                if member.engine.knows(run_id):
                    return member
            except EngineUnreachable as error:
                silent = error
        if certain and silent is not None:
            raise silent
        return None


class _Member:
    """A server of a pool: how busy it is, and its last known health."""

    def __init__(self, engine: ComfyUI) -> None:
        self.engine = engine
        self.health = Health(ready=True)
        self._followed: WeakSet[_Followed] = WeakSet()
        self._others = 0
        self._look_again = 0.0

    @property
    def busy(self) -> int:
        """How many runs it has: ours, and others as of the last check."""
        return len(self._followed) + self._others

    def look(self, *, fresh: bool = False) -> Health:
        """The server's health; cached, unless `fresh`."""
        if fresh or time.monotonic() > self._look_again:
            self._look_again = time.monotonic() + UNREADY_SECONDS
            self.health = self.engine.health()
            self._others = max(0, (self.health.queued or 0) - len(self._followed))
            self._look_again = time.monotonic() + (READY_SECONDS if self.health.ready else UNREADY_SECONDS)
        return self.health

    def failed(self, error: EngineError) -> None:
        """Note that it did not answer."""
        self.health = Health(ready=False, reason=str(error))
        self._look_again = time.monotonic() + UNREADY_SECONDS

    def follow(self, run: Run) -> _Followed:
        """A run of this server, counted while it is followed."""
        followed = _Followed(run, self._followed)
        self._followed.add(followed)
        return followed


class _Followed:
    """A run that counts as long as its events are read."""

    def __init__(self, run: Run, among: WeakSet[_Followed]) -> None:
        self.id = run.id
        self._run = run
        self._among = among

    def events(self) -> Iterator[Event]:
        """The run's."""
        try:
            yield from self._run.events()
        finally:
            self._among.discard(self)

    def cancel(self) -> None:
        """The run's."""
        self._run.cancel()


class _Search:
    """A run whose server is not found yet."""

    def __init__(self, pool: ComfyUIPool, run_id: str, workflow: CompiledWorkflow) -> None:
        self.id = run_id
        self._pool = pool
        self._workflow = workflow
        self._found: Run | None = None
        self._cancelled = threading.Event()

    def events(self) -> Iterator[Event]:
        """The events of the run, once it is found."""
        self._found = self._pool.find(self.id, self._workflow)
        if self._cancelled.is_set():
            self._found.cancel()
        yield from self._found.events()

    def cancel(self) -> None:
        """Cancel the run, now or as soon as it is found."""
        self._cancelled.set()
        if self._found is not None:
            self._found.cancel()
