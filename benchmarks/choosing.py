"""What it costs to choose among three routes: `python -m benchmarks.choosing`. Prints Markdown.

Measured with the graph's needs already found, as happens once per job, and including that. CPU time, best of several.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from ryla_graphs import presets
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.router import Route, Router, RunOptions
from ryla_graphs.engines.router.needs import Need
from tests.routing.places import Place

ROUNDS, CALLS = 7, 200


def milliseconds(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(CALLS):
            work()
        best = min(best, (time.process_time() - begun) / CALLS)
    return best * 1000


def report() -> None:
    """Measure and print."""
    places = [Place("pod"), Place("modal"), Place("runpod")]
    routes = [Route(place.name, place, priority) for priority, place in enumerate(places, start=1)]
    routes[1] = Route("modal", places[1], 2, share=2500, usd_per_second=0.0005)
    with Router(routes) as router:
        router.catalog()
        for lane in router.state.lanes:
            for seconds in range(20):
                lane.took(None, 10.0 + seconds / 10)
        print("| graph | nodes | choosing, ms | and finding what it needs, ms |\n|---|---|---|---|")
        for name in ("text-to-image", "flux-dev", "flux-instantid", "character-sheet"):
            if name not in presets.NAMES:
                continue
            preset = presets.get(name)
            compiled = preset.build(preset.example).compile()

            def choose(need: Need) -> object:
                return router.state.choice(need, {}, RunOptions("ada"), (), "ada", {})

            chosen = milliseconds(partial(choose, Need.of(compiled)))
            whole = milliseconds(partial(_found_and_chosen, choose, compiled))
            print(f"| {name} | {len(compiled.document)} | {chosen:.3f} | {whole:.3f} |")


def _found_and_chosen(choose: Callable[[Need], object], compiled: CompiledWorkflow) -> object:
    return choose(Need.of(compiled))


if __name__ == "__main__":
    report()
