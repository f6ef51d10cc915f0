"""What is said of pictures of unknown size holds for every size that they can have: limits rest on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import catalogs
from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.shapes.registry import Call, NodeFails
from ryla_graphs.shapes.rules import rule
from ryla_graphs.shapes.unknown import Undecided, Unknown, bounds
from ryla_graphs.shapes.values import ImageShape, MaskShape

MOST = 200
SIDES = st.integers(1, MOST)


def unknown() -> Unknown:
    return Unknown("the size of 'a.png' is unknown without the file", 1, MOST)


@cache
def classes() -> list[str]:
    """All classes of pictures and masks that need nothing else but values, which have defaults."""
    catalog = catalogs.bundled()
    return [name for name in rule if name in catalog and catalog[name].outputs and _fits(catalog[name])]


def _fits(schema: NodeSchema) -> bool:
    wires = [spec for spec in schema.inputs if not spec.has_default and spec.required and not spec.options]
    pictures = [spec for spec in wires if spec.type in ("IMAGE", "MASK")]
    return bool(pictures) and len(pictures) == len(wires) and not schema.is_dynamic


def inputs(schema: NodeSchema, image: ImageShape, mask: MaskShape) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for spec in schema.inputs:
        if spec.type in ("IMAGE", "MASK"):
            if spec.required:
                value: Any = image if spec.type == "IMAGE" else mask
                given[spec.name] = [value] if schema.input_is_list else value
        elif spec.has_default or spec.options:
            default = spec.default if spec.has_default else next(iter(spec.options))
            given[spec.name] = [default] if schema.input_is_list else default
    return given


def sizes(class_type: str, image: ImageShape, mask: MaskShape) -> list[Any]:
    """The numbers of all shapes that come out."""
    schema = catalogs.bundled()[class_type]
    return list(_numbers(rule[class_type](Call("1", schema, inputs(schema, image, mask)))))


def _numbers(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _numbers(value)
        elif isinstance(value, (ImageShape, MaskShape)):
            yield from value.shape
        elif isinstance(value, (int, float, Unknown)):
            yield value


@given(st.sampled_from(sorted(classes())), st.integers(1, 4), SIDES, SIDES, SIDES, SIDES)
def test_known_sizes_lie_within_the_bounds_of_unknown_ones(
    class_type: str, batch: int, width: int, height: int, mask_width: int, mask_height: int
) -> None:
    image, mask = ImageShape(batch, height, width), MaskShape(batch, mask_height, mask_width)
    try:
        known = sizes(class_type, image, mask)
        bounded = sizes(class_type, ImageShape(batch, unknown(), unknown()), MaskShape(batch, unknown(), unknown()))
    except (NodeFails, Undecided):
        return
    assert len(known) == len(bounded)
    for number, within in zip(known, bounded, strict=True):
        low, high = bounds(within)
        assert low <= number <= high, f"{class_type} gives {known}, and of unknown sizes {bounded}"


@given(st.sampled_from(sorted(classes())))
def test_an_unknown_size_fails_no_node_that_runs_with_a_usual_one(class_type: str) -> None:
    try:
        sizes(class_type, ImageShape(2, 150, 120), MaskShape(2, 150, 120))
    except (NodeFails, Undecided):
        return
    with suppress(Undecided):
        sizes(class_type, ImageShape(2, unknown(), unknown()), MaskShape(2, unknown(), unknown()))


def test_many_classes_are_looked_at() -> None:
    assert len(classes()) > 80
