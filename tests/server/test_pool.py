"""Threads that coroutines hand work to, and who wakes the coroutines."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from ryla_graphs.server.pool import Call, Pool, Wake


async def given_by(pool: Pool, work: Callable[[], object], *, seconds: float | None = None) -> object:
    call = Call(work)
    pool.put(call.run)
    return await call.result(seconds)


def test_work_gives_and_raises() -> None:
    async def main() -> None:
        pool = Pool(2)
        assert await given_by(pool, lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await given_by(pool, lambda: 1 / 0)

    asyncio.run(main())


def test_one_after_another_one_thread_does_it() -> None:
    async def main() -> None:
        pool = Pool(8)
        threads = set[object]()
        for _ in range(50):
            threads.add(await given_by(pool, threading.get_ident))
            while not pool._resting:  # the answer may be here before its thread rests
                await asyncio.sleep(0)
        assert len(threads) == 1

    asyncio.run(main())


def test_no_more_threads_than_allowed_and_all_is_done() -> None:
    at_once, most = 0, 0
    lock = threading.Lock()
    full = threading.Barrier(3)

    def work() -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        full.wait(60)
        with lock:
            at_once -= 1

    async def main() -> None:
        pool = Pool(3)
        await asyncio.gather(*(given_by(pool, work) for _ in range(12)))

    asyncio.run(main())
    assert most == 3


def test_a_thread_at_long_work_gives_its_place_to_what_waits() -> None:
    async def main() -> None:
        pool = Pool(1)
        may_end = threading.Event()

        def waits() -> None:
            may_end.wait(60)

        def brings_long_work() -> str:
            pool.go_on(waits)
            return "answered"

        first, second = await asyncio.gather(given_by(pool, brings_long_work), given_by(pool, lambda: "done"))
        assert (first, second) == ("answered", "done")
        may_end.set()

    asyncio.run(main())


def test_it_sleeps_on_until_it_is_woken() -> None:
    async def main() -> None:
        pool, wakes = Pool(1), list[Wake]()
        asked = threading.Event()

        def sleeps_on(given: int, wake: Wake) -> bool:
            wakes.append(wake)
            asked.set()
            return given == 7

        call = Call(lambda: 7, sleeps_on)
        pool.put(call.run)
        sleeping = asyncio.ensure_future(call.result(60))
        await given_by(pool, lambda: None)
        assert asked.is_set()
        assert not sleeping.done()
        wakes[0]()
        wakes[0]()
        assert await sleeping == 7

        call = Call(lambda: 8, sleeps_on)
        pool.put(call.run)
        assert await call.result(60) == 8

    asyncio.run(main())


def test_time_that_is_up_does_not_end_work() -> None:
    """Nor does a coroutine that was woken too early sleep until the end that it did not want to wait for."""

    async def main() -> None:
        pool, may_go_on, asked = Pool(1), threading.Event(), list[int]()

        def sleeps_on(given: int, wake: Wake) -> bool:
            asked.append(given)
            return True

        call = Call(lambda: may_go_on.wait(60) and 7, sleeps_on)
        pool.put(call.run)
        sleeping = asyncio.ensure_future(call.result(0))
        while call._sleeps_on is not None:  # until it has seen that its time is up
            await asyncio.sleep(0)
        assert not sleeping.done()
        may_go_on.set()
        assert await sleeping == 7
        assert not asked

        call = Call(lambda: 8, sleeps_on)
        pool.put(call.run)
        assert await call.result(0.01) == 8

    asyncio.run(main())


def test_a_server_starts_without_loading_its_presets() -> None:
    code = """
import sys, tempfile
from ryla_graphs import connect
from ryla_graphs.server import SqliteStore, create_app
create_app(connect("simulator"), SqliteStore(tempfile.mkdtemp()))
assert "ryla_graphs.presets.flux_dev" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
