"""Values that an input takes without a link."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from ryla_graphs import sockets
from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema

_EXAMPLES = {
    "input file": "picture.png",
    "file path": "input/clip.mp4",
    "image folder": "frames",
    "aspect ratio": "16:9",
}
"""Values that pass the classes' own checks."""
_WHOLE = 2**53
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)


def values(spec: InputSpec, schema: NodeSchema | None = None) -> st.SearchStrategy[Any]:
    """Valid values for an input that is not dynamic: within its range, or among its choices.

    `schema` is the class of the input; if the class checks the input itself, the values pass its check.
    """
    example = _example(spec, schema)
    if example is not None:
        return st.just(example)
    if spec.kind is Kind.INT:
        low, high = spec.limits
        return st.integers(-_WHOLE if low is None else int(low), _WHOLE if high is None else int(high))
    if spec.kind is Kind.FLOAT:
        low, high = spec.limits
        return st.floats(-1e9 if low is None else low, 1e9 if high is None else high, allow_nan=False)
    if spec.kind is Kind.BOOLEAN:
        return st.booleans()
    if spec.kind is Kind.COMBO:
        return _choices(spec)
    if spec.kind is Kind.STRING or "STRING" in sockets.members(spec.type):
        return _TEXT
    if not sockets.members(spec.type).isdisjoint(("INT", "FLOAT")):
        low, high = (
            (0 if spec.min is None else math.ceil(spec.min)),
            (100 if spec.max is None else math.floor(spec.max)),
        )
        return st.integers(low, max(low, high))
    return st.just(spec.default) if spec.has_default else st.sampled_from(["x", "y"])


def _choices(spec: InputSpec) -> st.SearchStrategy[Any]:
    if spec.open or not spec.choices:
        return st.sampled_from([*spec.choices, "model.safetensors", "sub folder/other.safetensors"])
    return st.sampled_from(spec.choices)


def _example(spec: InputSpec, schema: NodeSchema | None) -> str | None:
    validator = schema.behaviour.validator if schema is not None else None
    if validator is None or not validator.inputs or validator.inputs[0] != spec.name:
        return None
    name = _EXAMPLES.get(validator.rule)
    listed = [choice for choice in spec.choices if isinstance(choice, str)]
    return listed[0] if name is not None and listed and not spec.open else name
