"""Many jobs through a router whose routes are broken at every step; who ran what is held against what was reported.

The routes: a stub ComfyUI, Comfy API v2 in the dialects of our own server, the proxy and the cloud, and a fake RunPod.
Each request to them may end in any of the ways of `stand_ins.faults`, jobs may be lost, refused, cut off or stuck, and
all keep count of what they executed.
"""

from __future__ import annotations

import logging
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from ryla_graphs import Workflow
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.comfyui import ComfyUI, Patience
from ryla_graphs.engines.events import Event, Finished
from ryla_graphs.engines.patience import Patience as JobPatience
from ryla_graphs.engines.remote import Remote
from ryla_graphs.engines.router import Attempt, MemoryJournal, Route, Router, RunOptions
from ryla_graphs.engines.router.journal import Policy
from ryla_graphs.engines.runpod import RunPod
from ryla_graphs.nodes import EmptyImage, SaveImage
from ryla_graphs.problems import EngineError
from tests.engines.stand_ins import FakeRunPod, Faults, V2StandIn, hosted
from tests.engines.stand_ins.runpod import KEY
from tests.engines.stand_ins.v2 import DialectName
from tests.engines.stub import Script, serve

POLICIES: tuple[Policy, ...] = ("at-most-once", "at-least-once")
MOST: Mapping[Policy, int] = {"at-most-once": 1, "at-least-once": 2}
FATES = (
    "no output", "no images", "cut off", "bad base64", "node fails", "worker lost", "vanishes", "expires in queue",
    "times out",
)  # fmt: skip
V2_FATES = ("failed", "expired once", "forgotten", "no outputs", "lies")
PATIENCE_SECONDS = 20.0
"""How long a job asks again while no route takes it, as a server does."""
NAME = "job-"
DIALECTS: tuple[DialectName, ...] = ("ours", "proxy", "cloud")


@dataclass
class Soak:
    """What happened."""

    jobs: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    moved: int = 0
    seconds: float = 0.0
    states: Counter[str] = field(default_factory=Counter)
    """How often a breaker was seen so."""


class Policies(MemoryJournal):
    """Every other job may run once."""

    def options(self, run_id: str) -> RunOptions:
        return RunOptions(user_key=run_id, policy=POLICIES[uuid.UUID(run_id).int % 2])


def graph(number: int) -> CompiledWorkflow:
    """A graph like no other, which says in its file names which one it is."""
    picture = EmptyImage(width=8, height=8, color=number)
    return Workflow(SaveImage(images=picture, filename_prefix=f"{NAME}{number}").named("save")).compile()


@contextmanager
def places(chaos: float, seed: int) -> Iterator[tuple[Router, list[Any]]]:
    """The router, and the services behind it."""
    fates = random.Random(seed)

    def drawn(kinds: tuple[Any, ...]) -> list[Any]:
        return [fates.choice(kinds) if fates.random() < chaos else "well" for _ in range(9999)]

    runpod = FakeRunPod(Faults(chaos=chaos, seed=seed), drawn(FATES))
    dialects = [
        V2StandIn(name, Faults(chaos=chaos, seed=seed + place), steps=1, fates=drawn(V2_FATES))
        for place, name in enumerate(DIALECTS, start=1)
    ]
    script = Script(
        outputs=None, steps=1, previews=False, noise=False, chaos=chaos, broken_answers=chaos / 4, seed=seed
    )
    v2 = JobPatience(least=0.01, most=0.1, doubt=0.1, unreachable=2)
    with ExitStack() as stack:
        pod, stub = stack.enter_context(serve(script))
        routes = [Route("pod", ComfyUI(pod, patience=Patience(0.2, 0.02, 2, 0.2, 0.02)), 1)]
        for place, stand_in in enumerate(dialects, start=2):
            engine = Remote(stack.enter_context(hosted(stand_in)), patience=v2)
            routes.append(Route(stand_in.dialect, engine, 1 + place % 2))
        patience = JobPatience(least=0.01, most=0.05, doubt=0.02, unreachable=2)
        base = stack.enter_context(hosted(runpod))
        routes.append(
            Route("runpod", RunPod("abc", KEY, base_url=f"{base}/v2", patience=patience), 2, usd_per_second=0.001)
        )
        fast = _FastClock()
        router = stack.enter_context(Router(routes, journal=Policies(), spread_seconds=0.01, clock=fast))
        yield router, [stub, *dialects, runpod]


class _FastClock:
    """A hundred seconds a second, so that breakers close again."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self) -> float:
        return 100 * (time.monotonic() - self._start)


def soak(jobs: int, *, chaos: float = 0.03, at_once: int = 16, seed: int = 0) -> Soak:
    """Put so many jobs through; what is wrong is in `Soak.wrong`."""
    found = Soak(jobs)
    logging.getLogger("ryla_graphs.router").setLevel(logging.CRITICAL)
    begun = time.monotonic()
    with places(chaos, seed) as (router, services):
        numbers = iter(range(1, jobs + 1))
        lock = threading.Lock()
        ran: dict[int, tuple[str, Event | EngineError]] = {}

        def work() -> None:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                run_id = str(uuid.UUID(int=random.Random(seed * 1_000_003 + number).getrandbits(128), version=4))
                end = _through(router, number, run_id)
                with lock:
                    ran[number] = run_id, end
                    found.states.update(str(row["state"]) for row in router.routes())

        threads = [threading.Thread(target=work, daemon=True) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(3600)
        found.seconds = time.monotonic() - begun
        executed = _executed(services[1:])
        on_pod = Counter(services[0].executed)
        for number in range(1, jobs + 1):
            if number not in ran:
                found.wrong.append(f"job {number} never ended")
                continue
            run_id, end = ran[number]
            here = sum(on_pod.pop(attempt.run_id, 0) for attempt in router.state.journal.attempts(run_id))
            _judge(found, router, number, run_id, end, executed[number] + here)
        found.wrong += [f"the pod ran {run_id}, which no attempt tells of" for run_id in on_pod]
        found.wrong += [
            f"route {lane.name} has {lane.running} runs left" for lane in router.state.lanes if lane.running
        ]
    return found


def _through(router: Router, number: int, run_id: str) -> Event | EngineError:
    """A job, asked for again while no route takes it."""
    workflow, deadline = graph(number), time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            events = list(router.start(workflow, run_id=run_id, fresh=True).events())
        except EngineError as error:
            if error.code not in ("engine_busy", "engine_unreachable") or time.monotonic() > deadline:
                return error
            time.sleep(0.05)
            continue
        ends = [event for event in events if event.terminal]
        if len(ends) != 1 or events[-1] is not ends[0]:
            return EngineError(f"{len(ends)} ends")
        return ends[0]


def _executed(services: list[Any]) -> Counter[int]:
    """How often each job was worked on, over all services but the pod, which knows them by their ids."""
    found: Counter[int] = Counter()
    for service in services:
        for text, count in service.executed.items():
            number = text.partition(NAME)[2]
            digits = number[: len(number) - len(number.lstrip("0123456789"))]
            found[int(digits)] += count
    return found


def _judge(found: Soak, router: Router, number: int, run_id: str, end: Event | EngineError, executed: int) -> None:
    attempts: list[Attempt] = list(router.state.journal.attempts(run_id))
    policy = router.state.journal.options(run_id).policy
    assert policy is not None
    kind = end.kind if isinstance(end, Event) else f"raised {end.code}"
    found.ends[kind] += 1
    found.outcomes.update(attempt.outcome for attempt in attempts)
    found.moved += len(attempts) > 1
    about = f"job {number} ({policy}, {kind}: {[(each.route, each.outcome, each.ran) for each in attempts]})"
    if executed > MOST[policy]:
        found.wrong.append(f"{about} ran {executed} times")
    if sum(attempt.ran for attempt in attempts) > MOST[policy]:
        found.wrong.append(f"{about} may have run too often")
    if executed > sum(attempt.ran for attempt in attempts):
        found.wrong.append(f"{about} ran {executed} times, and says less")
    if any(attempt.ended is None or not attempt.outcome for attempt in attempts):
        found.wrong.append(f"{about} has an attempt without an end")
    won = [attempt for attempt in attempts if attempt.outcome == "succeeded"]
    if len(won) != isinstance(end, Finished):
        found.wrong.append(f"{about} succeeded {len(won)} times")
    if isinstance(end, Finished):
        contents = [output.read() for output in end.outputs]
        if len(contents) != 1 or not contents[0].startswith(b"\x89PNG") or b"IEND" not in contents[0][-64:]:
            found.wrong.append(f"{about} has no whole picture")
        if executed < 1:
            found.wrong.append(f"{about} succeeded and never ran")
