"""Lazy pixels: frames know what they are drawn from, and are only drawn when something reads or saves them.

A chain of nodes is a chain of frames. They are drawn one after the other, however long the chain is, and old ones are
dropped when there are too many. So memory depends on what is read, not on what the graph describes.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

Source = tuple["Frames", int]
"""One frame of a batch."""

_KEPT_PIXELS = 48_000_000


@dataclass(frozen=True, eq=False, slots=True)
class Frames:
    """The pictures or masks of one batch: modes ``RGB``, ``RGBA`` and ``L``."""

    sources: Callable[[int], Sequence[Source]]
    """The frames that a frame is drawn from."""
    draw: Callable[[int, Sequence[Image.Image]], Image.Image]
    """Draws a frame, given its number and the frames that it is drawn from."""


def fixed(images: Sequence[Image.Image]) -> Frames:
    """Frames that are drawn already; the last one repeats."""
    return Frames(lambda _: (), lambda index, _: images[min(index, len(images) - 1)])


class Renderer:
    """Draws frames, and caches the latest ones."""

    def __init__(self, kept_pixels: int = _KEPT_PIXELS) -> None:
        self._kept: OrderedDict[Source, Image.Image] = OrderedDict()
        self._pinned: Counter[Source] = Counter()
        self._pixels = 0
        self._most = kept_pixels

    def frame(self, frames: Frames, index: int) -> Image.Image:
        """Draw one frame, and first everything that it is drawn from."""
        goal = (frames, index)
        opened: dict[Source, Sequence[Source]] = {}
        stack = [goal]
        while stack:
            current = stack[-1]
            if current in self._kept:
                self._kept.move_to_end(current)
                stack.pop()
            elif current not in opened:
                opened[current] = current[0].sources(current[1])
                self._pinned.update(opened[current])
                stack += [source for source in opened[current] if source not in self._kept]
            else:
                sources = opened.pop(current)
                self._keep(current, current[0].draw(current[1], [self._kept[source] for source in sources]))
                self._pinned.subtract(sources)
                stack.pop()
        image = self._kept[goal]
        self._pinned.clear()
        return image

    def _keep(self, source: Source, image: Image.Image) -> None:
        self._kept[source] = image
        self._pixels += image.width * image.height
        if self._pixels > self._most:
            for old in [kept for kept in self._kept if kept != source and not self._pinned[kept]]:
                gone = self._kept.pop(old)
                self._pixels -= gone.width * gone.height
                if self._pixels <= self._most:
                    break


def content_of(value: Any) -> Frames | None:
    """The frames of a picture or mask, if it has any."""
    content = getattr(value, "content", None)
    return content if isinstance(content, Frames) else None
