"""Runs a user's code for a limited time, and says where it is when that is over."""

from __future__ import annotations

import contextvars
import ctypes
import inspect
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from ryla_graphs.workflow import Workflow

T = TypeVar("T")
P = TypeVar("P")

IMPORT_SECONDS = 60.0
"""How long a file may take to be imported: one may load a large library."""
BUILD_SECONDS = 10.0
"""How long a function may take to make its graph."""


class NoWorkflow(Exception):
    """A function gave something else than a `Workflow`."""


class TookTooLong(Exception):
    """Code that did not come to its end; the message has the line that it was at."""


class _Stop(BaseException):
    """Raised in code whose time is over; no `except Exception` catches it by accident."""


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` gives or raises, in a thread of its own; raises `TookTooLong`.

    A loop is broken out of at its next step. What waits inside a system call stays behind until that returns.
    """
    outcome: list[Any] = []
    failure: list[BaseException] = []

    def task() -> None:
        try:
            outcome.append(context.run(work))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            failure.append(error)

    context = contextvars.copy_context()
    thread = threading.Thread(target=task, name="ryla-pipeline", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        place = _place_of(thread)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stop))
        raise TookTooLong(f"{place}: it did not end in {seconds:g} s")
    if failure:
        raise failure[0]
    result: T = outcome[0]
    return result


def build(function: Callable[[P], Workflow], parameters: P, seconds: float) -> Workflow:
    """The workflow that a user's function makes; raises `TookTooLong`, `NoWorkflow`, and what it raises."""
    made: object = within(seconds, lambda: function(parameters))
    if not isinstance(made, Workflow):
        raise NoWorkflow(f"{place_of(function)}: `{function.__name__}` gave {type(made).__name__}, not a Workflow")
    return made


def place_of(function: Callable[..., Any]) -> str:
    """`file:line` of a function."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code is not None else repr(function)


def _place_of(thread: threading.Thread) -> str:
    """`file:line` where the thread is, outside of Python's own import machinery."""
    frame = sys._current_frames().get(thread.ident or 0)
    rows = [row for row in traceback.extract_stack(frame) if not row.filename.startswith("<")]
    return f"{rows[-1].filename}:{rows[-1].lineno}" if rows else "somewhere"
