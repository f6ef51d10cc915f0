"""Parts that need more packages than the plain install brings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ryla_graphs.problems import InvalidSettings


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Import inside; raises `InvalidSettings` with the line that installs what is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("ryla_graphs"):
            raise
        line = f"pip install 'ryla-graphs[{extra}]'"
        raise InvalidSettings(f"this needs the package '{error.name}', which is not installed; {line}") from None
