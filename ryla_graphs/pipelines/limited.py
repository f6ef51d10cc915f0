"""Runs a user's code for a limited time, and reports where it is when the time runs out."""

from __future__ import annotations

import contextvars
import ctypes
import inspect
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ryla_graphs.pipelines.python_files import user_error
from ryla_graphs.presets.base import NOT_OWN
from ryla_graphs.problems import (
    AtParameter,
    CannotRunHere,
    InvalidInputs,
    InvalidParameters,
    InvalidWorkflow,
    PipelineFailed,
    Problem,
    RylaError,
)
from ryla_graphs.workflow import Workflow

T = TypeVar("T")
P = TypeVar("P")

IMPORT_SECONDS = 60.0
"""How long the import of a file may take: it may load a large library."""
BUILD_SECONDS = 10.0
"""How long a function may take to make its graph."""
PATIENCE_SECONDS = 5.0
"""After how long the log says where unfinished code is."""
log = logging.getLogger("ryla_graphs.pipelines")


_OF_CALLERS = (InvalidWorkflow, InvalidParameters, InvalidInputs, CannotRunHere)
"""Errors that a pipeline may raise about its parameters, or about the resulting graph."""


class NoWorkflow(Exception):
    """A function returned something other than a `Workflow`."""

    def __init__(self, function: Callable[..., Any], gave: object) -> None:
        self.reason = f"`{function.__name__}` gave {type(gave).__name__}, not a Workflow"
        self.file, self.line = lines_of(function)
        super().__init__(f"{place_of(function)}: {self.reason}")


class TookTooLong(Exception):
    """Code that did not finish in time; the message names the line that it was at."""

    def __init__(self, seconds: float, file: str | None, line: int | None) -> None:
        self.reason, self.file, self.line = f"it did not end in {seconds:g} s", file, line
        super().__init__(f"{'somewhere' if file is None else f'{file}:{line}'}: {self.reason}")


class _Stop(BaseException):
    """Raised in code whose time has run out; no `except Exception` catches it by accident."""


def within(seconds: float, work: Callable[[], T], *, patience: float = PATIENCE_SECONDS) -> T:
    """Run `work` in its own thread and return or raise what it does; raises `TookTooLong`.

    A loop is interrupted at its next step. Code inside a system call keeps running until the call returns. A run
    longer than `patience` gets a line in the log, since a user may be waiting for a server to start.
    """
    outcome: list[Any] = []
    failure: list[BaseException] = []

    def task() -> None:
        try:
            outcome.append(context.run(work))
        except BaseException as error:  # noqa: BLE001 - raised again in the waiting thread
            failure.append(error)

    context = contextvars.copy_context()
    thread = threading.Thread(target=task, name="ryla-pipeline", daemon=True)
    thread.start()
    thread.join(min(seconds, patience))
    if thread.is_alive() and patience < seconds:
        log.warning("%s:%s: still at work; it is stopped after %g s", *_at(thread), seconds)
        thread.join(seconds - patience)
    if thread.is_alive():
        place = _at(thread)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stop))
        raise TookTooLong(seconds, *place)
    if failure and not isinstance(failure[0], (Exception, SystemExit)):
        # A KeyboardInterrupt in this thread would look like the user's Ctrl-C, which that one was not.
        raise RuntimeError(type(failure[0]).__name__).with_traceback(failure[0].__traceback__)
    if failure:
        raise failure[0]
    result: T = outcome[0]
    return result


def build(function: Callable[[P], Workflow], parameters: P, seconds: float) -> Workflow:
    """The workflow that a user's function makes; raises `TookTooLong`, `NoWorkflow`, and what the function raises."""
    made: object = within(seconds, lambda: function(parameters))
    if not isinstance(made, Workflow):
        raise NoWorkflow(function, made)
    return made


def served(name: str, path: Path, function: Callable[[P], Workflow], parameters: P, seconds: float) -> Workflow:
    """The same for a caller of a pipeline whose code is in the file `path`.

    Raises `PipelineFailed` for a bug in that code, and passes on its errors about its parameters and its graph.
    """
    try:
        return build(function, parameters, seconds)
    except (TookTooLong, NoWorkflow) as error:
        raise PipelineFailed(name, error.reason, error.file, error.line) from error
    except (Exception, SystemExit) as error:  # a user's code may raise anything
        if isinstance(error, _OF_CALLERS):
            raise
        if isinstance(error, ValueError) and not isinstance(error, RylaError):
            raise InvalidParameters([_refused(name, error)]) from error
        failure = user_error(path, error)
        raise PipelineFailed(name, failure.said, failure.file, failure.line) from error


def _refused(name: str, error: ValueError) -> Problem:
    """A `ValueError` from a pipeline, reported as a problem with the parameters it got."""
    return Problem(code="bad_parameter", message=str(error) or type(error).__name__, subject=AtParameter(name))


def place_of(function: Callable[..., Any]) -> str:
    """`file:line` of a function."""
    file, line = lines_of(function)
    return f"{file}:{line}" if file is not None else repr(function)


def lines_of(function: Callable[..., Any]) -> tuple[str | None, int | None]:
    """The file and the first line of a function, if it has them."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else (None, None)


def _at(thread: threading.Thread) -> tuple[str | None, int | None]:
    """File and line where the thread is; if the user's code called a library, the line in the user's code."""
    frame = sys._current_frames().get(thread.ident or 0)
    rows = [row for row in traceback.extract_stack(frame) if not row.filename.startswith("<")]
    own = [row for row in rows if not row.filename.startswith(NOT_OWN)]
    return next(((row.filename, row.lineno) for row in reversed(own or rows)), (None, None))
