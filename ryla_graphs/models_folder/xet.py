"""Fetches large files from the Hugging Face Hub over many connections at once, with hf_xet.

An interrupted hf_xet restarts a file from zero, so it fetches only files that have no bytes yet; if it fails,
plain HTTP fetches them.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ryla_graphs.models_folder.locating import Located
from ryla_graphs.weights import HubFile

LEAST_BYTES = 256 * 2**20
"""Smaller files arrive just as fast over one connection."""


def helps(located: Located, begun: int) -> bool:
    """Whether hf_xet is the better way to fetch a file."""
    large = located.size is not None and located.size >= LEAST_BYTES
    return large and located.xet and not begun and importlib.util.find_spec("hf_xet") is not None


def download_xet(located: Located, part: Path, on_done: Callable[[int], None]) -> None:
    """Fetch a whole file into `part`; raises whatever huggingface_hub raises."""
    from huggingface_hub import hf_hub_download  # noqa: PLC0415

    source = located.source
    assert isinstance(source, HubFile)
    staging = part.with_name(f".{part.name}.xet")
    shutil.rmtree(staging, ignore_errors=True)  # what an earlier attempt left cannot be resumed
    try:
        came = hf_hub_download(source.repository, source.path, local_dir=staging, tqdm_class=_counting(on_done))
        Path(came).replace(part)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _counting(on_done: Callable[[int], None]) -> type[Any]:
    """A progress bar that shows nothing and only reports how many bytes have arrived."""
    base: Any = importlib.import_module("huggingface_hub.utils").tqdm  # it exports no type for this

    def begin(bar: Any, *args: Any, **kwargs: Any) -> None:
        base.__init__(bar, *args, **{**kwargs, "disable": True})
        bar.there = int(kwargs.get("initial") or 0)

    def update(bar: Any, n: float | None = 1) -> None:
        bar.there += int(n or 0)
        on_done(bar.there)

    # Not a class statement: its base has no type, which only one of the two type checkers accepts.
    return type("Counting", (base,), {"__init__": begin, "update": update})
