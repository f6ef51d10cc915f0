"""What goes wrong on the way to Modal, as one error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import ClientError  # what modal's client brings content with
from modal.exception import Error as ModalError

from ryla_graphs.problems import StoreUnreachable


@contextmanager
def reaching(what: str) -> Iterator[None]:
    """Raise `StoreUnreachable` where Modal does not keep `what`, such as ``records``."""
    try:
        yield
    except (ModalError, OSError, ClientError) as error:
        raise StoreUnreachable(f"Modal cannot store {what} now: {error}") from error
