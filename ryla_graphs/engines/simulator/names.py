"""Names files as ComfyUI does: a prefix with tokens, and a number that continues after existing files."""

from __future__ import annotations

import hashlib
import posixpath
import re
import threading
import time

from ryla_graphs.shapes.registry import NodeFails

_TOKEN = re.compile(r"%(width|height|year|month|day|hour|minute|second)%")
_DATE_FORMATS = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}
_BATCH = "%batch_num%"
_LETTERS = "abcdefghijklmnopqrstupvxyz"
"""The letters as in ComfyUI, which has one letter twice and lacks another."""


class FileNames:
    """The names in use in a server's folders, which outlive a run.

    >>> names = FileNames()
    >>> names.next("cats/x", ".png", (64, 64)), names.next("cats/x", ".png", (64, 64))
    (('x_00001_.png', 'cats'), ('x_00002_.png', 'cats'))
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._shown = 0
        self._lock = threading.Lock()

    def next(
        self, prefix: str, suffix: str, size: tuple[int, int], *, folder: str = "output", last: str = "_"
    ) -> tuple[str, str]:
        """Name and subfolder of the next file with a prefix. Raises `NodeFails` if the prefix leaves the folder."""
        (name,), subfolder = self.several(1, prefix, suffix, size, folder=folder, last=last, numbered=False)
        return name, subfolder

    def several(
        self,
        count: int,
        prefix: str,
        suffix: str,
        size: tuple[int, int],
        *,
        folder: str = "output",
        last: str = "_",
        numbered: bool = True,
    ) -> tuple[list[str], str]:
        """Names and subfolder of a batch of files, with the index in the name if the prefix has a token for it.

        `last` is inserted between number and suffix. Raises `NodeFails` if the prefix leaves the folder.
        """
        subfolder, stem = place(prefix, size)
        with self._lock:
            first = self._numbers.get((folder, subfolder, stem), 0) + 1
            names = [
                f"{stem.replace(_BATCH, str(index)) if numbered else stem}_{first + index:05}{last}{suffix}"
                for index in range(count)
            ]
            for name in names:
                self._take(folder, subfolder, name)
        return names, subfolder

    def take(self, folder: str, subfolder: str, name: str) -> None:
        """Record a file with a given name, so that the numbers of similar names continue after it."""
        with self._lock:
            self._take(folder, subfolder, name)

    def _take(self, folder: str, subfolder: str, name: str) -> None:
        # 'a_1_00005_.png' is number 5 of the prefix 'a_1', and number 1 of the prefix 'a'.
        for found in re.finditer("_", name):
            number = re.match(r"[+-]?\d+(?=[_.]|$)", name[found.end() :])
            key = folder, subfolder, name[: found.start()]
            self._numbers[key] = max(self._numbers.get(key, 0), int(number[0]) if number else 0)

    def letters(self, key: str) -> str:
        """Five letters for the name of a shown file, different each time."""
        with self._lock:
            self._shown += 1
            return _letters(f"{key}#{self._shown}")

    def hexadecimal(self, key: str) -> str:
        """32 hexadecimal digits for the name of a shown file, different each time."""
        return hashlib.sha256(self.letters(key).encode() + key.encode()).hexdigest()[:32]


def _letters(text: str) -> str:
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in hashlib.sha256(text.encode()).digest()[:5])


def letters_of(node: str) -> str:
    """The letters of a node that uses the same ones in every call."""
    return _letters(node)


def place(prefix: str, size: tuple[int, int] = (0, 0)) -> tuple[str, str]:
    """Subfolder and stem of a prefix, with tokens replaced. Raises `NodeFails` if it leaves the output folder.

    >>> place("a/../%width%/x", (64, 32))
    ('64', 'x')
    """
    sides = {"width": str(size[0]), "height": str(size[1])}
    named = _TOKEN.sub(lambda token: sides.get(token[1]) or time.strftime(_DATE_FORMATS[token[1]]), prefix)
    subfolder, stem = posixpath.split(posixpath.normpath(named))
    if _leaves(subfolder):
        raise NodeFails(f"the prefix {prefix!r} leaves the output folder")
    return subfolder, stem


def folder_within(name: str) -> str:
    """A folder below the output folder. Raises `NodeFails` if it is elsewhere."""
    path = posixpath.normpath(name)
    if _leaves(path):
        raise NodeFails(f"the folder {name!r} is not within the output folder")
    return "" if path == "." else path


def _leaves(path: str) -> bool:
    return path.startswith("/") or path.partition("/")[0] == ".."
