"""One node at work in a simulated run, and the table of what nodes do."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.simulator.files import FileNames
from ryla_graphs.formats.api import ApiDocument
from ryla_graphs.outputs import OutputKind
from ryla_graphs.problems import ExecutionFailed

MAX_PIXELS = 256_000_000
"""The most pixels that one node draws."""


@dataclass(frozen=True)
class Step:
    """Progress that a node reports while it works."""

    step: int
    steps: int


@dataclass
class World:
    """What a run has around it."""

    prompt: ApiDocument
    files: Mapping[str, bytes]
    names: FileNames
    saved: list[Artifact] = field(default_factory=list)


@dataclass
class Call:
    """One node: its inputs with every wire followed, and a place for its outputs."""

    node: str
    schema: NodeSchema
    inputs: Mapping[str, Any]
    key: str
    world: World

    def __getitem__(self, name: str) -> Any:
        return self.inputs[name]

    def get(self, name: str, default: Any = None) -> Any:
        """An input that may be left out."""
        return self.inputs.get(name, default)

    def items(self, prefix: str) -> list[Any]:
        """The values of an autogrow input, in order."""
        return [value for name, value in self.inputs.items() if name.startswith(f"{prefix}.")]

    def save(
        self, kind: OutputKind, filename: str, content: bytes, *, subfolder: str = "", folder: str = "output"
    ) -> None:
        """Save a file."""
        self.world.saved.append(
            Artifact(self.node, kind, filename, subfolder, folder, simulated=True, read=lambda: content)
        )

    def say(self, text: str) -> None:
        """Give a text."""
        count = sum(artifact.node == self.node for artifact in self.world.saved)
        name = f"{self.node}_{count + 1:05}_.txt"
        self.world.saved.append(Artifact(self.node, "text", name, text=text, simulated=True))

    def afford(self, width: int, height: int, count: int = 1) -> None:
        """Raise where so many pixels would only fill the memory of the machine."""
        if width * height * count > MAX_PIXELS:
            raise self.fail(
                f"{count} x {width}x{height} are {width * height * count // 10**6} megapixels;"
                f" the simulator draws up to {MAX_PIXELS // 10**6}"
            )

    def fail(self, reason: str) -> ExecutionFailed:
        """The error of this node."""
        return ExecutionFailed(
            f"{self.schema.class_type} '{self.node}' failed: {reason}",
            node=self.node,
            class_type=self.schema.class_type,
        )


Handler = Callable[[Call], tuple[Any, ...] | Generator[Step, None, tuple[Any, ...]]]
"""Gives a node's outputs as a tuple; a generator may yield `Step`s and returns them."""

HANDLERS: dict[str, Handler] = {}


def handles(*class_types: str) -> Callable[[Handler], Handler]:
    """Say which node classes a function simulates."""

    def register(handler: Handler) -> Handler:
        for class_type in class_types:
            HANDLERS[class_type] = handler
        return handler

    return register


def steps(count: int) -> Iterator[Step]:
    """The progress of `count` steps."""
    return (Step(step, count) for step in range(1, count + 1))
