"""The bodies that are in memory at once are bounded together, and small ones never wait for large ones."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.http.failures import refusal
from ryla_graphs.server.safety.bodies import BodyLimit
from ryla_graphs.server.safety.room import SMALL_BODY, BodyMemory, Room
from ryla_graphs.server.safety.tokens import Tokens
from tests.server.clients import Posted
from tests.server.scripted import Held as HeldRun
from tests.server.scripted import ScriptedEngine
from tests.server.test_contract import flux

MIB = 2**20


def story(tmp_path: Path, scenario: Any, *, engine: ScriptedEngine | None = None, **settings: Any) -> None:
    tokens = Tokens.parse(",".join(f"{name}:{name * 20}" for name in "abcd"))
    app = create_app(engine or ScriptedEngine(), SqliteStore(tmp_path), Settings(tokens=tokens, **settings))

    async def all_of_it() -> None:
        async with app.router.lifespan_context(app):
            await scenario(app)

    asyncio.run(all_of_it())


async def settled() -> None:
    """Let everything run that does not wait for another."""
    for _ in range(50):
        await asyncio.sleep(0)


BIG = b" " * (6 * MIB)
LARGE: dict[str, Any] = {"bodies_bytes": 32 * MIB, "body_bytes": 8 * MIB, "body_seconds": 600}
"""Room for 24 MiB of large bodies, and for 12 MiB of each owner."""


def test_large_bodies_of_one_owner_wait_for_each_other_and_no_others_do(tmp_path: Path) -> None:
    async def scenario(app: Any) -> None:
        bodies = [Posted(app, "a", BIG) for _ in range(8)]
        await settled()
        assert [body.asked.is_set() for body in bodies] == [True] * 2 + [False] * 6
        small, other = Posted(app, "a", b" " * SMALL_BODY), Posted(app, "b", BIG)
        await asyncio.gather(small.asked.wait(), other.asked.wait())
        for place, body in enumerate(bodies):  # in the order in which they came
            await body.asked.wait()
            assert sum(other.asked.is_set() for other in bodies) <= place + 2
            body.go.set()
            await body.task
            assert body.status == 400
        for body in (small, other):
            body.go.set()
            await body.task

    story(tmp_path, scenario, **LARGE)


@pytest.mark.parametrize(("owners", "status", "code"), [("aaa", 429, "too_many_bodies"), ("aabbc", 503, "bodies_full")])
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_without_room_is_refused_in_time(owners: str, status: int, code: str, declared: bool) -> None:
    async def slow(_: Any, receive: Any, __: Any) -> None:
        await receive()
        await asyncio.Event().wait()

    async def scenario() -> None:
        tokens, memory = Tokens.parse("a:" + "a" * 20 + ",b:" + "b" * 20 + ",c:" + "c" * 20), BodyMemory(32 * MIB, 1)
        limited = BodyLimit(
            slow, limits={"/": 8 * MIB}, refuse=refusal, idle_seconds=0.05, memory=memory, held=["/"], tokens=tokens
        )
        before, last = owners[:-1], owners[-1]
        others = [Posted(limited, owner, BIG, path="/", goes=True) for owner in before]
        await settled()
        asked = Posted(limited, last, BIG, path="/", declared=declared, goes=True)
        await asked.task
        assert asked.status == status and code.encode() in asked.sent[1]["body"]
        headers = dict(asked.sent[0]["headers"])
        assert (headers[b"retry-after"], headers[b"connection"]) == (b"5", b"close")
        for other in others:
            other.task.cancel()

    asyncio.run(scenario())


def test_a_request_that_waits_for_its_job_holds_no_body(tmp_path: Path) -> None:
    held = HeldRun()
    body = json.dumps(flux()).encode().ljust(8 * MIB)

    async def scenario(app: Any) -> None:
        posts = [Posted(app, "a", body, path="/workflow", goes=True) for _ in range(6)]
        jobs = app.state.deployment.jobs
        while jobs.waiting + jobs.running < len(posts):
            await asyncio.sleep(0.001)
        held.go.set()
        await asyncio.gather(*(post.task for post in posts))
        assert {post.status for post in posts} == {200}

    story(tmp_path, scenario, engine=ScriptedEngine(held), **LARGE)


STEPS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 40), st.integers(0, 5)), max_size=30)


@given(STEPS, st.randoms(use_true_random=False))
def test_no_order_of_bodies_exceeds_the_room_or_leaves_somebody_behind(
    steps: list[tuple[str, int, int]], chance: Random
) -> None:
    total, each = 60, 40
    room, used = Room(total, each), Counter[str]()

    async def hold(owner: str, size: int, done: asyncio.Event) -> None:
        await room.wait(owner, size, 600)
        used[owner] += size
        try:
            assert used.total() <= total and max(used.values()) <= each
            await done.wait()
        finally:
            used[owner] -= size
            room.give(owner, size)

    async def scenario() -> None:
        holding: list[tuple[asyncio.Event, asyncio.Task[None]]] = []
        for owner, size, what in steps:
            done = asyncio.Event()
            holding.append((done, asyncio.ensure_future(hold(owner, size, done))))
            await settled()
            if what < 2:  # one ends, or its caller hangs up, perhaps while it waits
                done, task = holding.pop(chance.randrange(len(holding)))
                if what:
                    done.set()
                    holding.append((done, task))
                else:
                    task.cancel()
                await settled()
        for done, _ in holding:
            done.set()
        await asyncio.gather(*(task for _, task in holding))
        room.take("a", each)  # nothing is left behind
        room.take("b", total - each)

    asyncio.run(scenario())
