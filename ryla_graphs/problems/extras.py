"""The error for parts that need more packages than the plain install has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ryla_graphs.problems.errors import MissingExtra


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Import inside; raises `MissingExtra` with the command that installs what is missing.

    >>> with needs_extra("client"):
    ...     import httpx2
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] == "ryla_graphs":
            raise
        command = f"pip install 'ryla-graphs[{extra}]'"
        raise MissingExtra(f"this needs the package '{error.name}', which is not installed: {command}") from None
