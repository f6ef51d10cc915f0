"""Where a test keeps its jobs: in each store in turn, where the test's module uses the fixture `stores`."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from pathlib import Path

from ryla_graphs.server import SqliteStore, Store

Open = Callable[[Path], Store]

_MIRRORS = itertools.count()
_NAMES: dict[Path, str] = {}


def on_modal(folder: Path) -> Store:
    """The store of a folder on the loopback Modal: the same one each time, in a new container."""
    import modal

    from ryla_graphs.modal_deploy.store.store import ModalStore

    name = _NAMES.setdefault(folder, uuid.uuid4().hex)
    records = modal.Dict.from_name(f"records-{name}", create_if_missing=True)
    content = modal.Volume.from_name(f"content-{name}", create_if_missing=True)
    return ModalStore(records, content, folder / f"mirror-{next(_MIRRORS)}").load()


STORES: dict[str, Open] = {"sqlite": SqliteStore, "modal": on_modal}


class Kept:
    """What `kept` opens now."""

    open: Open = staticmethod(SqliteStore)


def kept(folder: Path) -> Store:
    """The store in a folder, of the kind whose turn it is."""
    return Kept.open(folder)
