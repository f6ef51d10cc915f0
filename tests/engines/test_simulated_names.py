"""Saved files are named and numbered as ComfyUI does it from the files that are in a folder."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import Workflow, nodes, run
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.engines.simulator.names import FileNames, folder_within, place
from ryla_graphs.nodes import EmptyImage, ImageCompare, MaskPreview, PreviewImage, SaveImage, SaveText, SolidMask
from ryla_graphs.problems import ExecutionFailed
from ryla_graphs.shapes.registry import NodeFails

STEMS = st.sampled_from(["a", "a_1", "a_1_7", "b", "a_b", "", "_", "a%batch_num%"])


def number_after(stem: str, listing: list[str]) -> int:
    """The number that ComfyUI gives next: one more than the largest after the stem and an underscore."""
    found = [0]
    for name in listing:
        head, rest = name[: len(stem) + 1], name[len(stem) + 1 :]
        if head == f"{stem}_":
            digits = rest.split(".")[0].split("_")[0]
            found.append(int(digits) if re.fullmatch(r"\d+", digits) else 0)
    return max(found) + 1


@given(st.lists(st.tuples(STEMS, st.integers(1, 3), st.sampled_from([".png", ".txt"]), st.sampled_from(["", "_"]))))
def test_numbers_go_on_from_the_files_that_are_there(files: list[tuple[str, int, str, str]]) -> None:
    names, listing = FileNames(), list[str]()
    for stem, count, suffix, last in files:
        given, _ = names.several(count, f"d/{stem}x", suffix, (8, 8), last=last)
        first = number_after(f"{stem}x", listing)
        assert given == [
            f"{stem.replace('%batch_num%', str(index))}x_{first + index:05}{last}{suffix}" for index in range(count)
        ]
        listing += given


@given(st.lists(st.sampled_from(["..", ".", "a", "bc", ""]), min_size=1, max_size=6))
def test_no_prefix_leaves_the_folder(parts: list[str]) -> None:
    try:
        subfolder, stem = place("/".join(parts))
    except NodeFails:
        assert ".." in parts or parts[0] == "" or "" in parts
    else:
        assert not subfolder.startswith("/") and ".." not in subfolder.split("/") and "/" not in stem


@pytest.mark.parametrize("prefix", ["../x", "a/../../x", "/tmp/x", "a/b/../../../x"])
def test_a_prefix_that_leaves_the_folder_fails_the_node(prefix: str) -> None:
    with pytest.raises(ExecutionFailed) as failure:
        run(Simulator(), Workflow(SaveImage(images=EmptyImage(width=64, height=64), filename_prefix=prefix)).compile())
    assert "leaves the output folder" in str(failure.value)


@pytest.mark.parametrize("name", ["..", "/tmp", "a/../.."])
def test_a_folder_outside_is_none(name: str) -> None:
    with pytest.raises(NodeFails):
        folder_within(name)


def files(*sinks: Any) -> list[tuple[str, str, str]]:
    result = run(Simulator(), Workflow(*sinks).compile())
    return [(a.folder, a.subfolder, a.filename) for a in result.outputs if a.text is None]


def test_batches_are_numbered_where_the_prefix_says_so() -> None:
    images = EmptyImage(width=64, height=32, batch_size=2)
    assert files(SaveImage(images=images, filename_prefix="a/%width%x%height%-%batch_num%")) == [
        ("output", "a", "64x32-0_00001_.png"),
        ("output", "a", "64x32-1_00002_.png"),
    ]


def test_texts_have_no_underscore_at_the_end() -> None:
    assert files(SaveText(text="{}", filename_prefix="x%width%", format="json")) == [("output", "", "x1_00001.json")]


def test_a_node_that_shows_a_list_counts_on() -> None:
    tiles = nodes.SplitImageToTileList(image=EmptyImage(width=100, height=64), tile_width=64, tile_height=64, overlap=0)
    names = [name.rpartition("_temp_")[2] for _, _, name in files(PreviewImage(images=tiles))]
    assert [name[5:] for name in names] == ["_00001_.png", "_00002_.png"] and len({name[:5] for name in names}) == 1


def test_what_is_only_shown_is_temporary_and_has_letters_of_its_own() -> None:
    image, mask = EmptyImage(width=64, height=64), SolidMask(width=32, height=32)
    shown = files(PreviewImage(images=image), MaskPreview(mask=mask), MaskPreview(mask=SolidMask(width=8, height=8)))
    assert {folder for folder, _, _ in shown} == {"temp"}
    assert all(re.fullmatch(r"ComfyUI_temp_[a-z]{5}_00001_\.png", name) for _, _, name in shown)
    assert len({name for _, _, name in shown}) == 3
    compared = files(ImageCompare(image_a=image, image_b=EmptyImage(width=32, height=32), compare_view={}))
    names = [re.sub("_[a-z]{5}_", "_?_", name) for _, _, name in compared]
    assert names == ["comfy.compare.a_temp_?_00001_.png", "comfy.compare.b_temp_?_00001_.png"]
