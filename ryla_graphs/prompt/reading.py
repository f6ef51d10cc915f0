"""Reading the inputs of a node in one pass, with a function generated for each class that recognises valid nodes.

Most nodes of most graphs are written as the editor would write them: every input is declared, every value has its
type, lies in its range and on its step, and every wire fits. `reader` makes a function that checks this in one pass
and returns the node's wires; for any other node it returns None, and the slower rules decide. A loop over the inputs
takes four times as long, so the function is generated as Python source, as `dataclasses` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ryla_graphs.catalog.schema import InputSpec, Kind, KnownInputs
from ryla_graphs.prompt.links import Link
from ryla_graphs.sockets import WireType

Types = Mapping[str, tuple[WireType, ...]]
"""The types of each node's outputs, by its id."""
Reader = Callable[[Mapping[str, Any], Types], dict[str, Link] | None]
"""Takes a node's inputs and the types of all nodes; returns the links among the inputs, or None for a second look."""


OFTEN = 16
"""The number of nodes of a class after which its function is made; making it costs as much as forty nodes without."""


def reader(known: KnownInputs) -> Reader:
    """The function for nodes with these inputs; for a rare class, one that always asks for a second look.

    The function is cached on the inputs it is for.
    """
    kept = known.__dict__
    made: Reader | None = kept.get("reader")
    if made is not None:
        return made
    kept["seen"] = seen = kept.get("seen", 0) + 1
    # A rule compares links that must match each other.
    if seen < OFTEN or known.matched:
        return never
    made = kept["reader"] = _made(known)
    return made


Lines = Callable[[str, InputSpec, int, dict[str, Any]], Iterator[str]]
"""Writes the lines for one input from its name, its spec, its number, and the names that the lines may use."""


def written_out(head: str, known: KnownInputs, lines: Lines, end: str, names: dict[str, Any]) -> Any:
    """The function ``made``, compiled from a head, some lines for each input of a class, and an end."""
    names |= {"new": tuple.__new__, "Link": Link}
    source = [head]
    for number, (name, spec) in enumerate(known.items()):
        names[f"fits{number}"] = spec.accepts
        source += lines(name, spec, number, names)
    exec("\n".join([*source, end]), names)
    return names["made"]


def _made(known: KnownInputs) -> Reader:
    head = "def made(given, types):\n wires = {}\n count = 0"
    end = " return wires if count == len(given) else None"
    made: Reader = written_out(head, known, _lines, end, {"absent": object()})
    return made


def never(_given: Mapping[str, Any], _types: Types) -> None:
    """The function that always asks for a second look."""


def _lines(name: str, spec: InputSpec, number: int, names: dict[str, Any]) -> Iterator[str]:
    good = good_value(spec, number, names)
    yield f" v = given.get({name!r}, absent)"
    if good is not None:  # first, since most values are not links
        yield f" if {good}: count += 1"
    yield f" {'if' if good is None else 'elif'} v.__class__ is list:"
    yield "  if len(v) != 2: return None"
    yield "  node, slot = v"
    yield "  if node.__class__ is not str or slot.__class__ is not int or slot < 0: return None"
    yield "  carried = types.get(node, ())"
    yield "  if slot >= len(carried): return None"
    yield f"  if carried[slot] != {spec.type!r} and not fits{number}(carried[slot]): return None"
    yield f"  wires[{name!r}] = new(Link, v)"
    yield "  count += 1"
    yield " else: return None" if spec.required else " elif v is not absent: return None"


def _is_whole(text: str) -> bool:
    """Whether a text has no lone surrogates, which JSON cannot hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_EXACT = 2**53


def good_value(spec: InputSpec, number: int, names: dict[str, Any]) -> str | None:
    """The condition under which a value `v` needs no second look; None if no value is that good.

    It is Python source; the names it uses are added to `names`.
    """
    if spec.kind is Kind.BOOLEAN:
        return "v.__class__ is bool"
    if spec.kind in (Kind.INT, Kind.FLOAT):
        # The server turns whole numbers into floats, and larger ones then lose their last digits.
        whole = f"(v.__class__ is int and -{_EXACT} <= v <= {_EXACT})"
        kind = "v.__class__ is int" if spec.kind is Kind.INT else f"(v.__class__ is float or {whole})"
        return " and ".join([kind, *_in_range(spec), *_on_step(spec)])
    if spec.kind is Kind.COMBO and not spec.open:
        names[f"choices{number}"] = spec.text_choices or frozenset()
        return f"v.__class__ is str and v in choices{number}"
    names["whole"] = _is_whole
    text = "v.__class__ is str and (v.isascii() or whole(v))"
    if spec.kind in (Kind.COMBO, Kind.DYNAMIC_COMBO) or (spec.kind is Kind.STRING and spec.min is spec.max is None):
        return text
    return None


def _in_range(spec: InputSpec) -> Iterator[str]:
    if spec.min is not None:
        yield f"v >= {spec.min!r}"
    if spec.max is not None:
        yield f"v <= {spec.max!r}"
    if spec.kind is Kind.FLOAT:
        yield "v - v == 0"  # neither infinite nor NaN


def _on_step(spec: InputSpec) -> Iterator[str]:
    if spec.kind is Kind.INT and (spec.step or 0) > 1:
        yield f"(v - {spec.min or 0!r}) % {spec.step!r} == 0"
    elif spec.kind is Kind.FLOAT and (step := spec.round or spec.step or 0) > 0:
        yield f"abs((turns := v / {step!r}) - round(turns)) < 1e-9"
