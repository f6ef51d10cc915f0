"""Runs blocking work in threads: a fair share for each owner, and none for callers who have hung up.

A thread cannot be killed from outside, so long work calls `checkpoint` between its steps.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from ryla_graphs.problems import RylaError
from ryla_graphs.server.pool import Call, Pool, Sleeper, SleepsOn, Wake

P = ParamSpec("P")
T = TypeVar("T")

MOST = 64
"""How many threads work for callers at once; further work waits. Jobs do not count."""
SHARE = 16
"""How many of them may work for one owner; that owner's further work waits, without delaying other owners."""
WORK_SECONDS = 120.0
"""Seconds that the work of one request may take, including downloads."""
_WATCHED_AFTER = 0.05
"""Seconds before the first check for a hang-up: most work is done by then."""


_POOL = Pool(MOST)


class CallerGone(BaseException):
    """The caller has hung up. Not an `Exception`, so that no handler turns it into an answer."""


class WorkTimedOut(RylaError, TimeoutError):
    """The work of a request exceeded its time limit."""


@dataclass(frozen=True)
class Caller:
    """The caller of the current work, and whether they still wait for it."""

    owner: str
    gone: threading.Event
    watch: Callable[[], None]
    """Starts to watch for a hang-up, which sets `gone`."""


CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)


class _Share:
    """An owner's share of threads. Work beyond it waits in line."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free = SHARE
        self._line: deque[Sleeper] = deque()

    async def take(self) -> None:
        """Acquire a thread of the share."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = Sleeper()
            self._line.append(turn)
        try:
            await turn.sleep()
        except asyncio.CancelledError:
            with self._lock:
                waits = turn in self._line
                if waits:
                    self._line.remove(turn)
            if not waits:
                self.give()
            raise

    def give(self) -> None:
        """Release a thread of the share; may be called in any thread."""
        with self._lock:
            if not self._line:
                self._free += 1
                return
            turn = self._line.popleft()
        turn.wake()


_SHARES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Share]] = WeakKeyDictionary()


class _Work(threading.local):
    caller: Caller | None = None
    deadline: float | None = None


_WORK = _Work()


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work in a thread of the owner's share; raises `CallerGone` if the caller hangs up first."""
    return await _called(partial(work, *args, **kwargs))


async def in_thread_until(sleeps_on: SleepsOn[T], seconds: float, work: Callable[[], T]) -> T:
    """Run blocking work in a thread, and then sleep until a later event wakes the coroutine.

    `sleeps_on` is called in the thread with the result and a function that wakes the coroutine; it says whether that
    function will be called. After the work is done, the coroutine sleeps for `seconds` at most.
    """
    return await _called(work, sleeps_on, seconds)


async def _called(work: Callable[[], T], sleeps_on: SleepsOn[T] | None = None, seconds: float | None = None) -> T:
    caller = CALLER.get()
    if caller is None:
        return await _put(work, sleeps_on, seconds)
    loop = asyncio.get_running_loop()
    watch = loop.call_later(_WATCHED_AFTER, caller.watch)
    try:
        share = _SHARES.setdefault(loop, {}).setdefault(caller.owner, _Share())
        await share.take()
        if caller.gone.is_set():
            share.give()
            raise CallerGone
        return await _put(partial(_done_for, caller, share, work), sleeps_on, seconds)
    finally:
        watch.cancel()


async def in_thread_anyway(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work in a thread even if the caller has hung up, for example to cancel their job."""
    return await _put(partial(work, *args, **kwargs))


async def _put(work: Callable[[], T], sleeps_on: SleepsOn[T] | None = None, seconds: float | None = None) -> T:
    call = Call(work, sleeps_on)
    _POOL.put(call.run)
    return await call.result(seconds)


def _done_for(caller: Caller, share: _Share, work: Callable[[], T]) -> T:
    _WORK.caller, _WORK.deadline = caller, time.monotonic() + WORK_SECONDS
    try:
        return work()
    finally:
        _WORK.caller = _WORK.deadline = None
        share.give()


def checkpoint(*, timed: bool = True) -> None:
    """Call this between two steps of long work; raises `CallerGone`, and `WorkTimedOut` if `timed`.

    Does nothing in threads that work for no caller, such as those of jobs.
    """
    if _WORK.caller is not None and _WORK.caller.gone.is_set():
        raise CallerGone
    if timed and _WORK.deadline is not None and time.monotonic() > _WORK.deadline:
        raise WorkTimedOut(f"the request took longer than {WORK_SECONDS:g} seconds to process")


def go_on(work: Wake) -> None:
    """Run long work, which must not raise: in this thread after its caller is answered, or in a new one."""
    _POOL.go_on(work)
