"""How a node class behaves: what the server and the class do that ``/object_info`` does not say."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cached_property
from typing import Literal

from ryla_graphs import sockets
from ryla_graphs.catalog.facts import Facts

Rule = Literal["anything", "input file", "file path", "image folder", "aspect ratio", "unknown"]


class Validator(Facts):
    """What a node class checks with Python code of its own.

    The server skips its range and choice checks for inputs that such a validator takes.
    """

    inputs: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    """The members of `inputs` that the validator does not require."""
    takes_all: bool = False
    link_types: bool = False
    """The validator looks at the types of incoming links itself, so the server does not."""
    needs_links: tuple[str, ...] = ()
    """Inputs that must be linked, or the validator crashes."""
    hidden: tuple[str, ...] = ()
    """Hidden inputs for which the server reports a failure too."""
    rule: Rule = "unknown"
    empty_is_fine: bool = False

    def takes(self, name: str) -> bool:
        """Whether the validator looks at this input, so that the server does not."""
        return self.takes_all or name in self.inputs


class DynamicInputs(Facts):
    """Inputs that a class takes besides the declared ones, recognised by a pattern of their names."""

    pattern: str
    """A regular expression that must match the whole name."""
    type: str = sockets.ANY
    """The socket type of their links, such as ``IMAGE`` or ``IMAGE,MASK``."""
    values: bool = False
    """Whether they may hold values; if not, the server drops values and only links count."""
    start: int | None = None
    """The number of the first input, if the names are numbered."""
    count: str | None = None
    """The input that holds their number."""

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def has(self, name: str) -> bool:
        """Whether an input of this name is one of them."""
        return self._names.fullmatch(name) is not None


class Undeclared(StrEnum):
    """What happens to an input that a class does not declare."""

    TAKEN = "taken"
    """The node receives and uses it."""
    LEFTOVER = "leftover"
    """The editor writes it into every prompt for its own use; the server drops it and nothing is lost."""
    DROPPED = "dropped"
    """The server silently drops the value."""
    BREAKS = "breaks"
    """The server passes the link to a function without such a parameter, which raises `TypeError` when it runs."""
    UNKNOWN = "unknown"
    """The class has not been examined."""


class Behaviour(Facts):
    """Facts about a node class that ``/object_info`` does not report."""

    validator: Validator | None = None
    impure: bool = False
    """Equal inputs may give different outputs, so two such nodes are never merged."""
    any_input_names: bool = False
    """The class takes values under any name."""
    takes_extra_wires: bool | None = None
    """Whether a link under an undeclared name reaches the node's function; None if the class has not been examined."""
    dynamic_inputs: tuple[DynamicInputs, ...] = ()
    editor_leftovers: frozenset[str] = frozenset()
    """Names that the editor writes into prompts besides the inputs: its buttons and previews."""
    grows_outputs: bool = False
    """The class accepts any output slot, so a link from a slot that it does not list is no mistake."""
