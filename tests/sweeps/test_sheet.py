"""The contact sheet: every cell at its place, whatever the sizes, labels and failures are."""

from __future__ import annotations

import itertools
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from ryla_graphs import Workflow
from ryla_graphs.nodes import EmptyImage, PreviewImage
from ryla_graphs.sweeps import Cell, Grid, Shown, contact_sheet, grid

COLOURS = [colour for colour in itertools.product((255, 130, 0), repeat=3) if len(set(colour)) > 1]


def made(axes: dict[str, Any], **fixed: Any) -> Grid:
    def picture(**_: Any) -> Workflow:
        return Workflow(PreviewImage(images=EmptyImage(width=64, height=64)))

    return grid(picture, axes, fixed)


def plain(folder: Path, cells: Any, sizes: Any = None) -> dict[Cell, Shown]:
    """A picture of one colour for each cell."""
    shown = {}
    for number, (cell, size) in enumerate(zip(cells, sizes or itertools.repeat((60, 40)), strict=False)):
        path = folder / f"{number}.png"
        Image.new("RGB", size, COLOURS[number]).save(path)
        shown[cell] = Shown(path)
    return shown


def places(sheet: Image.Image, count: int) -> list[tuple[int, int, int, int]]:
    """Where each of the first colours is."""
    found = []
    for colour in COLOURS[:count]:
        off = ImageChops.difference(sheet, Image.new("RGB", sheet.size, colour)).split()
        box = reduce(ImageChops.lighter, off).point([255, *[0] * 255]).getbbox()
        assert box is not None, f"{colour} is not on the sheet"
        found.append(box)
    return found


def test_the_last_axis_goes_across_and_the_others_down(tmp_path: Path) -> None:
    swept = made({"a": [1, 2], "b": [1, 2], "c": [1, 2, 3]})
    boxes = places(contact_sheet(swept, plain(tmp_path, swept)), 12)
    rows = [boxes[start : start + 3] for start in range(0, 12, 3)]
    for row in rows:
        assert [box[1] for box in row] == [row[0][1]] * 3 and row[0][0] < row[1][0] < row[2][0]
    for column in zip(*rows, strict=True):
        assert [box[0] for box in column] == [column[0][0]] * 4
        assert all(upper[3] < lower[1] for upper, lower in itertools.pairwise(column))
    assert {(right - left, below - above) for left, above, right, below in boxes} == {(60, 40)}, "not scaled up"


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (5, 5), (6, 3), (9, 3), (10, 4), (20, 5)])
def test_one_axis_goes_on_in_the_next_line(count: int, columns: int, tmp_path: Path) -> None:
    swept = made({"seed": range(count)})
    boxes = places(contact_sheet(swept, plain(tmp_path, swept)), count)
    assert len({box[0] for box in boxes}) == columns
    assert boxes == sorted(boxes, key=lambda box: (box[1], box[0]))


SIZE = st.integers(1, 1200)


@given(st.lists(st.tuples(SIZE, SIZE), min_size=4, max_size=4))
def test_pictures_of_all_sizes_keep_their_shape(tmp_path_factory: pytest.TempPathFactory, sizes: Any) -> None:
    swept = made({"a": [1, 2], "b": [1, 2]})
    sheet = contact_sheet(swept, plain(tmp_path_factory.mktemp("sheet"), swept, sizes))
    for (left, above, right, below), (width, height) in zip(places(sheet, 4), sizes, strict=True):
        scale = min(1, 512 / max(width, height))
        assert abs(right - left - max(1, width * scale)) <= 1 and abs(below - above - max(1, height * scale)) <= 1


TEXT = st.text(max_size=200)


@given(st.lists(TEXT, min_size=1, max_size=4, unique=True), TEXT, st.none() | TEXT, st.none() | TEXT)
def test_any_text_can_be_drawn(values: list[str], fixed: str, failure: str | None, note: str | None) -> None:
    swept = made({"prompt": values, "other": values}, negative=fixed)
    sheet = contact_sheet(swept, {swept.cells[0]: Shown(failure=failure, note=note)}, simulated=True)
    assert sheet.width < 6500 and sheet.height < 12_500


def test_a_hundred_cells_stay_within_bounds(tmp_path: Path) -> None:
    Image.new("RGB", (520, 520), "red").save(tmp_path / "x.png")
    for axes in ({"a": range(50), "b": [1, 2]}, {"a": [1, 2], "b": range(50)}):
        swept = made(axes)
        sheet = contact_sheet(swept, dict.fromkeys(swept, Shown(tmp_path / "x.png")))
        assert sheet.width < 8000 and sheet.height < 16_000


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    swept = made({"a": [1, 2], "b": [1, 2]})
    first, second, third, _ = swept.cells
    empty = contact_sheet(swept, {})
    for shown in (Shown(tmp_path / "broken.png"), Shown(failure="out of memory"), Shown(note="x.mp4")):
        assert contact_sheet(swept, {first: shown}).tobytes() != empty.tobytes()
    assert contact_sheet(swept, {second: Shown(failure="a")}).tobytes() != (
        contact_sheet(swept, {third: Shown(failure="a")}).tobytes()
    )


def test_simulated_pictures_make_a_simulated_sheet(tmp_path: Path) -> None:
    swept = made({"a": [1]})
    shown = plain(tmp_path, swept)
    real, simulated = (contact_sheet(swept, shown, simulated=each) for each in (False, True))
    assert simulated.height > real.height


def test_see_through_pictures_lie_on_paper(tmp_path: Path) -> None:
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(tmp_path / "x.png")
    swept = made({"a": [1]})
    sheet = contact_sheet(swept, {swept.cells[0]: Shown(tmp_path / "x.png")})
    assert (255, 0, 0) not in {colour for _, colour in sheet.getcolors(1 << 20) or []}
