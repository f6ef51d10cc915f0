"""Reads what a docstring says about a function and its parameters: Google style, NumPy style, ``:param name:``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass

_ARGUMENTS = re.compile(r"(Args|Arguments|Params|(Other )?Parameters)\s*:?\s*$")
_RULE = re.compile(r"-{3,}\s*$")
_OTHER = re.compile(r"(Returns?|Yields?|Raises|Examples?|Notes?|Warnings?|See Also|References|Todo):\s*$")
_ROW = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_NUMPY_ROW = re.compile(r"\*{0,2}(\w+)\s*(?::.*)?()$")
_FIELD = re.compile(r":param\s+(?:[^:]*\s)?(\w+)\s*:\s*(.*)$")
_OTHER_FIELD = re.compile(r":(type|returns?|rtype|raises?)\b[^:]*:")


@dataclass(frozen=True, slots=True)
class Documented:
    """A parsed docstring."""

    text: str
    """The description of the function: everything except the sections."""
    parameters: Mapping[str, str]
    """The description of each parameter."""


def documented(docstring: str | None) -> Documented:
    """Parse a docstring.

    >>> documented("A portrait.\\n\\nArgs:\\n    face (str): Whose it is,\\n        in a picture.").parameters
    {'face': 'Whose it is, in a picture.'}
    """
    reader = _Reader()
    lines = inspect.cleandoc(docstring or "").splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        reader.take(line, ruled=bool(_RULE.match(following)))
    return Documented("\n".join(reader.text).strip(), {name: text.strip() for name, text in reader.rows.items()})


class _Reader:
    """Goes through the lines and tracks which section it is in."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.rows: dict[str, str] = {}
        self._row: re.Pattern[str] | None = None
        """How the section begins a parameter; None in a section about something else."""
        self._inside = False
        self._indented: int | None = None
        """How far the parameters of a section are indented, as its first line says."""
        self._name: str | None = None

    def take(self, line: str, *, ruled: bool) -> None:
        if _RULE.match(line):
            return
        if match := _FIELD.match(line):
            self._begin(None, 0)
            self._add(match)
        elif ruled or _OTHER.match(line) or (_ARGUMENTS.match(line) and line.rstrip().endswith(":")):
            rows = (_NUMPY_ROW if ruled else _ROW) if _ARGUMENTS.match(line) else None
            self._begin(rows, 0 if ruled else None)
        elif _OTHER_FIELD.match(line):
            self._begin(None, 0)
        elif self._inside and self._indented is None and line.strip() and not line[0].isspace():
            self._inside = False  # Google's section has ended, and the text goes on
            self.text.append(line)
        elif self._inside:
            self._in_section(line)
        else:
            self.text.append(line)

    def _begin(self, row: re.Pattern[str] | None, indented: int | None) -> None:
        self._inside, self._row, self._indented, self._name = True, row, indented, None

    def _in_section(self, line: str) -> None:
        deep = len(line) - len(line.lstrip())
        if line.strip() and self._indented is None:
            self._indented = deep
        match = self._row.match(line.strip()) if self._row is not None and deep == self._indented else None
        if match:
            self._add(match)
        elif self._indented and line.strip() and deep == 0:
            self._inside = False
            self.text.append(line)
        elif self._name is not None and line.strip():
            self.rows[self._name] += f" {line.strip()}"

    def _add(self, match: re.Match[str]) -> None:
        self._name = match[1]
        self.rows[match[1]] = match[2]
