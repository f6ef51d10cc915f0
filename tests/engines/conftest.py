"""One ComfyUI for all tests of its testing pack, where a checkout is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ryla_graphs.engines.comfyui import ComfyUI
from tests.engines import testing_pack
from tests.engines.testing_pack import Pair


@pytest.fixture(scope="session")
def comfyui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyUI]:
    """A ComfyUI of our own."""
    with testing_pack.process(tmp_path_factory.mktemp("comfyui")) as process:
        yield process.engine


@pytest.fixture(scope="session")
def n(comfyui: ComfyUI, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The typed nodes of the pack."""
    return testing_pack.generated(comfyui, tmp_path_factory.mktemp("generated"))


@pytest.fixture
def pair(n: Any) -> Pair:
    """Two pictures that no other run has."""
    return testing_pack.pair_of(n)
