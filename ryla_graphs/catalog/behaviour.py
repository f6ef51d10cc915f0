"""How a node class behaves: what ``/object_info`` does not say, and ComfyUI's server or the class itself does."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cached_property
from typing import Literal

from ryla_graphs import sockets
from ryla_graphs.catalog.facts import Facts

Rule = Literal["anything", "input file", "file path", "image folder", "aspect ratio", "unknown"]


class Validator(Facts):
    """What a node class checks in Python of its own.

    Inputs that such a validator takes are exempt from the server's range and choice checks.
    """

    inputs: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    """Those of `inputs` that the validator can do without."""
    takes_all: bool = False
    link_types: bool = False
    """The validator looks at the types of incoming wires itself, so the server does not."""
    needs_links: tuple[str, ...] = ()
    """Inputs without whose wire the validator breaks."""
    hidden: tuple[str, ...] = ()
    """Hidden inputs that a failure is also reported for."""
    rule: Rule = "unknown"
    empty_is_fine: bool = False

    def takes(self, name: str) -> bool:
        """Whether the validator looks at this input, so that the server does not."""
        return self.takes_all or name in self.inputs


class DynamicInputs(Facts):
    """Inputs that a class takes beside the declared ones, known by the pattern of their names."""

    pattern: str
    """A regular expression that the whole name matches."""
    type: str = sockets.ANY
    """The socket type of their wires, such as ``IMAGE`` or ``IMAGE,MASK``."""
    values: bool = False
    """Whether they may be values; else the server drops those, and only wires count."""
    start: int | None = None
    """The number of the first, where the names are numbered."""
    count: str | None = None
    """The input that says how many there are."""

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def has(self, name: str) -> bool:
        """Whether an input of this name is one of them."""
        return self._names.fullmatch(name) is not None


class Undeclared(StrEnum):
    """What becomes of an input that a class does not declare."""

    TAKEN = "taken"
    """The node gets it and uses it."""
    LEFTOVER = "leftover"
    """The editor writes it into every prompt, for itself; the server drops it and nothing is lost."""
    DROPPED = "dropped"
    """The server drops the value without a word."""
    BREAKS = "breaks"
    """The server hands the wire to a function that does not take it, which raises `TypeError` when it runs."""
    UNKNOWN = "unknown"
    """The class is not examined yet."""


class Behaviour(Facts):
    """Facts about a node class that ``/object_info`` does not tell."""

    validator: Validator | None = None
    impure: bool = False
    """Equal inputs need not give equal outputs: two such nodes are never one."""
    any_input_names: bool = False
    """The class takes values under any name."""
    takes_extra_wires: bool | None = None
    """Whether a wire under an undeclared name reaches the node's function; None if the class is not examined yet."""
    dynamic_inputs: tuple[DynamicInputs, ...] = ()
    editor_leftovers: frozenset[str] = frozenset()
    """Names that the editor writes into prompts beside the inputs: its buttons and previews."""
    grows_outputs: bool = False
    """The class answers for any output slot, so a slot that it does not list is no mistake."""
