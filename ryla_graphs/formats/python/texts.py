"""What a module holds besides its functions: imports, and constants for long texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ryla_graphs import sockets
from ryla_graphs.formats.python.layout import INDENT, Expression, fits, flat, width
from ryla_graphs.formats.python.literals import constant, literal
from ryla_graphs.formats.python.words import Names, variable
from ryla_graphs.graph.any_node import AnyNode
from ryla_graphs.graph.node import Node

_LONG = 76
"""Text of this many columns or more becomes a constant."""
_STANDARD = ("collections.abc", "typing")
_ALWAYS = (("ryla_graphs", "Workflow"),)
_MAYBE = ("Any", "BrokenLink", "Literal", "Sequence", "Source", *(cls.__name__ for cls in sockets.BUILTIN.values()))


class Module:
    """The imports and constants of a module in the making."""

    def __init__(self) -> None:
        self._imported: dict[tuple[str, str], str] = {}
        """The local name of each import, by module and name."""
        self._names = Names()
        self._constants: dict[str, tuple[str, Any]] = {}
        for module, name in _ALWAYS:
            self.take(module, name)

    def import_class(self, cls: type[Node]) -> str:
        """Import a node class and return its name; bundled ones come from `ryla_graphs.nodes` or a pack below it."""
        module = cls.__module__
        if cls is AnyNode:
            module = "ryla_graphs"
        elif module.startswith("ryla_graphs.nodes.packs."):
            module = module.rpartition(".")[0]
        elif module.startswith("ryla_graphs."):
            module = "ryla_graphs.nodes"
        return self.take(module, cls.__name__)

    def names(self) -> list[str]:
        """All imported names, and some that may still be imported."""
        return [*self._imported.values(), *_MAYBE]

    def take(self, module: str, name: str) -> str:
        """Import a name; if it is already imported from another module, it gets a number here."""
        if (module, name) not in self._imported:
            self._imported[module, name] = self._names.take(name)
        return self._imported[module, name]

    def source_of(self, wire_type: str) -> str:
        """The annotation of a link: ``Source[Model]``."""
        known = sockets.BUILTIN.get(wire_type)
        name = self.take("typing", "Any") if known is None else self.take("ryla_graphs.sockets", known.__name__)
        return f"{self.take('ryla_graphs', 'Source')}[{name}]"

    def value(self, value: Any, name: str) -> Expression:
        """A literal, or a constant for a text that is too long to write inline."""
        found = literal(value)
        if isinstance(value, str) and width(flat(found)) >= _LONG:
            return self.constant(value, name)
        return found

    def constant(self, value: Any, name: str) -> str:
        """The constant that holds a value, named after what it is for."""
        key = repr(value)
        if key not in self._constants:
            wish = variable(name, "text").strip("_").upper()
            self._constants[key] = self._names.take(wish if wish.isidentifier() else "TEXT"), value
        return self._constants[key][0]

    def constants(self) -> Iterator[list[str]]:
        """The lines of each constant."""
        return ([*constant(name, value)] for name, value in self._constants.values())

    def import_lines(self) -> Iterator[str]:
        """The imports, sorted as `ruff` sorts them."""
        modules = sorted({module for module, _ in self._imported})
        blocks = ([module for module in modules if _block(module) == block] for block in range(3))
        for place, block in enumerate(filter(None, blocks)):
            yield from [""] if place else []
            for module in block:
                yield from self._import(module)

    def _import(self, module: str) -> Iterator[str]:
        names = sorted((name for of, name in self._imported if of == module), key=_import_order)
        written = [
            name if self._imported[module, name] == name else f"{name} as {self._imported[module, name]}"
            for name in names
        ]
        line = f"from {module} import {', '.join(written)}"
        if fits(line):
            yield line
        else:
            yield from (f"from {module} import (", *(f"{INDENT}{name}," for name in written), ")")


def _block(module: str) -> int:
    """Which import block a module belongs to: the standard library, this library, or the user's own code."""
    return 0 if module in _STANDARD else 1 if module.partition(".")[0] == "ryla_graphs" else 2


def _import_order(name: str) -> tuple[int, list[tuple[int, str]]]:
    """The sort key of a name: constants, classes, variables; numbers by their size."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    parts = (part for part in re.split(r"(\d+)", name.lower()) if part)
    return kind, [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
