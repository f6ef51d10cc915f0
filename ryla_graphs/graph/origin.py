"""`Origin`: where a node comes from, and its names."""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any, NamedTuple


class Origin(NamedTuple):
    """Where a node comes from, and what it is called."""

    code: CodeType | str | None = None
    """The code that made it; `file:line` as text if the node was pickled."""
    instruction: int = -1
    name: str | None = None
    title: str | None = None
    scope: tuple[str, ...] = ()
    """The parts of a composed graph that contain the node, outermost first; its id begins with them."""
    original: Any = None
    """The node this one was copied from."""
    leftovers: tuple[tuple[str, Any], ...] = ()
    """What the editor stored among the inputs of a node that was read: no server uses it, but it is kept unchanged."""

    @property
    def source(self) -> str | None:
        """`file:line` of the call that made the node; paths of our own files, such as presets, start at the package."""
        if self.code is None or isinstance(self.code, str):
            return self.code
        file = self.code.co_filename
        if file.startswith(_US):
            file = file.removeprefix(_ABOVE_US)
        for start, end, line in self.code.co_lines():
            if start <= self.instruction < end:
                return f"{file}:{line}"
        return f"{file}:{self.code.co_firstlineno}"


_ABOVE_US = __file__.removesuffix(__name__.replace(".", "/") + ".py")
"""The folder that contains the package. Servers' answers name our files, and must not reveal that folder."""
_US = _ABOVE_US + __name__.partition(".")[0]


UNNAMED = 2
"""The length of the `_origin` of a node without a name or scope, which holds only its line of code."""


def caller(depth: int = 1) -> Origin:
    """The line that called the function that calls this one; `depth` counts further callers."""
    frame = sys._getframe(depth + 1)
    return Origin(frame.f_code, frame.f_lasti)
