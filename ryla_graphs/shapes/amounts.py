"""How much a graph makes: the output of every reached node in pixels, frames and seconds.

For limits and plans. A value that cannot be known before the run is `Unknown`, with bounds if there are any; it never
counts as one picture or as a usual size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ryla_graphs.shapes.evaluation import Shapes
from ryla_graphs.shapes.unknown import Number, Unknown
from ryla_graphs.shapes.values import AudioShape, ImageShape, LatentShape, MaskShape, Several, VideoShape

Kind = Literal["image", "mask", "latent", "video", "audio", "unknown"]


_PLAIN = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", "SIGMAS"})
"""Sockets that never carry pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """One output of a node: everything on its link together."""

    node: str
    class_type: str
    slot: int
    kind: Kind
    """`unknown` if not even the kind is known."""
    width: Number = 0
    """Of one picture, in pixels; for a latent, of the picture it decodes to. 0 if there is no picture."""
    height: Number = 0
    pictures: Number = 0
    """Pictures or frames of the whole batch and list."""
    seconds: Number = 0
    """Seconds of sound in the whole batch and list together."""

    @property
    def pixels(self) -> Any:
        """All pixels of all pictures."""
        return self.width * self.height * self.pictures


def amounts(shapes: Shapes) -> Iterator[Amount]:
    """What every node outputs: one row for each output that holds pictures, latents, frames or sound.

    >>> from ryla_graphs import catalogs
    >>> from ryla_graphs.prompt import Prompt
    >>> from ryla_graphs.shapes import evaluate
    >>> empty = {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 256, "batch_size": 4096}}
    >>> save = {"class_type": "SaveLatent", "inputs": {"samples": ["1", 0], "filename_prefix": "x"}}
    >>> [amount.pictures for amount in amounts(evaluate(Prompt({"1": empty, "2": save}, catalogs.bundled())))]
    [4096, 4096]
    """
    for node in shapes.values():
        for slot, wire in enumerate(node.outputs):
            values: list[Any] = wire if isinstance(wire, list) else [wire]
            # A list of pictures of different sizes is one row for each size.
            for value, times in _grouped(values):
                try:
                    facts = _facts(value, times, node.sockets[slot])
                except TypeError:  # a null or a text, if a rule passes on what the node was given
                    facts = _facts(Unknown("its size is no number"), times, node.sockets[slot])
                if facts is not None:
                    yield Amount(node=node.node, class_type=node.class_type, slot=slot, **facts)


def _grouped(values: list[Any]) -> Iterator[tuple[Any, Number]]:
    if len(values) == 1 and not isinstance(values[0], Several):
        yield values[0], 1  # the usual case, handled first because the general one is slow
        return
    found: dict[str, tuple[Any, int]] = {}
    for value in values:
        if isinstance(value, Several):
            yield value.item, value.count
        else:
            key = repr(value)
            found[key] = value, found.get(key, (value, 0))[1] + 1
    yield from found.values()


def _facts(value: Any, times: Number, socket: str) -> dict[str, Any] | None:
    match value:
        case ImageShape() | MaskShape():
            kind = "image" if isinstance(value, ImageShape) else "mask"
            return {"kind": kind, "width": value.width, "height": value.height, "pictures": value.batch * times}
        case LatentShape():
            if len(value.samples) < 4:
                return {"kind": "latent", "pictures": value.batch * times}
            pictures = value.batch * value.frames * times
            return {"kind": "latent", "width": value.width, "height": value.height, "pictures": pictures}
        case VideoShape():
            seconds = 0 if value.audio is None else value.audio.seconds * times
            sides = {"width": value.width, "height": value.height}
            return {"kind": "video", **sides, "pictures": value.frames * times, "seconds": seconds}
        case AudioShape():
            return {"kind": "audio", "seconds": value.seconds * value.batch * times}
        case Unknown() if socket not in _PLAIN:
            return {"kind": "unknown", "width": value, "height": value, "pictures": value * times, "seconds": value}
        case _:
            return None
