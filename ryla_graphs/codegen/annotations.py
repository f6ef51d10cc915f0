"""Python types of inputs and outputs, as source text."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ryla_graphs import sockets
from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema, OutputSpec
from ryla_graphs.codegen import names

ALIAS_FROM = 9
"""Lists of at least this many choices get a name of their own if they are used more than once."""

_SCALAR_TYPES = {"INT": "int", "FLOAT": "float", "STRING": "str", "BOOLEAN": "bool"}


@dataclass
class Vocabulary:
    """The names that annotations use: phantom classes of sockets and aliases of long choice lists."""

    socket_name: Callable[[str], str]
    """The source text of a socket's phantom class."""
    aliases: dict[tuple[Any, ...], str] = field(default_factory=dict)
    alias_prefix: str = ""
    family: str = ""
    """The source text of the family that sockets of the types in `familial` name; empty if they name none."""
    familial: Container[str] = sockets.WITH_FAMILY

    def of(self, family: str, familial: Container[str] = sockets.WITH_FAMILY) -> Vocabulary:
        """The same vocabulary for sockets of a family."""
        return replace(self, family=family, familial=familial)

    def socket(self, wire_type: str) -> str:
        """A socket's phantom class, with its family."""
        name = self.socket_name(wire_type)
        return f"{name}[{self.family}]" if self.family and wire_type in self.familial else name

    def choices(self, choices: tuple[Any, ...]) -> str:
        """The type of a closed list of choices."""
        if choices in self.aliases:
            return self.alias_prefix + self.aliases[choices]
        return literal(choices)


def literal(choices: Iterable[Any]) -> str:
    """A `Literal`, or the plain type if some choice cannot be in one."""
    distinct = list(dict.fromkeys(choices))
    if any(isinstance(choice, float) for choice in distinct):
        return "float"
    return f"Literal[{', '.join(repr(choice) for choice in distinct)}]"


def find_aliases(schemas: Iterable[NodeSchema]) -> dict[tuple[Any, ...], str]:
    """Names for long lists of choices that several inputs share, after the input name that uses a list most often."""
    uses: dict[tuple[Any, ...], list[str]] = {}
    for schema in schemas:
        for spec in schema.every_input():
            if spec.kind is Kind.COMBO and not spec.open and len(spec.choices) >= ALIAS_FROM:
                uses.setdefault(spec.choices, []).append(spec.key)
    shared = {choices: keys for choices, keys in uses.items() if len(keys) > 1}
    by_use = sorted(shared, key=lambda choices: (-len(shared[choices]), choices))
    wanted = [names.camel(max(sorted(set(shared[c])), key=shared[c].count)) for c in by_use]
    return dict(zip(by_use, names.unique(wanted), strict=True))


def input_type(spec: InputSpec, words: Vocabulary) -> str:
    """The type of an input that is not dynamic, regardless of whether it may be left out."""
    if spec.match is not None and spec.match_types != sockets.ANY:
        return f"Source[{_union(spec.match_types, words)}]"
    members = sockets.members(spec.type)
    if sockets.ANY in members or spec.type == sockets.MATCH:
        return "AnyValue"
    wire = f"Source[{_union(spec.type, words)}]"
    if spec.kind is Kind.COMBO:
        return f"{_choice(spec, words)} | {wire}"
    scalars = [_scalar(spec, part) for part in _ordered(spec.type) if part in _SCALAR_TYPES]
    if scalars:
        return " | ".join([*scalars, wire])
    return wire if spec.is_wire_only else f"{wire} | JsonValue"


def _ordered(wire_type: str) -> list[str]:
    return [part.strip() for part in wire_type.split(",")]


def _union(wire_type: str, words: Vocabulary) -> str:
    return " | ".join(words.socket(part) for part in _ordered(wire_type))


def _scalar(spec: InputSpec, part: str) -> str:
    """A scalar type; for a number, with the limits of the input."""
    plain = _SCALAR_TYPES[part]
    if part not in ("INT", "FLOAT"):
        return plain
    limits = [f"{word}={limit!r}" for word, limit in zip(("ge", "le"), spec.limits, strict=True) if limit is not None]
    return f"Annotated[{plain}, Field({', '.join(limits)})]" if limits else plain


def _choice(spec: InputSpec, words: Vocabulary) -> str:
    if spec.open or not spec.choices:
        return "str"
    one = words.choices(spec.choices)
    return f"{one} | Sequence[{one}]" if spec.multiselect else one


def output_type(output: OutputSpec, words: Vocabulary) -> str:
    """The type that an output carries; `Any` if only a run determines it."""
    if isinstance(output.type, tuple):
        return words.socket(sockets.COMBO)
    if output.type in (sockets.ANY, sockets.MATCH) or "," in output.type:
        return "Any"
    return words.socket(output.type)


def default_of(spec: InputSpec) -> str | None:
    """The default as source text; None if the input must be given."""
    if not spec.required:
        return "None"
    if spec.kind is Kind.AUTOGROW:
        return "()" if not any(slot.required for slot in spec.slots) else None
    return repr(spec.initial) if spec.initial is not None else None
