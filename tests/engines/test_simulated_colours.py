"""Colours in Lab: back and forth, and brought to means and spreads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ryla_graphs.engines.simulator.pictures.lab import (
    Matrix,
    Vector,
    changed,
    moments,
    moved,
    of_rgb,
    product,
    to_rgb,
)

COLOURS = st.tuples(*[st.floats(0, 1)] * 3)
PARTS = st.tuples(*[st.floats(-2, 2)] * 3)
MATRICES = st.tuples(PARTS, PARTS, PARTS)
GREY: Vector = (50.0, 0.0, 0.0)


def turned(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return (a, d, g), (b, e, h), (c, f, i)


def spread(matrix: Matrix) -> Matrix:
    """Covariances that are far from flat."""
    (a, b, c), (d, e, f), (g, h, i) = product(matrix, turned(matrix))
    return (a + 1, b, c), (d, e + 1, f), (g, h, i + 1)


@given(COLOURS)
def test_colours_come_back(colour: Vector) -> None:
    assert to_rgb(of_rgb(colour)) == pytest.approx(colour, abs=2e-3)


@given(MATRICES, MATRICES)
def test_one_spread_becomes_another(first: Matrix, second: Matrix) -> None:
    before, after = spread(first), spread(second)
    matrix = moved(before, after)
    found = product(product(matrix, before), turned(matrix))
    for row, wanted in zip(found, after, strict=True):
        assert row == pytest.approx(wanted, rel=1e-2, abs=1e-2)


@given(st.lists(COLOURS, min_size=2, max_size=5))
def test_means_and_spreads_are_those_of_the_pixels(colours: list[Vector]) -> None:
    image = Image.new("RGB", (len(colours), 1))
    for x, (red, green, blue) in enumerate(colours):
        image.putpixel((x, 0), (round(255 * red), round(255 * green), round(255 * blue)))
    mean, covariance = moments([image])
    assert all(covariance[part][part] >= 0 for part in range(3))
    assert 0 <= mean[0] <= 100.01


def test_a_table_changes_all_pixels() -> None:
    image = changed(Image.linear_gradient("L").convert("RGB"), lambda _: GREY)
    assert all(set(band.tobytes()) <= {118, 119} for band in image.split())
