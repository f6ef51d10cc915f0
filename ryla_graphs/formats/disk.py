"""The content of a file given by name: the only place in the pure rooms that reads the disk."""

from __future__ import annotations

import mmap
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from ryla_graphs.formats.embedded import Content
from ryla_graphs.problems import SourceUnreachable

_LARGE = 32 * 2**20
"""Files of this size or more are not read whole: only the metadata of a film or a checkpoint is needed."""


class FilePath(Protocol):
    """The path of a file, such as a `pathlib.Path`."""

    def __fspath__(self) -> str: ...


class Named(NamedTuple):
    """A content, and the name taken from its file."""

    content: Content
    name: str


def content_at(path: FilePath | str) -> Named:
    """The content of the file at a path; raises `SourceUnreachable` if it cannot be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a room without paths
            content: Content = file.read(_LARGE)
            if len(content) == _LARGE and file.seekable():
                content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceUnreachable(f"cannot read '{path}': {reason}") from error
    return Named(content, name_of(path))


def name_of(path: FilePath | str) -> str:
    """The name of a file without its folder and its endings.

    >>> name_of("graphs/fox.api.json.gz")
    'fox'
    """
    return re.split(r"[/\\]", str(path))[-1].split(".")[0] or "workflow"


def content_of(source: Any) -> tuple[Any, str | None]:
    """The content to read, and the name of its file if it came from one."""
    if isinstance(source, (bytes, Mapping)):
        return source, None
    if isinstance(source, str) and source.lstrip().startswith(("{", "[", "data:")):
        return source, None
    return content_at(source)
