"""What blocks goes to threads: a fair share of them for each owner, and none for callers who are gone.

A thread cannot be ended from outside, so work that may take long asks `checkpoint` between its steps.
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
"""How many threads work for callers at once; more wait. Jobs do not count."""
SHARE = 16
"""So many of them may be at one owner's work; what else that owner wants waits; other owners do not."""
WORK_SECONDS = 120.0
"""How long the work of one request may take, its downloads included."""
_WATCHED_AFTER = 0.05
"""Most work is done before it is worth a look whether the caller is still there."""


_POOL = Pool(MOST)


class CallerGone(BaseException):
    """No caller waits for the answer any more. No `Exception`, so that no handler makes an answer of it."""


class WorkTimedOut(RylaError, TimeoutError):
    """The work of a request took longer than it may."""


@dataclass(frozen=True)
class Caller:
    """Who asked for what is done now, and whether it is still wanted."""

    owner: str
    gone: threading.Event
    watch: Callable[[], None]
    """Begins to look whether the caller hangs up, which sets `gone`."""


CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)


class _Share:
    """An owner's threads. Whoever wants one more than there are waits in line."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free = SHARE
        self._line: deque[Sleeper] = deque()

    async def take(self) -> None:
        """Hold a thread."""
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
        """Hand a thread on; called in any thread."""
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
    """Do blocking work in a thread once the owner's share has one; raises `CallerGone` if no caller waits then."""
    return await _called(partial(work, *args, **kwargs))


async def in_thread_until(sleeps_on: SleepsOn[T], seconds: float, work: Callable[[], T]) -> T:
    """The same, where the coroutine wants to be woken by something that comes after the work.

    `sleeps_on` is asked in the thread, with what the work gave and what wakes the coroutine: whether somebody will
    call that. It sleeps for so many `seconds` at most, but not before the work is done.
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
    """Do blocking work in a thread although its caller may be gone, such as what follows from that."""
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
    """Called between two steps of long work; raises `CallerGone`, and `WorkTimedOut` if it is `timed`.

    Does nothing in threads that work for no caller, such as those of jobs.
    """
    if _WORK.caller is not None and _WORK.caller.gone.is_set():
        raise CallerGone
    if timed and _WORK.deadline is not None and time.monotonic() > _WORK.deadline:
        raise WorkTimedOut(f"the work of the request took more than {WORK_SECONDS:g} seconds")


def go_on(work: Wake) -> None:
    """Do long work, which must not raise: in this thread once its caller is answered, or in one of its own."""
    _POOL.go_on(work)
