"""What a ComfyUI server says of its nodes (``GET /object_info``), parsed once.

`Catalog` maps class types to `NodeSchema`; a live server, a file and the bundled catalogs give the same
kind of value. Entries are parsed when they are first asked for, so a catalog of 1,600 classes costs only
the few that a graph uses.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from ryla_graphs import sockets
from ryla_graphs.errors import InvalidDocument, NotFound

Json = Any
"""A value as `json.loads` gives it."""


class Kind(StrEnum):
    """How an input is given."""

    INT = "int"
    FLOAT = "float"
    STRING = "string"
    BOOLEAN = "boolean"
    COMBO = "combo"
    SOCKET = "socket"
    """By a wire only: MODEL, IMAGE, ``*``, …"""
    DYNAMIC_COMBO = "dynamic combo"
    """A choice that brings inputs of its own, written with dotted names: ``resize_type.width``."""
    AUTOGROW = "autogrow"
    """As many wires as one likes, written with dotted names: ``images.image0``."""


_KINDS = {
    "INT": Kind.INT,
    "FLOAT": Kind.FLOAT,
    "STRING": Kind.STRING,
    "BOOLEAN": Kind.BOOLEAN,
    sockets.COMBO: Kind.COMBO,
    sockets.DYNAMIC_COMBO: Kind.DYNAMIC_COMBO,
    sockets.AUTOGROW: Kind.AUTOGROW,
}
_CORE_MODULES = ("nodes", "comfy_extras", "comfy_api_nodes")
WIDGETS = frozenset({Kind.INT, Kind.FLOAT, Kind.STRING, Kind.BOOLEAN, Kind.COMBO})


class _Facts(BaseModel, frozen=True, extra="forbid", arbitrary_types_allowed=True):
    pass


class InputSpec(_Facts):
    """One input of a node class."""

    name: str
    """The name on the wire, dotted where a dynamic input brings it."""
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
    """The choices are a machine's own (weights, input files), so the list says nothing about others."""
    listed: bool = False
    multiselect: bool = False
    force_input: bool = False
    socketless: bool = False
    multiline: bool = False
    control_after_generate: bool = False
    upload: Literal["image", "video", "audio", "file"] | None = None
    match: str | None = None
    """The name of the V3 match group: all wires of one group carry one type."""
    match_types: str = sockets.ANY
    """The types that a match group may carry."""
    options: tuple[Option, ...] = ()
    slots: tuple[InputSpec, ...] = ()
    """The wires an autogrow input can take, in order; the first `min` of them are required."""
    slot_prefix: str | None = None

    @cached_property
    def wire_type(self) -> sockets.WireType:
        """The type that a wire into this input is compared with."""
        return tuple(map(_hashable, self.choices)) if self.listed else self.type

    @cached_property
    def text_choices(self) -> frozenset[str] | None:
        """The choices as a set, where all are text."""
        return frozenset(self.choices) if all(isinstance(c, str) for c in self.choices) else None

    @property
    def is_wire_only(self) -> bool:
        """Whether only a wire makes sense here: a socket type that no widget of the editor can fill."""
        typed = self.type != sockets.MATCH and sockets.ANY not in sockets.members(self.type)
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

    def accepts(self, received: sockets.WireType) -> bool:
        """Whether a wire of this type fits; an open list of options fits every list of options."""
        if self.open and isinstance(received, tuple):
            return True
        return sockets.accepts(self.wire_type, received)


class KnownInputs(dict[str, InputSpec]):
    """The inputs of a class for certain values, by wire name, and the groups that rules look at."""

    @cached_property
    def stepped(self) -> Mapping[str, InputSpec]:
        """Those with a grid that their values should lie on."""
        return {
            name: spec
            for name, spec in self.items()
            if (spec.kind is Kind.INT and (spec.step or 0) > 1)
            or (spec.kind is Kind.FLOAT and (spec.round or spec.step or 0) > 0)
        }

    @cached_property
    def wire_only(self) -> Mapping[str, InputSpec]:
        """Those that only a wire can fill: a socket type that no widget of the editor has."""
        return {name: spec for name, spec in self.items() if spec.is_wire_only}

    @cached_property
    def matched(self) -> Mapping[str, InputSpec]:
        """Those in a match group."""
        return {name: spec for name, spec in self.items() if spec.match is not None}


class Option(_Facts):
    """One choice of a dynamic combo and the inputs it brings."""

    key: Json
    inputs: tuple[InputSpec, ...]


class OutputSpec(_Facts):
    """One output slot of a node class."""

    name: str
    type: sockets.WireType
    is_list: bool = False
    match: str | None = None


class Validator(_Facts):
    """What a node class checks in Python of its own, which ``/object_info`` does not tell.

    Inputs that such a validator takes are exempt from the server's range and choice checks.
    """

    inputs: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    """Those of `inputs` that the validator can do without."""
    takes_all: bool = False
    link_types: bool = False
    """The validator looks at the types of incoming wires itself, so the server does not."""
    hidden: tuple[str, ...] = ()
    """Hidden inputs that a failure is also reported for."""
    rule: Literal["anything", "input file", "file path", "image folder", "unknown"] = "unknown"
    empty_is_fine: bool = False

    def takes(self, name: str) -> bool:
        return self.takes_all or name in self.inputs


class Behaviour(_Facts):
    """Facts about a node class that ``/object_info`` does not tell."""

    validator: Validator | None = None
    impure: bool = False
    """Equal inputs need not give equal outputs: two such nodes are never one."""
    accepts: Mapping[str, str] = {}
    """Inputs whose type string on the server is wider than the one it shows."""


class NodeSchema(_Facts):
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
    hidden: tuple[str, ...] = ()
    deprecated: bool = False
    experimental: bool = False
    api_node: bool = False
    behaviour: Behaviour = Behaviour()
    known_behaviour: bool = False
    """Whether `behaviour` is a fact; where it is not, nothing may be concluded from it."""

    @cached_property
    def is_dynamic(self) -> bool:
        """Whether the set of inputs depends on the values given."""
        return any(spec.kind in (Kind.DYNAMIC_COMBO, Kind.AUTOGROW) for spec in self.inputs)

    @property
    def is_pure(self) -> bool:
        """Whether equal inputs are known to give equal outputs."""
        return not self.behaviour.impure and (self.known_behaviour or self.module in _CORE_MODULES)

    @cached_property
    def slots(self) -> tuple[tuple[int, sockets.WireType, str], ...]:
        """Number, type and name of each output."""
        return tuple((slot, output.type, output.name.lower()) for slot, output in enumerate(self.outputs))

    @cached_property
    def output_types(self) -> tuple[sockets.WireType, ...]:
        return tuple(output.type for output in self.outputs)

    @cached_property
    def _expansions(self) -> dict[tuple[Json, ...], KnownInputs]:
        return {}

    def flat_inputs(self, given: Mapping[str, Json]) -> KnownInputs:
        """The inputs by wire name as the server sees them for these values.

        The chosen options of dynamic combos and all slots of autogrow inputs are expanded; a dynamic
        combo that is absent or has an unknown choice vanishes, as it does on the server.
        """
        chosen = tuple(_chosen(self.inputs, given)) if self.is_dynamic else ()
        if (flat := self._expansions.get(chosen)) is None:
            flat = self._expansions[chosen] = KnownInputs((spec.name, spec) for spec in _flatten(self.inputs, given))
        return flat

    def every_input(self) -> Iterator[InputSpec]:
        """All inputs that any choice of values could bring."""
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


def _hashable(value: Json) -> Json:
    return value if isinstance(value, (str, int, float, bool, type(None))) else json.dumps(value)


class Catalog(Mapping[str, NodeSchema]):
    """Node classes by class type.

    `entries` holds ``/object_info`` entries, parsed JSON or JSON text. `behaviours` adds what those do
    not tell. Catalogs are values: ``a | b`` has the classes of both, those of `b` where both have one.
    """

    def __init__(
        self,
        entries: Mapping[str, Json],
        *,
        behaviours: Mapping[str, Behaviour] | None = None,
        name: str = "catalog",
    ) -> None:
        self.name = name
        self._entries = dict(entries)
        self._behaviours = behaviours or {}
        self._parsed: dict[str, NodeSchema] = {}

    @classmethod
    def parse(cls, entries: Json, *, behaviours: Mapping[str, Behaviour] | None = None, name: str) -> Catalog:
        """A catalog from untrusted JSON; raises `InvalidDocument` where it is not an ``/object_info`` answer."""
        if not isinstance(entries, dict) or not entries:
            raise InvalidDocument(f"{name}: not an /object_info answer, which is an object of node classes")
        for class_type, entry in entries.items():
            if not isinstance(entry, dict) or not isinstance(entry.get("input"), dict) or "output" not in entry:
                raise InvalidDocument(f"{name}: '{class_type}' is not a node class of an /object_info answer")
        return cls(entries, behaviours=behaviours, name=name)

    def __getitem__(self, class_type: str) -> NodeSchema:
        schema = self._parsed.get(class_type)
        if schema is None:
            entry = self._entries[class_type]
            known = self._behaviours.get(class_type)
            schema = self._parsed[class_type] = parse_node(class_type, entry, known)
        return schema

    def __contains__(self, class_type: object) -> bool:
        return class_type in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __or__(self, other: Catalog) -> Catalog:
        merged = Catalog(
            self._entries | other._entries,
            behaviours={**self._behaviours, **other._behaviours},
            name=f"{self.name} + {other.name}",
        )
        merged._parsed = self._parsed | other._parsed
        return merged

    def __repr__(self) -> str:
        return f"<Catalog {self.name}: {len(self)} classes>"

    def entries(self) -> Mapping[str, Mapping[str, Json]]:
        """The ``/object_info`` entries the catalog was made from, parsed."""
        return {class_type: _decode(class_type, entry) for class_type, entry in self._entries.items()}

    def find(self, class_type: str) -> NodeSchema:
        """The schema of a class; raises `NotFound` with the nearest names where there is none."""
        if class_type not in self:
            raise NotFound.among("node class", class_type, self)
        return self[class_type]

    def subset(self, class_types: Iterable[str], *, name: str | None = None) -> Catalog:
        """A catalog of only these classes."""
        entries = {class_type: self._entries[class_type] for class_type in class_types}
        return Catalog(entries, behaviours=self._behaviours, name=name or self.name)

    @cached_property
    def input_files(self) -> frozenset[str] | None:
        """The files the server's input folder is known to hold; None where the catalog cannot know.

        They are the choices of the inputs that take an input file, such as `LoadImage.image`.
        """
        takers = [
            (self[class_type], behaviour.validator)
            for class_type, behaviour in self._behaviours.items()
            if class_type in self and behaviour.validator and behaviour.validator.rule == "input file"
        ]
        lists = [
            spec.choices
            for schema, validator in takers
            for spec in schema.inputs
            if spec.kind is Kind.COMBO and spec.name in validator.inputs and not spec.open
        ]
        return frozenset(str(choice) for choices in lists for choice in choices) if lists else None


def _decode(class_type: str, entry: Json) -> Mapping[str, Json]:
    if isinstance(entry, str):
        entry = json.loads(entry)
    if not isinstance(entry, Mapping):
        raise InvalidDocument(f"catalog entry '{class_type}' is {type(entry).__name__}, expected an object")
    return entry


def parse_node(class_type: str, entry: Json, behaviour: Behaviour | None = None) -> NodeSchema:
    """Parse one entry of ``/object_info``.

    Raises `InvalidDocument` naming the class where the entry is not one.
    """
    raw = _decode(class_type, entry)
    try:
        widened = behaviour.accepts if behaviour else {}
        return NodeSchema(
            class_type=class_type,
            display_name=raw.get("display_name") or class_type,
            category=raw.get("category") or "",
            module=raw.get("python_module") or "",
            inputs=tuple(_parse_inputs(raw.get("input") or {}, "", widened)),
            outputs=tuple(_parse_outputs(raw)),
            output_node=raw.get("output_node") is True,
            input_is_list=bool(raw.get("is_input_list")),
            hidden=tuple(raw.get("input", {}).get("hidden") or {}),
            deprecated=bool(raw.get("deprecated")),
            experimental=bool(raw.get("experimental")),
            api_node=bool(raw.get("api_node")),
            behaviour=behaviour or Behaviour(),
            known_behaviour=behaviour is not None,
        )
    except (ValidationError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise InvalidDocument(f"catalog entry '{class_type}' cannot be read: {error}") from error


def _parse_outputs(raw: Mapping[str, Json]) -> Iterator[OutputSpec]:
    types = raw.get("output") or []
    names = raw.get("output_name") or []
    lists = raw.get("output_is_list") or []
    matches = raw.get("output_matchtypes") or []
    for slot, declared in enumerate(types):
        name = names[slot] if slot < len(names) and isinstance(names[slot], str) else None
        yield OutputSpec(
            name=name or (declared if isinstance(declared, str) else sockets.COMBO),
            type=tuple(map(_hashable, declared)) if isinstance(declared, list) else str(declared),
            is_list=bool(lists[slot]) if slot < len(lists) else False,
            match=matches[slot] if slot < len(matches) else None,
        )


def _parse_inputs(sections: Mapping[str, Json], prefix: str, widened: Mapping[str, str]) -> Iterator[InputSpec]:
    for section in ("required", "optional"):
        for key, value in (sections.get(section) or {}).items():
            yield _parse_input(f"{prefix}{key}", key, value, section == "required", widened)


def _parse_input(name: str, key: str, value: Json, required: bool, widened: Mapping[str, str]) -> InputSpec:
    declared = value[0]
    facts = value[1] if len(value) > 1 and isinstance(value[1], Mapping) else {}
    listed = isinstance(declared, list)
    wire_type = sockets.COMBO if listed else widened.get(name, str(declared))
    kind = _KINDS.get(wire_type, Kind.SOCKET)
    choices = declared if listed else facts.get("options") or [] if kind is Kind.COMBO else []
    dynamic: dict[str, Json] = {}
    if kind is Kind.DYNAMIC_COMBO:
        dynamic["options"] = tuple(
            Option(key=option["key"], inputs=tuple(_parse_inputs(option["inputs"], f"{name}.", widened)))
            for option in facts.get("options") or []
        )
    elif kind is Kind.AUTOGROW:
        dynamic["slots"] = tuple(_parse_slots(name, facts["template"], widened))
        dynamic["slot_prefix"] = facts["template"].get("prefix")
    template = facts.get("template") or {}
    return InputSpec(
        name=name,
        key=key,
        type=wire_type,
        kind=kind,
        required=required,
        default=facts.get("default"),
        has_default=facts.get("default") is not None,
        min=template.get("min") if kind is Kind.AUTOGROW else _number(facts.get("min")),
        max=template.get("max") if kind is Kind.AUTOGROW else _number(facts.get("max")),
        step=_number(facts.get("step")),
        round=_number(facts.get("round")),
        choices=tuple(choices),
        open=bool(facts.get("open_choices") or facts.get("remote")),
        listed=listed,
        multiselect=bool(facts.get("multiselect")),
        force_input=bool(facts.get("forceInput")),
        socketless=bool(facts.get("socketless")),
        multiline=bool(facts.get("multiline")),
        control_after_generate=bool(facts.get("control_after_generate")),
        upload=next((what for what in ("image", "video", "audio", "file") if facts.get(f"{what}_upload")), None),
        match=template.get("template_id") if wire_type == sockets.MATCH else None,
        match_types=template.get("allowed_types") or sockets.ANY,
        **dynamic,
    )


def _parse_slots(name: str, template: Mapping[str, Json], widened: Mapping[str, str]) -> Iterator[InputSpec]:
    keys = template.get("names") or [f"{template['prefix']}{i}" for i in range(template["max"])]
    section, unit = next(
        ((section, next(iter(inputs.values()))) for section, inputs in template["input"].items() if inputs),
        ("optional", [sockets.ANY, {}]),
    )
    for index, key in enumerate(keys):
        required = section == "required" and index < template["min"]
        yield _parse_input(f"{name}.{key}", key, unit, required, widened)


def _number(value: Json) -> int | float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
