"""The environment of a simulated run, in which nodes save files, report texts, and fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from ryla_graphs.answers.words import OutputKind
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.simulator.drawing import draw
from ryla_graphs.engines.simulator.frames import Frames, Renderer, content_of
from ryla_graphs.engines.simulator.names import FileNames
from ryla_graphs.problems import ExecutionFailed
from ryla_graphs.prompt import Prompt
from ryla_graphs.shapes.registry import Call, nested
from ryla_graphs.shapes.values import ImageShape, MaskShape

MAX_PIXELS = 256_000_000
"""The most pixels that one node may draw."""


@dataclass
class World:
    """The environment of a run."""

    prompt: Prompt
    files: Mapping[str, Any]
    """The shapes of the input files by name, with content."""
    names: FileNames
    ui: Mapping[str, Any] | None = None
    """The editor's file for the graph."""
    saved: list[Artifact] = field(default_factory=list)
    renderer: Renderer = field(default_factory=Renderer)


@dataclass(frozen=True)
class Node:
    """One executed call of a node: its inputs, its outputs, and a place for its files."""

    call: Call
    outputs: tuple[Any, ...]
    key: str
    """Identifies the outputs of this call."""
    guessed: tuple[str, ...]
    world: World

    def __getitem__(self, name: str) -> Any:
        return self.call.inputs[name]

    def get(self, name: str, default: Any = None) -> Any:
        """An optional input."""
        return self.call.inputs.get(name, default)

    @property
    def nested(self) -> Mapping[str, Any]:
        """All inputs as rules get them, with dotted names as nested dictionaries."""
        return nested(self.call.inputs, self.call.schema)

    def letters(self) -> str:
        """Five letters for the name of a shown file."""
        return self.world.names.letters(self.key)

    def drawn(self, caption: str) -> Frames:
        """Placeholder pictures with a caption, for content that only a real run has."""
        return Frames(lambda _: (), lambda index, _: draw(512, 512, self.key, index, caption))

    def image(self, pictures: ImageShape | MaskShape, index: int) -> Image.Image:
        """One picture of a batch, drawn."""
        frames = content_of(pictures)
        self.afford(pictures)
        if frames is None:
            said = f"GUESSED for {self.call.class_type}"
            return draw(int(pictures.width), int(pictures.height), self.key, index, said)
        return self.world.renderer.frame(frames, index)

    def images(self, pictures: ImageShape | MaskShape) -> list[Image.Image]:
        """All pictures of a batch, drawn."""
        self.afford(pictures)
        return [self.image(pictures, index) for index in range(int(pictures.batch))]

    def afford(self, pictures: ImageShape | MaskShape) -> None:
        """Raise if these pixels would take too much memory."""
        width, height, count = int(pictures.width), int(pictures.height), int(pictures.batch)
        if width * height * count > MAX_PIXELS:
            raise self.fail(
                f"{count} x {width}x{height} are {width * height * count // 10**6} megapixels;"
                f" the simulator draws up to {MAX_PIXELS // 10**6}"
            )

    def save(
        self, kind: OutputKind, filename: str, content: bytes, *, subfolder: str = "", folder: str = "output"
    ) -> None:
        """Save a file, and mark its name as used."""
        self.world.names.take(folder, subfolder, filename)
        marks: dict[str, Any] = {"simulated": True, "guessed": self.guessed}
        self.world.saved.append(
            Artifact(self.call.node, kind, filename, subfolder, folder, read=lambda: content, **marks)
        )

    def say(self, text: str) -> None:
        """Report a text as output."""
        count = sum(artifact.node == self.call.node for artifact in self.world.saved)
        name = f"{self.call.node}_{count + 1:05}_.txt"
        self.world.saved.append(Artifact(self.call.node, "text", name, text=text, simulated=True, guessed=self.guessed))

    def fail(self, reason: str) -> ExecutionFailed:
        """The error of this node."""
        return failed(self.call, reason)


def failed(call: Call, reason: str) -> ExecutionFailed:
    """The error of a node."""
    return ExecutionFailed(
        f"{call.class_type} '{call.node}' failed: {reason}", node=call.node, class_type=call.class_type
    )
