"""`arun`: awaits a run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.base import Engine, Inputs, Result, Run, follow, prepared
from ryla_graphs.engines.events import Event
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.workflow import Workflow


async def arun(
    engine: Engine,
    workflow: Workflow | CompiledWorkflow,
    inputs: Inputs | None = None,
    *,
    on_event: Callable[[Event], None] | None = None,
    previews: bool = False,
    partial: bool = False,
    partner_key: PartnerKey | None = None,
) -> Result:
    """Run a graph to its end without blocking the event loop; otherwise the same as `run`.

    Each run has its own thread, so all awaited runs go in parallel. `on_event` is called in the loop. Cancelling
    the task cancels the run.

    >>> import asyncio
    >>> from ryla_graphs import Workflow, arun, connect
    >>> from ryla_graphs.nodes import EmptyImage, SaveImage
    >>> workflow = Workflow(SaveImage(images=EmptyImage(width=64, height=64)))
    >>> len(asyncio.run(arun(connect("simulator"), workflow)).outputs)
    1
    """
    running = _Awaited(asyncio.get_running_loop())
    watch = None if on_event is None else lambda event: running.in_loop(on_event, event)

    def work() -> None:
        try:
            part = prepared(engine, workflow, partial=partial)
            if running.wanted:
                run = engine.start(part.workflow, inputs, previews=previews, partner_key=partner_key)
                running.is_on(run)
                running.in_loop(running.succeed, follow(run, on_event=watch).without(part.left_out))
        except BaseException as error:  # noqa: BLE001 - re-raised where it is awaited
            running.in_loop(running.fail, error)

    threading.Thread(target=work, name="arun", daemon=True).start()
    try:
        return await running.ended
    except asyncio.CancelledError:
        running.cancel()
        raise


class _Awaited:
    """A run in a thread that a loop waits for; it may be cancelled before it has started."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.wanted = True
        self.ended: asyncio.Future[Result] = loop.create_future()
        self._loop = loop
        self._run: Run | None = None
        self._lock = threading.Lock()

    def in_loop(self, call: Callable[..., None], *arguments: Any) -> None:
        """Call a function in the loop, from the thread."""
        with suppress(RuntimeError):  # the loop is closed, so nothing waits any more
            self._loop.call_soon_threadsafe(call, *arguments)

    def succeed(self, result: Result) -> None:
        """Set the result, in the loop."""
        if not self.ended.done():
            self.ended.set_result(result)

    def fail(self, error: BaseException) -> None:
        """Set the error, in the loop."""
        if not self.ended.done():
            self.ended.set_exception(error)

    def is_on(self, run: Run) -> None:
        """Note that the run has started, in the thread."""
        with self._lock:
            self._run = run
        if not self.wanted:
            run.cancel()

    def cancel(self) -> None:
        """Cancel the run, because its task was cancelled."""
        with self._lock:
            self.wanted = False
            run = self._run
        if run is not None:
            run.cancel()
