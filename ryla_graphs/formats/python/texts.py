"""What a module holds beside its functions: imports, and constants for long texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ryla_graphs import sockets
from ryla_graphs.formats.python.layout import INDENT, Expression, fits, flat, width
from ryla_graphs.formats.python.literals import constant, literal
from ryla_graphs.formats.python.words import Names
from ryla_graphs.graph.node import AnyNode, Node

_LONG = 76
"""Text of this many columns and more becomes a constant."""
_STANDARD = ("collections.abc", "typing")


class Module:
    """The imports and constants of a module in the making."""

    def __init__(self) -> None:
        self.imported: dict[str, set[str]] = {"ryla_graphs": {"Workflow"}}
        self._constants: dict[str, tuple[str, Any]] = {}
        self._names = Names()

    def import_class(self, cls: type[Node]) -> None:
        """Import a node class; the bundled ones come from `ryla_graphs.nodes`."""
        bundled = "ryla_graphs" if cls is AnyNode else "ryla_graphs.nodes"
        module = bundled if cls.__module__.startswith("ryla_graphs.") else cls.__module__
        self.take(module, cls.__name__)

    def names(self) -> set[str]:
        """All names that are imported."""
        return set().union(*self.imported.values())

    def take(self, module: str, name: str) -> str:
        """Import a name."""
        self.imported.setdefault(module, set()).add(name)
        return name

    def source_of(self, wire_type: str) -> str:
        """The annotation of a wire: ``Source[Model]``."""
        self.take("ryla_graphs", "Source")
        known = sockets.BUILTIN.get(wire_type)
        name = self.take("typing", "Any") if known is None else self.take("ryla_graphs.sockets", known.__name__)
        return f"Source[{name}]"

    def value(self, value: Any, name: str) -> Expression:
        """A literal, or the constant of a text that is too long to stand among others."""
        found = literal(value)
        if isinstance(value, str) and width(flat(found)) >= _LONG:
            return self.constant(value, name)
        return found

    def constant(self, value: Any, name: str) -> str:
        """The constant that holds a value, named after what it is for."""
        key = repr(value)
        if key not in self._constants:
            self._constants[key] = self._names.take(re.sub(r"\W", "_", name).strip("_").upper() or "TEXT"), value
        return self._constants[key][0]

    def constants(self) -> Iterator[list[str]]:
        """The lines of each constant."""
        return ([*constant(name, value)] for name, value in self._constants.values())

    def import_lines(self) -> Iterator[str]:
        """The imports, sorted as `ruff` sorts them."""
        standard = [module for module in sorted(self.imported) if module in _STANDARD]
        own = [module for module in sorted(self.imported) if module.startswith("ryla_graphs")]
        others = [module for module in sorted(self.imported) if module not in (*standard, *own)]
        blocks = [block for block in (standard, own, others) if block]
        for place, block in enumerate(blocks):
            yield from [""] if place else []
            for module in block:
                yield from _import(module, sorted(self.imported[module], key=_import_order))


def _import(module: str, names: list[str]) -> Iterator[str]:
    line = f"from {module} import {', '.join(names)}"
    if fits(line):
        yield line
    else:
        yield from (f"from {module} import (", *(f"{INDENT}{name}," for name in names), ")")


def _import_order(name: str) -> tuple[int, list[tuple[int, str]]]:
    """Constants, classes, variables; numbers by their size."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    parts = (part for part in re.split(r"(\d+)", name.lower()) if part)
    return kind, [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
