"""ComfyUI's verdict on one input, for one value at a time.

A `Fault` is the server's own error type. `BREAKS` holds the faults that make the server
stumble: instead of an input error it reports an exception, and drops what it had found at the node.
Facts: observed on ComfyUI 0.33.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ryla_graphs import sockets
from ryla_graphs.catalog.behaviour import Validator
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema
from ryla_graphs.prompt import is_link, unwrap
from ryla_graphs.prompt.values import converted


class Fault(NamedTuple):
    """An error type and the input that it concerns."""

    code: str
    input: str
    given: Any = None
    """The value or link as it was given; None for a missing input."""


MISSING = "required_input_missing"
BAD_LINK = "bad_linked_input"
WRONG_TYPE = "return_type_mismatch"
WRONG_VALUE = "invalid_input_type"
TOO_SMALL = "value_smaller_than_min"
TOO_BIG = "value_bigger_than_max"
NOT_IN_LIST = "value_not_in_list"
CUSTOM = "custom_validation_failed"
CYCLE = "dependency_cycle"

NO_SUCH_NODE = "link_to_missing_node"
NO_SUCH_SLOT = "link_to_missing_output"
INCOMPARABLE = "value_cannot_be_compared"
VALIDATOR_BROKE = "custom_validation_broke"
NO_INPUTS = "node_without_inputs"
BREAKS = frozenset({NO_SUCH_NODE, NO_SUCH_SLOT, INCOMPARABLE, VALIDATOR_BROKE, NO_INPUTS})


def literal_fault(spec: InputSpec, value: Any, *, exempt: bool) -> Fault | None:
    """The fault of a value that is not a link; `exempt` inputs are converted but not checked."""
    try:
        value = converted(spec, value)
    except (TypeError, ValueError, OverflowError):
        return Fault(WRONG_VALUE, spec.name, unwrap(value))
    if exempt:
        return None
    try:
        if spec.min is not None and value < spec.min:
            return Fault(TOO_SMALL, spec.name, value)
        if spec.max is not None and value > spec.max:
            return Fault(TOO_BIG, spec.name, value)
    except TypeError:
        return Fault(INCOMPARABLE, spec.name, value)
    if spec.kind is Kind.COMBO and not spec.open and not _is_choice(spec, value):
        return Fault(NOT_IN_LIST, spec.name, value)
    return None


def _is_choice(spec: InputSpec, value: Any) -> bool:
    if isinstance(value, str) and spec.text_choices is not None:
        return value in spec.text_choices or value in spec.added_choices
    if spec.multiselect and isinstance(value, list):
        return all(item in spec.choices for item in value)
    return value in spec.choices or (isinstance(value, str) and value in spec.added_choices)


def link_fault(spec: InputSpec, link: list[Any], sources: Mapping[Any, NodeSchema], *, typed: bool) -> Fault | None:
    """The fault of a link; `sources` are the classes of all nodes by id.

    Slots are indexed as in Python, so -1 is the last one. `typed` is false if the node's own validator checks types.
    """
    if len(link) != 2:
        return Fault(BAD_LINK, spec.name, link)
    try:
        source = sources[link[0]]
    except (KeyError, TypeError):
        return Fault(NO_SUCH_NODE, spec.name, link)
    try:
        received = source.output_types[link[1]]
    except TypeError:
        return Fault(NO_SUCH_SLOT, spec.name, link)
    except IndexError:
        if link[1] < 0 or not source.behaviour.grows_outputs:
            return Fault(NO_SUCH_SLOT, spec.name, link)
        received = sockets.ANY
    if typed and not (isinstance(received, (str, tuple)) and spec.accepts(received)):
        return Fault(WRONG_TYPE, spec.name, link)
    return None


def validator_faults(
    schema: NodeSchema, validator: Validator, inputs: Mapping[str, Any], catalog: Catalog
) -> list[Fault]:
    """What the class's own Python validator would report, as far as the catalog can tell."""
    for name in validator.inputs:
        if name not in inputs and name not in validator.optional:
            return [Fault(VALIDATOR_BROKE, name)]
    for name in validator.needs_links:
        if not is_link(inputs.get(name)):
            return [Fault(VALIDATOR_BROKE, name, inputs.get(name))]
    if validator.rule in ("anything", "unknown"):
        return []
    known = schema.flat_inputs(inputs)
    subject = validator.inputs[0]
    value = None if is_link(inputs[subject]) else unwrap(inputs[subject])
    if value is not None and subject in known and known[subject].kind is Kind.STRING:
        value = str(value)
    passes = _passes(validator, value, catalog)
    if passes is None:
        return [Fault(VALIDATOR_BROKE, subject, value)]
    taken = [n for n, v in inputs.items() if validator.takes(n) and (n in known or is_link(v))]
    return [] if passes else [Fault(CUSTOM, name, value) for name in (*taken, *validator.hidden)]


def _passes(validator: Validator, value: Any, catalog: Catalog) -> bool | None:
    """Whether a validator passes; None if it raises. Anything that cannot be known passes."""
    if validator.rule == "aspect ratio":
        return True if _is_aspect_ratio(value) else None
    if validator.empty_is_fine and (not value or value == "none"):
        return True
    if validator.rule == "file path":
        # A media file needs an extension; the rest depends on the server's disk.
        return not isinstance(value, str) or any(mark in value for mark in "/\\.")
    if validator.rule == "image folder":
        # `3d` is ComfyUI's own folder for 3D models and never holds an image.
        return value not in ("", "3d")
    if not isinstance(value, str):
        return None
    return _input_file_exists(value, catalog.input_files)


def _is_aspect_ratio(value: Any) -> bool:
    """Whether a value is ``W:H`` with whole numbers, from 1:4 to 4:1."""
    try:
        wide, high = (int(part) for part in value.split(":"))
    except (AttributeError, ValueError):
        return False
    return wide > 0 and high > 0 and 1 / 4 <= wide / high <= 4


def _input_file_exists(value: str, known: frozenset[str] | None) -> bool:
    if value.endswith(("[output]", "[temp]")):
        return True
    name = value.removesuffix("[input]")[:-1] if value.endswith("[input]") else value
    if ".." in name.split("/") or name.startswith("/"):
        return False
    return known is None or name in known or "/" in name or name in ("", ".")
