"""The layout of boxes: nothing overlaps, links go right, parts have frames, and long graphs fit a screen."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.formats.editor.arranging import arrange
from ryla_graphs.formats.editor.boxes import COLUMN_GAP, Box, Link
from ryla_graphs.formats.editor.layout import layered

Rectangle = tuple[float, float, float, float]

SIZES = st.builds(Box, st.sampled_from([140.0, 300.0, 420.0]), st.sampled_from([36.0, 120.0, 290.0]))
LARGE = st.builds(Box, st.sampled_from([300.0, 6000.0]), st.sampled_from([200.0, 3000.0]))


@st.composite
def drawings(
    draw: st.DrawFn, *, most: int = 30, acyclic: bool = False, sizes: st.SearchStrategy[Box] = SIZES
) -> tuple[list[Box], list[Link]]:
    """Boxes, and links between any two of them, or only from those before to those behind."""
    boxes = draw(st.lists(sizes, min_size=1, max_size=most))
    numbers = st.integers(0, len(boxes) - 1)
    ends = draw(st.lists(st.tuples(numbers, numbers), max_size=3 * most))
    if acyclic:
        ends = [(min(pair), max(pair)) for pair in ends if pair[0] != pair[1]]
    return boxes, [Link(source, 44.0, target, 64.0) for source, target in ends]


def rectangles(boxes: list[Box], corners: tuple[tuple[float, float], ...]) -> list[Rectangle]:
    return [(x, y, x + box.width, y + box.height) for box, (x, y) in zip(boxes, corners, strict=True)]


def overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def inside(inner: Rectangle, outer: Rectangle) -> bool:
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


@given(drawings() | drawings(sizes=LARGE), st.sets(st.integers(0, 29), max_size=5))
def test_boxes_do_not_overlap_and_lie_within_the_whole(drawing: Any, first: set[int]) -> None:
    boxes, links = drawing
    layout = layered(boxes, links, first=[box for box in first if box < len(boxes)])
    placed = rectangles(boxes, layout.corners)
    assert not any(overlap(one, other) for one, other in combinations(placed, 2))
    assert all(inside(box, (0.0, 0.0, layout.size.width, layout.size.height)) for box in placed)


@given(drawings(most=10, acyclic=True))
def test_every_link_goes_from_left_to_right(drawing: Any) -> None:
    boxes, links = drawing
    corners = layered(boxes, links).corners
    for link in links:
        assert corners[link.target][0] >= corners[link.source][0] + boxes[link.source].width + COLUMN_GAP


def test_one_link_of_a_cycle_goes_back() -> None:
    boxes = [Box(200.0, 100.0)] * 4
    ends = [(0, 1), (1, 2), (2, 0), (3, 3)]
    corners = layered(boxes, [Link(source, 44.0, target, 44.0) for source, target in ends]).corners
    assert sum(corners[target][0] < corners[source][0] for source, target in ends) == 1


@given(drawings(acyclic=True))
def test_what_comes_first_has_the_first_column_for_itself(drawing: Any) -> None:
    boxes, links = drawing
    fed = {link.target for link in links}
    first = [box for box in range(len(boxes)) if box not in fed][:4]
    placed = rectangles(boxes, layered(boxes, links, first=first).corners)
    if len(first) < len(boxes):
        edge = max(placed[box][2] for box in first)
        assert all(placed[box][0] > edge for box in range(len(boxes)) if box not in first)


def test_a_link_between_neighbours_is_level() -> None:
    boxes = [Box(200.0, 100.0), Box(200.0, 400.0), Box(200.0, 60.0)]
    links = [Link(0, 44.0, 1, 104.0), Link(1, 64.0, 2, 44.0)]
    corners = layered(boxes, links).corners
    assert corners[0][1] + 44.0 == corners[1][1] + 104.0
    assert corners[1][1] + 64.0 == corners[2][1] + 44.0


def test_links_that_need_not_cross_do_not() -> None:
    boxes = [Box(200.0, 100.0)] * 8
    links = [Link(source, 44.0, 7 - source, 44.0) for source in range(4)]
    corners = layered(boxes, links).corners
    heights = [(corners[link.source][1], corners[link.target][1]) for link in links]
    assert all((one[0] < other[0]) == (one[1] < other[1]) for one, other in combinations(heights, 2))


def test_a_link_gets_room_to_pass_a_column() -> None:
    boxes = [Box(200.0, 100.0)] * 3
    links = [Link(0, 44.0, 1, 44.0), Link(1, 44.0, 2, 44.0), Link(0, 64.0, 2, 64.0)]
    corners = layered(boxes, links).corners
    passing = corners[0][1] + 64.0, corners[2][1] + 64.0
    top, bottom = corners[1][1], corners[1][1] + 100.0
    assert max(passing) < top or min(passing) > bottom


def test_a_long_chain_is_broken_into_lines_like_a_text() -> None:
    boxes = [Box(210.0, 56.0)] * 60
    layout = layered(boxes, [Link(box, 44.0, box + 1, 44.0) for box in range(59)])
    back = [box for box in range(59) if layout.corners[box + 1][0] < layout.corners[box][0]]
    assert 2 <= len(back) <= 8
    assert 1.0 < layout.size.width / layout.size.height < 4.0


def test_a_tower_is_broken_into_columns() -> None:
    boxes = [Box(300.0, 200.0)] * 301
    layout = layered(boxes, [Link(0, 44.0, box, 44.0) for box in range(1, 301)], first=[0])
    assert 0.5 < layout.size.width / layout.size.height < 4.0


@given(drawings(most=20), st.data())
def test_parts_have_frames_around_their_own_nodes_alone(drawing: Any, data: st.DataObject) -> None:
    boxes, links = drawing
    names = st.lists(st.sampled_from("abc"), max_size=3).map(tuple)
    parts = data.draw(st.lists(names, min_size=len(boxes), max_size=len(boxes)))
    loaders = data.draw(st.sets(st.integers(0, len(boxes) - 1), max_size=3))
    arranged = arrange(boxes, links, parts, loaders)
    placed = rectangles(boxes, arranged.corners)
    assert not any(overlap(one, other) for one, other in combinations(placed, 2))
    assert all(inside(box, (0.0, 0.0, arranged.size.width, arranged.size.height)) for box in placed)
    framed = [
        (frame.title, (*frame.corner, frame.corner[0] + frame.size.width, frame.corner[1] + frame.size.height))
        for frame in arranged.frames
    ]
    assert len([title for title, _ in framed if title != "Models"]) == len(
        {path[:depth] for path in parts for depth in range(1, len(path) + 1)}
    )
    for title, frame in framed:
        for number, box in enumerate(placed):
            if overlap(frame, box):
                assert inside(box, frame)
                assert title in parts[number] or number in loaders
    for (_, one), (_, other) in combinations(framed, 2):
        assert not overlap(one, other) or inside(one, other) or inside(other, one)


def test_a_link_into_a_part_is_level_too() -> None:
    boxes = [Box(200.0, 100.0)] * 3
    corners = arrange(boxes, [Link(0, 44.0, 2, 64.0), Link(1, 44.0, 2, 44.0)], [(), ("p",), ("p",)]).corners
    assert corners[0][1] + 44.0 == corners[2][1] + 64.0
    corners = arrange(boxes, [Link(0, 44.0, 2, 64.0)], [(), ("p",), ("p",)]).corners
    assert corners[1][1] != corners[2][1]
    assert corners[0][1] + 44.0 == corners[2][1] + 64.0


def test_graphs_that_are_not_linked_do_not_mix() -> None:
    boxes = [Box(200.0, 100.0)] * 6
    links = [Link(0, 44.0, 2, 44.0), Link(2, 44.0, 4, 44.0), Link(1, 44.0, 3, 44.0), Link(3, 44.0, 5, 44.0)]
    placed = rectangles(boxes, arrange(boxes, links, [()] * 6).corners)
    first, second = ([placed[box] for box in numbers] for numbers in ((0, 2, 4), (1, 3, 5)))
    assert max(box[3] for box in first) < min(box[1] for box in second)


def test_ten_thousand_boxes_need_no_stack_of_calls() -> None:
    boxes = [Box(210.0, 56.0)] * 10_000
    chain = [Link(box, 44.0, box + 1, 44.0) for box in range(9_999)]
    corners = arrange(boxes, chain, [()] * 10_000, [0]).corners
    assert len(set(corners)) == 10_000
