"""Log lines that name their job, whichever module logs them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ryla_graphs.problems.text import printable

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


class Lines(logging.Formatter):
    """Formats records by `FORMAT`: one line each, whatever an engine's error or a name contains.

    It formats each second once, not for every line.
    """

    def __init__(self) -> None:
        super().__init__(FORMAT)
        self._second = (-1, "")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802
        """The local time with milliseconds."""
        second, text = self._second
        if second != int(record.created):
            second = int(record.created)
            text = time.strftime(self.default_time_format, self.converter(second))
            self._second = second, text
        return f"{text},{int(record.msecs):03}"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The line. Line breaks in it would forge others, and escapes would reach the terminal that shows them."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The traceback, indented, so that no line of it can pass for another record's."""
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"    {printable(line)}" for line in lines)


_JOB: ContextVar[str] = ContextVar("ryla_job", default="")


@contextmanager
def of_job(job_id: str) -> Iterator[None]:
    """Add the job's id to every line that this thread or task logs inside the block."""
    token = _JOB.set(job_id)
    try:
        yield
    finally:
        _JOB.reset(token)


def current_job() -> str:
    """The job that this thread or task works on; empty if there is none."""
    return _JOB.get()


class Marked(logging.Filter):
    """Adds ``job=…`` to lines that do not name their job, and gives every record a `job` for other formats."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mark a record; filters out none."""
        record.job = job = current_job()
        named = isinstance(facts := getattr(record, "facts", None), dict) and facts.get("job") == job
        if job and not named and job not in (text := record.getMessage()):
            record.msg, record.args = f"job={job} {text}", ()
        return True


def configure(handler: logging.Handler | None = None, level: int = logging.INFO) -> None:
    """Log to standard error, each line with its job. If logging is configured already, only adds the job."""
    root = logging.getLogger()
    if not root.handlers:
        if handler is None:
            handler = logging.StreamHandler()
            handler.setFormatter(Lines())
        logging.basicConfig(level=level, handlers=[handler])
        # Our format uses none of these, and computing them would be the largest cost of a line.
        logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
        logging._srcfile = None
    for each in root.handlers:
        if not any(isinstance(known, Marked) for known in each.filters):
            each.addFilter(Marked())
