"""What is known about a node class: its inputs, its outputs, and how it behaves.

`ryla_graphs.catalog.parsing` reads these facts from a server's answer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Literal

from ryla_graphs import sockets
from ryla_graphs.catalog.behaviour import Behaviour, DynamicInputs, Undeclared
from ryla_graphs.catalog.facts import Facts, Json, hashable


class Kind(StrEnum):
    """How an input is given."""

    INT = "int"
    FLOAT = "float"
    STRING = "string"
    BOOLEAN = "boolean"
    COMBO = "combo"
    SOCKET = "socket"
    """By a link only: MODEL, IMAGE, ``*``, …"""
    DYNAMIC_COMBO = "dynamic combo"
    """A choice that adds inputs of its own, written with dotted names: ``resize_type.width``."""
    AUTOGROW = "autogrow"
    """Any number of links, written with dotted names: ``images.image0``."""


_FILE_NAME = re.compile(r"\.[A-Za-z]\w{1,11}$")
_HAVE_VALUES = frozenset({sockets.ANY, "INT", "FLOAT", "STRING", "BOOLEAN"})
_CORE_MODULES = ("nodes", "comfy_extras", "comfy_api_nodes")

EDITOR_LEFTOVERS = frozenset({"choose file to upload", "control_after_generate", "speak_and_recognation", "upload"})
"""Names that the editor, or an older version of it, writes into prompts for nodes of any class."""


class InputSpec(Facts):
    """One input of a node class."""

    name: str
    """The name in the JSON, dotted if a dynamic input adds it."""
    key: str
    """The last part of `name`."""
    type: str
    """ComfyUI's type string; an old-style list of options is ``"COMBO"`` with `listed` set."""
    kind: Kind
    required: bool
    default: Json = None
    has_default: bool = False
    min: int | float | None = None
    max: int | float | None = None
    step: int | float | None = None
    round: int | float | None = None
    choices: tuple[Json, ...] = ()
    open: bool = False
    """The choices are one machine's own (weights, input files), so the list says nothing about other machines."""
    folders: tuple[str, ...] = ()
    """The folders that the choices are listed from: folders below ``models``, or ``input``, ``output``."""
    added_choices: Mapping[str, str] = {}
    """Choices that only servers with a certain pack offer, and the repository of that pack."""
    listed: bool = False
    multiselect: bool = False
    force_input: bool = False
    socketless: bool = False
    multiline: bool = False
    dynamic_prompts: bool = False
    """The editor replaces each ``{a|b}`` in the text with one of its choices before it sends the text."""
    widget_type: str | None = None
    """The type of the editor's widget if it differs from `type`: PAINTER on a STRING, FLOAT on ``FLOAT,INT``."""
    control_after_generate: bool = False
    upload: Literal["image", "video", "audio", "file"] | None = None
    match: str | None = None
    """The name of the V3 match group: all links of a group carry the same type."""
    match_types: str = sockets.ANY
    """The types that a match group may carry."""
    options: tuple[Option, ...] = ()
    slots: tuple[InputSpec, ...] = ()
    """The links an autogrow input can take, in order; the first `min` of them are required."""
    slot_prefix: str | None = None

    @cached_property
    def wire_type(self) -> sockets.WireType:
        """The type that the checks compare an incoming link with."""
        return tuple(map(hashable, self.choices)) if self.listed else self.type

    @cached_property
    def text_choices(self) -> frozenset[str] | None:
        """The choices as a set, if all of them are text."""
        return frozenset(self.choices) if all(isinstance(c, str) for c in self.choices) else None

    @property
    def is_wire_only(self) -> bool:
        """Whether only a link makes sense here: a socket type that no widget of the editor can fill."""
        typed = self.type != sockets.MATCH and sockets.members(self.type).isdisjoint(_HAVE_VALUES)
        typed = typed and not sockets.is_widget(self.type)
        return self.kind is Kind.SOCKET and typed and not self.has_default and not self.socketless

    @cached_property
    def plainly_fits(self) -> Callable[[Json], bool]:
        """A quick check: true only for values that need no conversion and break no rule."""
        low = -math.inf if self.min is None else self.min
        high = math.inf if self.max is None else self.max
        if self.kind is Kind.INT:
            return lambda value: type(value) is int and low <= value <= high
        if self.kind is Kind.FLOAT:
            return lambda value: type(value) is float and low <= value <= high
        if self.kind is Kind.COMBO and not self.open:
            choices = self.text_choices or frozenset()
            return lambda value: type(value) is str and value in choices
        plain = bool if self.kind is Kind.BOOLEAN else str
        return lambda value: type(value) is plain and self.min is None and self.max is None

    @cached_property
    def limits(self) -> tuple[int | float | None, int | float | None]:
        """Minimum and maximum in the input's own type; if no float equals one exactly, the nearest float inside."""
        if self.kind is Kind.INT:
            return (
                None if self.min is None else math.ceil(self.min),
                None if self.max is None else math.floor(self.max),
            )
        low = None if self.min is None else float(self.min)
        high = None if self.max is None else float(self.max)
        if low is not None and self.min is not None and low < self.min:
            low = math.nextafter(low, math.inf)
        if high is not None and self.max is not None and high > self.max:
            high = math.nextafter(high, -math.inf)
        return low, high

    @cached_property
    def lists_files(self) -> bool:
        """Whether the choices are files of a machine."""
        return self.open or any(isinstance(choice, str) and _FILE_NAME.search(choice) for choice in self.choices)

    @cached_property
    def initial(self) -> Json:
        """The value the editor starts with, as a Python value; None if there is none that the server accepts.

        A list of choices without a default starts with its first choice. A list of files does not: the order of
        a folder must not decide which weights to load.
        """
        value = self.default
        if self.kind is Kind.COMBO and not self.has_default and self.choices and not self.lists_files:
            value = self.choices[0]
        if self.kind is Kind.COMBO:
            return value if self.open or value in self.choices else None
        if self.kind is Kind.FLOAT and type(value) is int:
            value = float(value)
        elif self.kind is Kind.INT and type(value) is float and value.is_integer():
            value = int(value)
        if self.kind in (Kind.SOCKET, Kind.DYNAMIC_COMBO, Kind.AUTOGROW):
            return None if self.is_wire_only else value
        return value if self.plainly_fits(value) else None

    def accepts(self, received: sockets.WireType) -> bool:
        """Whether a link of this type fits. An open list of options fits every list of options."""
        if self.open and isinstance(received, tuple):
            return True
        return sockets.accepts(self.wire_type, received)


class KnownInputs(dict[str, InputSpec]):
    """The inputs of a class for certain values, by their names in the JSON, and the groups that rules check."""

    @cached_property
    def stepped(self) -> Mapping[str, InputSpec]:
        """The inputs whose values should lie on a grid of steps."""
        return {
            name: spec
            for name, spec in self.items()
            if (spec.kind is Kind.INT and (spec.step or 0) > 1)
            or (spec.kind is Kind.FLOAT and (spec.round or spec.step or 0) > 0)
        }

    @cached_property
    def wire_only(self) -> Mapping[str, InputSpec]:
        """The inputs that only a link can fill, because no widget of the editor has their type."""
        return {name: spec for name, spec in self.items() if spec.is_wire_only}

    @cached_property
    def matched(self) -> Mapping[str, InputSpec]:
        """The inputs in a match group."""
        return {name: spec for name, spec in self.items() if spec.match is not None}


class Option(Facts):
    """One choice of a dynamic combo and the inputs it adds."""

    key: Json
    inputs: tuple[InputSpec, ...]


class OutputSpec(Facts):
    """One output slot of a node class."""

    name: str
    type: sockets.WireType
    is_list: bool = False
    match: str | None = None


class NodeSchema(Facts):
    """One node class."""

    class_type: str
    display_name: str
    category: str
    module: str
    """The Python module the server loaded the class from: ``nodes``, ``custom_nodes.<pack>``, …"""
    inputs: tuple[InputSpec, ...]
    outputs: tuple[OutputSpec, ...]
    output_node: bool
    input_is_list: bool = False
    hidden: Mapping[str, str] = {}
    """What the server fills in itself, by input name: ``{"unique_id": "UNIQUE_ID"}``."""
    deprecated: bool = False
    experimental: bool = False
    api_node: bool = False
    behaviour: Behaviour = Behaviour()
    known_behaviour: bool = False
    """Whether `behaviour` is known; if not, nothing may be concluded from it."""

    @cached_property
    def is_dynamic(self) -> bool:
        """Whether the set of inputs depends on the values given."""
        return any(spec.kind in (Kind.DYNAMIC_COMBO, Kind.AUTOGROW) for spec in self.inputs)

    @property
    def is_pure(self) -> bool:
        """Whether the server is known to treat equal nodes as one, and to run them once.

        ComfyUI caches a node's result by its class and everything upstream of it, unless the class takes its own id
        as an input or declares that its result differs each time.
        """
        known = self.known_behaviour or self.module.partition(".")[0] in _CORE_MODULES
        return known and not self.behaviour.impure and "UNIQUE_ID" not in self.hidden.values()

    @property
    def any_input_names(self) -> bool:
        """Whether the class takes values under any name."""
        return self.behaviour.any_input_names

    @property
    def dynamic_inputs(self) -> tuple[DynamicInputs, ...]:
        """The inputs it takes besides the declared ones, recognised by a pattern of their names."""
        return self.behaviour.dynamic_inputs

    @property
    def editor_leftovers(self) -> frozenset[str]:
        """The names that the editor writes into prompts besides the inputs."""
        return self.behaviour.editor_leftovers

    def undeclared(self, name: str, *, wired: bool) -> Undeclared:
        """What happens to an input that the class does not declare, given as a link or as a value."""
        behaviour = self.behaviour
        if name in self.hidden or behaviour.any_input_names:
            return Undeclared.TAKEN
        if any(dynamic.has(name) and (wired or dynamic.values) for dynamic in behaviour.dynamic_inputs):
            return Undeclared.TAKEN
        if not wired:
            if name in behaviour.editor_leftovers or name in EDITOR_LEFTOVERS:
                return Undeclared.LEFTOVER
            return Undeclared.DROPPED if self.known_behaviour else Undeclared.UNKNOWN
        if behaviour.takes_extra_wires is None:
            return Undeclared.UNKNOWN
        return Undeclared.TAKEN if behaviour.takes_extra_wires else Undeclared.BREAKS

    @cached_property
    def slots(self) -> tuple[tuple[int, sockets.WireType, str], ...]:
        """The number, type and name of each output."""
        return tuple((slot, output.type, output.name.lower()) for slot, output in enumerate(self.outputs))

    @cached_property
    def list_slots(self) -> frozenset[int]:
        """The outputs that are lists."""
        return frozenset(slot for slot, output in enumerate(self.outputs) if output.is_list)

    @cached_property
    def output_types(self) -> tuple[sockets.WireType, ...]:
        return tuple(output.type for output in self.outputs)

    @cached_property
    def growing(self) -> tuple[str, ...]:
        """The prefixes of the slot names of autogrow inputs."""
        return tuple(f"{spec.name}." for spec in self.every_input() if spec.kind is Kind.AUTOGROW)

    @cached_property
    def _expansions(self) -> dict[tuple[Json, ...], KnownInputs]:
        return {}

    def flat_inputs(self, given: Mapping[str, Json]) -> KnownInputs:
        """The inputs as the server sees them for these values, by their names in the JSON.

        The chosen options of dynamic combos and all slots of autogrow inputs are expanded. A dynamic
        combo that is missing or has an unknown choice disappears, as it does on the server.
        """
        chosen = tuple(_chosen(self.inputs, given)) if self.is_dynamic else ()
        if (flat := self._expansions.get(chosen)) is None:
            flat = self._expansions[chosen] = KnownInputs((spec.name, spec) for spec in _flatten(self.inputs, given))
        return flat

    def every_input(self) -> Iterator[InputSpec]:
        """All inputs that any choice of values could add."""
        stack = list(reversed(self.inputs))
        while stack:
            spec = stack.pop()
            yield spec
            stack += reversed([sub for option in spec.options for sub in option.inputs])
            stack += reversed(spec.slots)


def _option(spec: InputSpec, given: Mapping[str, Json]) -> Option | None:
    if spec.name not in given:
        return None
    key = given[spec.name]
    return next((option for option in spec.options if option.key == key), None)


def _chosen(specs: Iterable[InputSpec], given: Mapping[str, Json]) -> Iterator[Json]:
    for spec in specs:
        if spec.kind is Kind.DYNAMIC_COMBO:
            option = _option(spec, given)
            yield spec.name, option and option.key
            if option is not None:
                yield from _chosen(option.inputs, given)


def _flatten(specs: Iterable[InputSpec], given: Mapping[str, Json]) -> Iterator[InputSpec]:
    for spec in specs:
        if spec.kind is Kind.AUTOGROW:
            yield from spec.slots
        elif spec.kind is Kind.DYNAMIC_COMBO:
            if (option := _option(spec, given)) is not None:
                yield spec
                yield from _flatten(option.inputs, given)
        else:
            yield spec
