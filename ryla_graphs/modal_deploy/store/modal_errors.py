"""Turns errors of requests to Modal into `StoreUnreachable`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import ClientError  # modal's client transfers content with it
from modal.exception import Error as ModalError

from ryla_graphs.problems import StoreUnreachable


@contextmanager
def modal_errors(what: str) -> Iterator[None]:
    """Raise `StoreUnreachable` if Modal cannot store `what`, such as ``records``."""
    try:
        yield
    except (ModalError, OSError, ClientError) as error:
        raise StoreUnreachable(f"Modal cannot store {what} at the moment: {error}") from error
