"""Log lines that say which job they are about, whoever writes them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


class Lines(logging.Formatter):
    """Writes records as `FORMAT` says. It works a second out once, not for each line."""

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


_JOB: ContextVar[str] = ContextVar("ryla_job", default="")


@contextmanager
def of_job(job_id: str) -> Iterator[None]:
    """Have all lines that are logged meanwhile, in this thread or task, bear the job's id."""
    token = _JOB.set(job_id)
    try:
        yield
    finally:
        _JOB.reset(token)


def current_job() -> str:
    """The job that this thread or task works on; empty where it is none."""
    return _JOB.get()


class Marked(logging.Filter):
    """Puts ``job=…`` before lines that do not name their job, and gives every record a `job` for other formats."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mark a record; none is left out."""
        record.job = job = current_job()
        if job and job not in (text := record.getMessage()):
            record.msg, record.args = f"job={job} {text}", ()
        return True


def configure(handler: logging.Handler | None = None, level: int = logging.INFO) -> None:
    """Write log lines to standard error, each with its job. Does no more where logging is configured already."""
    root = logging.getLogger()
    if not root.handlers:
        if handler is None:
            handler = logging.StreamHandler()
            handler.setFormatter(Lines())
        logging.basicConfig(level=level, handlers=[handler])
        # No format of ours names these, and to find them out takes longer than all else that a line costs.
        logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
        logging._srcfile = None
    for each in root.handlers:
        if not any(isinstance(known, Marked) for known in each.filters):
            each.addFilter(Marked())
