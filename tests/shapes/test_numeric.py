"""Numbers, logic, boxes, colours and tracks are computed as ComfyUI computes them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.shapes.registry import Guessed, NodeFails
from ryla_graphs.shapes.rules import rule
from ryla_graphs.shapes.rules.numeric.expressions import value_of
from ryla_graphs.shapes.unknown import Undecided, Unknown, bounds
from ryla_graphs.shapes.values import Conditioning, ImageShape, MaskShape, Sigmas
from tests.shapes.rules import outputs


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + b", (7.0, 7, True)),
        ("a / b", (0.75, 0, True)),
        ("a - 3", (0.0, 0, False)),
        ("a > b or b > a", (1.0, 1, True)),
        ("1 < a < b", (1.0, 1, True)),
        ("round(b / a, 2) * 100", (133.0, 133, True)),
        ("sum(values) + max(values) - min(a, b)", (8.0, 8, True)),
        ("values[0] ** values[-1]", (81.0, 81, True)),
        ("a if a > b else b", (4.0, 4, True)),
        ("-7 // 2", (-4.0, -4, True)),
        ("int(-7 / 2)", (-3.0, -3, True)),
        ("pow(2, 0.5)", (math.sqrt(2), 1, True)),
        ("b << 2 | 1", (17.0, 17, True)),
        ("1; 2", (1.0, 1, True)),
    ],
)
def test_expressions(expression: str, expected: tuple[Any, ...]) -> None:
    found = outputs("ComfyMathExpression", expression=expression, values__a=3, values__b=4)
    assert found == pytest.approx(expected)
    assert [type(value) for value in found] == [float, int, bool]


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "a +",
        "c",
        "(-1) ** 0.5",
        "float('inf')",
        "'text'",
        "[a, b]",
        "(lambda: 1)()",
        "__import__('os')",
        "9 ** 9 ** 9",
        "pow(2, 5000)",
        "pow(pow(9, 4000), 4000)",
        "1 << 10 ** 9",
        "'a' * 10 ** 9",
        "round(5, -10 ** 9)",
        "(" * 500 + "1" + ")" * 500,
        "-" * 100_000 + "1",
    ],
)
def test_expressions_that_fail(expression: str) -> None:
    with pytest.raises((NodeFails, TypeError)):
        outputs("ComfyMathExpression", expression=expression, values__a=3, values__b=4)


def test_division_by_zero_fails() -> None:
    with pytest.raises(ZeroDivisionError):
        outputs("ComfyMathExpression", expression="1 / a", values__a=0)


_GROWING = st.sampled_from(["a * 2 + b", "max(a, b) - 3", "a // (b + 1)", "round(a / 4) * 4"])


@given(
    st.integers(1, 50),
    st.integers(0, 50),
    _GROWING,
)
def test_unknown_numbers_go_through_with_their_bounds(low: int, more: int, expression: str) -> None:
    """Whatever a number turns out to be, the result lies between the bounds that were said before."""
    said = value_of(expression, {"a": Unknown("later", low, low + more), "b": 7})
    least, most = bounds(said)
    for known in {low, low + more // 2, low + more}:
        assert least <= value_of(expression, {"a": known, "b": 7}) <= most


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, (1.0, 1)),
        (7, (7.0, 7)),
        (-1.9, (-1.9, -1)),
        (" 12 ", (12.0, 12)),
        ("1e3", (1000.0, 1000)),
        ("0.5", (0.5, 0)),
    ],
)
def test_converted_numbers(value: Any, expected: tuple[float, int]) -> None:
    assert outputs("ComfyNumberConvert", value=value) == expected


@pytest.mark.parametrize("value", ["", "abc", "nan", "inf", float("inf"), None, [1]])
def test_what_is_no_number(value: Any) -> None:
    with pytest.raises(NodeFails):
        outputs("ComfyNumberConvert", value=value)


def test_whether_a_value_is_true() -> None:
    assert outputs("ComfyNotNode", value="") is True
    assert outputs("ComfyNotNode", value={"a": 1}) is False
    assert outputs("ComfyNotNode", value=Conditioning(())) is True
    assert outputs("ComfyNotNode", value=Sigmas((0.0,))) is True
    assert outputs("ComfyAndNode", values__value0=1, values__value1=0, values__value2=ImageShape(1, 2, 3)) is False
    assert outputs("ComfyOrNode", values__value0=0, values__value1="a") is True
    with pytest.raises(NodeFails):
        outputs("ComfyNotNode", value=ImageShape(1, 480, 640))
    with pytest.raises(Undecided):
        outputs("ComfyNotNode", value=MaskShape(1, 1, 1))


def test_sizes_of_proportions() -> None:
    assert outputs("ResolutionSelector", aspect_ratio="16:9 (Widescreen)", megapixels=1.0, multiple=64) == (1344, 768)


def test_colours() -> None:
    assert outputs("ColorToRGBInt", color="#ff8000") == (0xFF8000, "#ff8000", 1.0)
    assert outputs("ColorToRGBInt", color="#00000080") == (0, "#000000", pytest.approx(128 / 255))
    with pytest.raises(NodeFails):
        outputs("ColorToRGBInt", color="red")


SAID = {"type": "text", "text": "Hi", "palette": ["#aa00ff"]}


def test_boxes_become_elements_and_back() -> None:
    box = {
        "x": 64,
        "y": 128,
        "width": -32,
        "height": 64,
        "metadata": SAID,
    }
    preview, boxes, elements = outputs("CreateBoundingBoxes", width=256, height=512, editor_state=[box])
    assert preview.shape == (1, 512, 256, 3)
    assert boxes == [[{"x": 32, "y": 128, "width": 32, "height": 64}]]
    assert elements == [
        {"type": "text", "bbox": [250, 125, 375, 250], "text": "Hi", "desc": "", "color_palette": ["#AA00FF"]}
    ]
    _, again, _ = outputs("CreateBoundingBoxes", width=256, height=512, bboxes=elements)
    assert again == boxes
    with pytest.raises(NodeFails, match="no JSON"):
        outputs("CreateBoundingBoxes", width=256, height=512, bboxes="{")


def test_tracks() -> None:
    path, frames = outputs("GenerateTracks", num_frames=81, num_tracks=5)
    assert (path["track_path"].shape, frames) == ((81, 5, 2), 81)
    both = outputs("WanMoveConcatTrack", tracks_1=path, tracks_2=path)
    assert both["track_path"].shape == (81, 10, 2)
    _, frames = outputs("WanMoveTracksFromCoords", track_coords="[{'x': 1, 'y': 2}, {'x': 3, 'y': 4}]")
    assert frames == 2
    with pytest.raises(NodeFails):
        outputs("WanMoveTracksFromCoords", track_coords="no JSON")


def test_what_a_model_would_say_is_guessed_within_its_bounds() -> None:
    found = rule["LTXVDurationPredictor"].work(frame_rate=24.0, min_seconds=6.0, max_seconds=20.0)
    assert isinstance(found, Guessed) and found[0] % 8 == 1 and found[0] >= 6 * 24
    assert outputs("TextGenerate", prompt="a cat") == "a cat"
