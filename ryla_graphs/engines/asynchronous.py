"""`arun`: a run to await."""

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
    """Run a graph to its end without blocking the event loop; everything else as `run` does.

    Each run has a thread of its own, so as many go at once as are awaited. `on_event` is called in the loop. Cancelling
    the task cancels the run.

    >>> import asyncio
    >>> from ryla_graphs import Workflow, arun, connect
    >>> from ryla_graphs.nodes import EmptyImage, SaveImage
    >>> workflow = Workflow(SaveImage(images=EmptyImage(width=64, height=64)))
    >>> len(asyncio.run(arun(connect("simulator"), workflow)).outputs)
    1
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Result] = loop.create_future()
    running = _Cancellable()

    def tell(call: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            loop.call_soon_threadsafe(call, *arguments)

    def settle(result: Result | None, error: BaseException | None) -> None:
        if ended.done():
            return
        if result is not None:
            ended.set_result(result)
        elif error is not None:
            ended.set_exception(error)

    def work() -> None:
        try:
            part = prepared(engine, workflow, partial=partial)
            if running.wanted:
                run = engine.start(part.workflow, inputs, previews=previews, partner_key=partner_key)
                running.is_on(run)
                watch = None if on_event is None else lambda event: tell(on_event, event)
                tell(settle, follow(run, on_event=watch).without(part.left_out), None)
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            tell(settle, None, error)

    threading.Thread(target=work, name="arun", daemon=True).start()
    try:
        return await ended
    except asyncio.CancelledError:
        running.cancel()
        raise


class _Cancellable:
    """A run that may be cancelled before it is there."""

    def __init__(self) -> None:
        self.wanted = True
        self._run: Run | None = None
        self._lock = threading.Lock()

    def is_on(self, run: Run) -> None:
        with self._lock:
            self._run = run
        if not self.wanted:
            run.cancel()

    def cancel(self) -> None:
        with self._lock:
            self.wanted = False
            run = self._run
        if run is not None:
            run.cancel()
