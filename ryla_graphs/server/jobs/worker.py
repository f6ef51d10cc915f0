"""Runs one job on the engine, with retries, and stores how it ended."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import Engine, Run
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.problems import (
    Cancelled,
    EngineError,
    EngineRefused,
    EngineUnreachable,
    ExecutionFailed,
    OutputMissing,
    RunLost,
    RylaError,
    StoreUnreachable,
)
from ryla_graphs.server.errors import job_error
from ryla_graphs.server.jobs.following import Deliver, Follower
from ryla_graphs.server.jobs.partners import CALLER, DEPLOYMENT, PAYER, own_key
from ryla_graphs.server.jobs.states import IllegalTransition, JobStates
from ryla_graphs.server.log_lines import of_job
from ryla_graphs.server.records import Asset, Job, run_id_of
from ryla_graphs.server.safety.deadlines import Watch
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.storage import Blobs

T = TypeVar("T")

PAUSE_SECONDS = (0.5, 10.0)
"""Seconds of the first and of the longest pause before a retry with an engine or store that did not answer."""

CANCEL_SECONDS = 1.0
"""Seconds that a cancelling thread waits for the engine to receive the cancellation."""

_SAID_BY_ENGINE = (Cancelled, EngineRefused, ExecutionFailed, OutputMissing)
"""Errors that end a job. While the server stops, any other error only means that it is stopping."""

log = logging.getLogger("ryla_graphs.server")


class Stopping(Exception):
    """The server is stopping; the job keeps its state, and the next process resumes it."""


class Cancellation:
    """A request to cancel a job, which may arrive before, during or after its run."""

    def __init__(self) -> None:
        self.requested = threading.Event()
        self.since: float | None = None
        """When it was requested first."""
        self._lock = threading.Lock()
        self._run: Run | None = None

    def request(self) -> None:
        """Request the cancellation; if there is a run, ask the engine to cancel it, which may take a while."""
        with self._lock:
            self.since = self.since if self.since is not None else time.monotonic()
            self.requested.set()
            run = self._run
        if run is not None:
            telling = threading.Thread(target=run.cancel, name="ryla-cancel", daemon=True)
            telling.start()
            telling.join(CANCEL_SECONDS)

    def attach(self, run: Run) -> None:
        """Set the run to cancel; cancels it if that was requested already."""
        with self._lock:
            self._run = run
        if self.requested.is_set():
            run.cancel()


@dataclass(frozen=True)
class Tools:
    """Everything that is needed to run a job."""

    engine: Engine
    blobs: Blobs
    states: JobStates
    settings: Settings
    deliver: Deliver
    stopping: threading.Event
    waiting: dict[int, str] = field(default_factory=dict)
    """For each thread that waits because it cannot write: why."""

    def kept(self, write: Callable[[], T]) -> T:
        """Call `write`, with retries while the store does not answer; raises `Stopping` if the server stops first."""
        pause, most = PAUSE_SECONDS
        try:
            while True:
                try:
                    return write()
                except StoreUnreachable as error:
                    self.waiting[threading.get_ident()] = str(error)
                    log.error("a job waits because it cannot be stored: %s", error)
                    if self.stopping.wait(pause):
                        raise Stopping from None
                    pause = min(most, pause * 2)
        finally:
            self.waiting.pop(threading.get_ident(), None)


class JobRun:
    """One job on its way through the engine, from `run_id` to its end."""

    def __init__(
        self,
        job: Job,
        prepare: Callable[[Job], CompiledWorkflow],
        cancellation: Cancellation,
        tools: Tools,
        partner_key: PartnerKey | None = None,
        *,
        fresh: bool = False,
    ) -> None:
        """`fresh` means that the engine does not know the job's run yet."""
        self._job = job
        self._prepare = prepare
        self._cancellation = cancellation
        self._tools = tools
        self._partner_key = partner_key
        self._follower: Follower | None = None
        self._fresh = fresh
        self._watch = Watch()
        self._workflow: CompiledWorkflow | None = None
        self._thread = 0

    def run(self) -> None:
        """Run the job to its end, whatever happens; never raises."""
        with of_job(self._job.id):
            self._run_to_end()

    def _run_to_end(self) -> None:
        states, job_id = self._tools.states, self._job.id
        self._thread = threading.get_ident()
        try:
            if self._cancellation.requested.is_set() and (self._fresh or self._job.run_id is None):
                raise Cancelled("the job was cancelled before it began")
            self._workflow = self._prepare(self._job)
            last = self._attempts(self._workflow)
            self._tools.kept(lambda: states.succeed(job_id, self._metrics(), last))
        except (Stopping, IllegalTransition):
            pass
        except Exception as error:  # noqa: BLE001 - the job fails, the thread survives
            self._end_badly(error)

    def overdue(self) -> EngineError | None:
        """Why the watching thread should replace this one; None while it makes progress."""
        if self._thread in self._tools.waiting:
            self._watch.excuse()
            return None
        deadlines = self._tools.settings.deadlines
        return self._watch.overdue(deadlines, cancelled=self._cancellation.since, planned=self._planned)

    def _planned(self) -> float | None:
        options = self._workflow.plan.gpus if self._workflow is not None else ()
        return max((option.seconds for option in options if option.seconds is not None), default=None)

    def cancel(self) -> None:
        """Ask the engine to end the run."""
        self._cancellation.request()

    def end(self, error: Exception) -> None:
        """Store how the job ended; raises `IllegalTransition` if it has ended already, and `StoreUnreachable`."""
        states, job_id = self._tools.states, self._job.id
        # No need to wait for a run that is gone and was to be cancelled anyway.
        gone = isinstance(error, (RunLost, EngineUnreachable)) and self._cancellation.requested.is_set()
        if gone or isinstance(error, Cancelled):
            states.cancel(job_id, self._metrics())
        else:
            states.fail(job_id, job_error(error), self._metrics())

    def _end_badly(self, error: Exception) -> None:
        states, job_id = self._tools.states, self._job.id
        if self._tools.stopping.is_set() and not isinstance(error, _SAID_BY_ENGINE):
            states.abandon(job_id)
            return
        if not isinstance(error, RylaError):
            log.error("a bug in this server made job %s fail", job_id, exc_info=error)
        try:
            self._tools.kept(lambda: self.end(error))
        except IllegalTransition:
            pass
        except Stopping:
            states.abandon(job_id)
        except Exception:
            log.exception("cannot store the end of job %s", job_id)
            states.abandon(job_id)

    def _attempts(self, workflow: CompiledWorkflow) -> Asset | None:
        """Run attempts until one succeeds, and return its last output; raises the error of the last attempt."""
        if self._job.run_id is None:
            self._begin()
        known = not self._fresh  # an earlier process may have submitted the run
        gone_since: float | None = None
        while True:
            try:
                run = self._handed_over(workflow, known=known)
                known, gone_since = True, None
                self._cancellation.attach(run)
                assert self._follower is not None
                return self._follower.follow(run)
            except RunLost:
                if self._cancellation.requested.is_set() or self._job.attempt >= self._most_attempts:
                    raise
                self._begin()
                known = False
            except EngineUnreachable:
                gone_since = gone_since or time.monotonic()
                if not self._waited(gone_since):
                    raise

    @property
    def _most_attempts(self) -> int:
        """The number of attempts: one if the run pays a service, since a lost run may have paid already."""
        return 1 if PAYER in self._job.request.extra else self._tools.settings.attempts

    def _begin(self) -> None:
        states, job_id = self._tools.states, self._job.id
        run_id = run_id_of(job_id, self._job.attempt + 1)
        self._job = self._tools.kept(lambda: states.begin(job_id, run_id))
        self._fresh = True

    def _handed_over(self, workflow: CompiledWorkflow, *, known: bool) -> Run:
        tools, job = self._tools, self._job
        self._watch.wait()
        self._follower = Follower(job, workflow, self._watch, tools.states, tools.blobs, tools.deliver, tools.kept)
        run_id = job.run_id or ""
        if known:
            return tools.engine.resume(run_id, workflow)
        inputs = tools.kept(lambda: {name: tools.blobs.read(digest) for name, digest in job.request.inputs.items()})
        fresh, self._fresh = self._fresh, False  # even a failed submission may have reached the engine
        return tools.engine.start(
            workflow,
            inputs,
            run_id=run_id,
            fresh=fresh,
            previews=job.request.previews or tools.states.followed(job.id),
            gpu=job.request.gpu,
            partner_key=self._payers_key(),
        )

    def _payers_key(self) -> PartnerKey | None:
        payer = self._job.request.extra.get(PAYER)
        if payer == CALLER and self._partner_key is None:
            raise EngineRefused(
                "the server was restarted and does not store partner keys: send the job again with its key"
            )
        return self._partner_key or (own_key(self._tools.settings) if payer == DEPLOYMENT else None)

    def _waited(self, since: float) -> bool:
        """Pause, longer each time; False if the patience is over or the job is to be cancelled."""
        spent = time.monotonic() - since
        least, most = PAUSE_SECONDS
        pause = min(most, max(least, spent / 2))
        if spent >= self._tools.settings.patience_seconds or self._cancellation.requested.wait(pause):
            return False
        if self._tools.stopping.is_set():
            raise Stopping
        return True

    def _metrics(self) -> dict[str, Any]:
        """The metrics of the last attempt, with the cost of all attempts."""
        metrics = self._follower.metrics() if self._follower is not None else {}
        settings = self._tools.settings
        if settings.gpu is not None:
            metrics["gpu"] = settings.gpu
        job = self._tools.states.live(self._job.id) or self._job
        costs = [row["cost_usd"] for row in job.attempts if row.get("cost_usd") is not None]
        if job.attempts:
            metrics |= {"route": job.attempts[-1]["route"]} | ({"cost_usd": round(sum(costs), 6)} if costs else {})
        elif settings.usd_per_second is not None and "execution_ms" in metrics:
            metrics["cost_usd"] = round(settings.usd_per_second * metrics["execution_ms"] / 1000, 6)
        return metrics
