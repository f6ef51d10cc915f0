"""What tests of engines share: following a run in bounded time, and what its events must be."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import Engine, Run
from ryla_graphs.engines.events import Event, Finished, NodeStarted, OutputReady, Retrying
from tests.graphs import text_to_image

SECONDS = 120.0
"""No fault keeps a run from ending for longer, with the times that `HASTY` sets, however slow the machine is."""
WORKFLOW: CompiledWorkflow = text_to_image().compile()
ERROR = {"node_id": "sampler", "node_type": "KSampler", "exception_message": "mat1 and mat2 shapes\n"}
NO_MEMORY = {
    "node_id": "sampler",
    "node_type": "KSampler",
    "exception_type": "torch.OutOfMemoryError",
    "exception_message": "Allocation on device 0 would exceed allowed memory. (out of memory)\nTIPS: a smaller picture",
}


def story(engine: Engine, *, run_id: str | None = None) -> list[Event]:
    """All events of a run, which have to come in time."""
    return followed(lambda: engine.start(WORKFLOW, run_id=run_id))


def resumed(engine: Engine, run_id: str) -> list[Event]:
    """All events of a resumed run."""
    return followed(lambda: engine.resume(run_id, WORKFLOW))


def followed(begin: Callable[[], Run]) -> list[Event]:
    """The events of a run, to its end."""
    (events,) = together(begin)
    return events


def together(*begin: Callable[[], Run]) -> list[list[Event]]:
    """The events of several runs, each begun and followed in a thread of its own."""
    stories: list[list[Event]] = [[] for _ in begin]

    def follow(index: int) -> None:
        stories[index].extend(begin[index]().events())

    threads = [threading.Thread(target=follow, args=(index,), daemon=True) for index in range(len(begin))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive(), "the run does not end"
    for events in stories:
        legal(events)
    return stories


def legal(events: list[Event]) -> None:
    """The order that `ryla_graphs.engines.events` promises."""
    kinds = [event.kind for event in events]
    assert kinds[0] == "queued" and kinds.count("queued") == 1
    assert kinds.count("started") <= 1
    assert [event.terminal for event in events] == [False] * (len(events) - 1) + [True]
    if set(kinds) & {"node", "progress", "preview", "output", "finished"}:
        assert kinds[1] == "started"
    assert not any(one == other and one.kind == "progress" for one, other in pairwise(events))
    last = max((index for index, event in enumerate(events) if isinstance(event, Retrying)), default=0)
    counts = Counter(event.artifact for event in events[last:] if isinstance(event, OutputReady))
    begun = Counter(event.node for event in events[last:] if isinstance(event, NodeStarted))
    assert all(count == 1 for count in (*counts.values(), *begun.values())), (counts, begun)
    if isinstance(events[-1], Finished):
        assert set(events[-1].outputs) == set(counts)
