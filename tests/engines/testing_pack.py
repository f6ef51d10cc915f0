"""The pack that ComfyUI tests its own executor with, as typed nodes, and small graphs of it.

Tests with the mark `needs_checkout` run where ``RYLA_COMFYUI_DIR`` names a checkout of ComfyUI, and
``RYLA_COMFYUI_PYTHON`` its Python. The nodes are generated from the running server; see `conftest`.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

from ryla_graphs import Workflow
from ryla_graphs.codegen import render_module
from ryla_graphs.engines import Result, run
from ryla_graphs.engines.comfyui import ComfyUI, ComfyUIProcess
from ryla_graphs.engines.events import Event, NodeStarted
from ryla_graphs.nodes import SaveImage

DIRECTORY = os.environ.get("RYLA_COMFYUI_DIR", "")
PACK = "tests/execution/testing_nodes"

needs_checkout = pytest.mark.skipif(
    not (DIRECTORY and (Path(DIRECTORY) / PACK).is_dir()), reason="RYLA_COMFYUI_DIR names no checkout with its tests"
)

DAMAGED = {
    "vae/cut.safetensors": (1000).to_bytes(8, "little") + b'{"weight": {"dtype": "F32", ',
    "vae/page.safetensors": b"<!DOCTYPE html><title>Sign in</title>",
    "upscale_models/empty.pth": b"",
}
"""Weight files that the server has, and cannot read."""


def process(folder: Path) -> ComfyUIProcess:
    """A ComfyUI with the pack and the damaged files, which keeps its own files in a folder."""
    for name, content in DAMAGED.items():
        (folder / "models" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "models" / name).write_bytes(content)
    paths = {"custom_nodes": str(Path(DIRECTORY).absolute() / PACK)}
    paths |= {kind: str(folder / "models" / kind) for kind in ("vae", "upscale_models")}
    (folder / "extra.yaml").write_text(json.dumps({"tests": paths}))
    python = os.environ.get("RYLA_COMFYUI_PYTHON")
    arguments = ("--cpu", "--extra-model-paths-config", str(folder / "extra.yaml"))
    return ComfyUIProcess(
        Path(DIRECTORY), folder / "data", python=Path(python) if python else None, arguments=arguments
    )


def generated(engine: ComfyUI, folder: Path) -> Any:
    """The module of the pack's nodes, as `ryla-graphs nodes generate` writes it."""
    catalog = engine.catalog()
    own = [name for name, schema in catalog.items() if schema.module.endswith("testing-pack")]
    path = folder / "comfyui_testing_pack.py"
    path.write_text(render_module(catalog.subset(own), origin="the server under test"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Ran(NamedTuple):
    """A run that ended well."""

    result: Result
    events: list[Event]

    @property
    def nodes(self) -> set[str]:
        """What was executed, and not taken from the cache."""
        return {event.node for event in self.events if isinstance(event, NodeStarted)}

    def greys(self, node: str = "save") -> list[int]:
        """The pictures of a node, each of one grey."""
        found = []
        for output in self.result.outputs:
            if output.node == node:
                low, high = Image.open(io.BytesIO(output.read())).convert("L").getextrema()
                assert low == high
                found.append(int(low))  # type: ignore[arg-type]
        return found


def ran(engine: ComfyUI, *sinks: Any, **options: Any) -> Ran:
    events: list[Event] = []
    return Ran(run(engine, Workflow(*sinks), on_event=events.append, **options), events)


def saved(images: Any, name: str = "save") -> Any:
    return SaveImage(images=images).named(name)


fresh = iter(range(1, 10_000))


def stub(n: Any, grey: float, name: str | None = None, size: int = 16) -> Any:
    """A picture of one grey that no other run has: this server has not drawn one of this width yet."""
    node = n.StubConstantImage(value=grey, height=size, width=next(fresh), batch_size=1)
    return node if name is None else node.named(name)


BLACK, WHITE = 0.0, 1.0


class Pair(NamedTuple):
    """Two pictures of one size, and masks of that size."""

    nodes: Any
    black: Any
    white: Any

    def mask(self, value: float) -> Any:
        return self.nodes.StubMask(value=value, height=16, width=self.black.width, batch_size=1)

    def mixed(self, value: float) -> Any:
        """Black where the mask is 0, white where it is 1; what does not count is not asked for."""
        return self.nodes.TestLazyMixImages(image1=self.black, image2=self.white, mask=self.mask(value))


def pair_of(nodes: Any) -> Pair:
    """Two pictures that no other run has."""
    black = stub(nodes, BLACK, "black")
    white = nodes.StubConstantImage(value=WHITE, height=16, width=black.width, batch_size=1).named("white")
    return Pair(nodes, black, white)
