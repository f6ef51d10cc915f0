"""Shapes before the run: exact where all is written down, bounded or unknown where only the run knows."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import catalogs
from ryla_graphs.prompt import Prompt
from ryla_graphs.shapes import Amount, ImageShape, Shapes, Unknown, amounts, evaluate
from ryla_graphs.shapes.unknown import bounds


def shapes(files: Any = None, /, **nodes: tuple[str, dict[str, Any]]) -> Shapes:
    prompt = {name: {"class_type": class_type, "inputs": inputs} for name, (class_type, inputs) in nodes.items()}
    return evaluate(Prompt(prompt, catalogs.bundled()), files=files)


def test_what_is_written_down_is_exact() -> None:
    found = shapes(
        latent=("EmptyLatentImage", {"width": 16384, "height": 16384, "batch_size": 4096}),
        save=("SaveLatent", {"samples": ["latent", 0], "filename_prefix": "x"}),
    )
    assert found["latent"].first().samples == (4096, 4, 2048, 2048)


@pytest.mark.parametrize("depth", [1, 2, 7])
def test_primitives_of_any_depth_are_looked_through(depth: int) -> None:
    primitives: dict[str, tuple[str, dict[str, Any]]] = {"p0": ("PrimitiveInt", {"value": 16384})}
    primitives |= {f"p{i}": ("PrimitiveInt", {"value": [f"p{i - 1}", 0]}) for i in range(1, depth)}
    last = [f"p{depth - 1}", 0]
    found = shapes(
        **primitives,
        image=("EmptyImage", {"width": last, "height": last, "batch_size": 1, "color": 0}),
        save=("SaveImage", {"images": ["image", 0], "filename_prefix": "x"}),
    )
    assert found["save"].first() == ImageShape(1, 16384, 16384)


def test_a_switch_gives_the_branch_it_is_set_to() -> None:
    images: dict[str, tuple[str, dict[str, Any]]] = {
        name: ("EmptyImage", {"width": side, "height": side, "batch_size": 1, "color": 0})
        for name, side in (("small", 64), ("large", 512))
    }
    found = shapes(
        **images,
        switch=("ComfySwitchNode", {"switch": True, "on_false": ["small", 0], "on_true": ["large", 0]}),
        save=("SaveImage", {"images": ["switch", 0], "filename_prefix": "x"}),
    )
    assert found["save"].first().width == 512
    assert "small" not in found, "what is not needed is not worked out"


LOADED: dict[str, tuple[str, dict[str, Any]]] = {
    "load": ("LoadImage", {"image": "a.png"}),
    "scaled": (
        "ImageScaleToTotalPixels",
        {"image": ["load", 0], "upscale_method": "area", "megapixels": 1.0, "resolution_steps": 1},
    ),
    "repeated": ("RepeatImageBatch", {"image": ["scaled", 0], "amount": 3}),
    "save": ("SaveImage", {"images": ["repeated", 0], "filename_prefix": "x"}),
}


def test_a_size_that_only_the_file_knows_is_unknown() -> None:
    width = shapes(**LOADED)["load"].first().width
    assert isinstance(width, Unknown) and "unknown without the file" in width.reason


def test_what_bounds_an_unknown_size_is_reported() -> None:
    found = shapes(**LOADED)["save"].first()
    assert bounds(found.width)[1] == 1024 * 1024
    assert bounds(found.batch)[0] == 3


def test_with_the_file_all_is_known() -> None:
    found = shapes({"a.png": ImageShape(1, 100, 400)}, **LOADED)["save"].first()
    assert (found.batch, found.height, found.width) == (3, 512, 2048)


def test_an_unknown_class_is_never_counted_as_something() -> None:
    found = shapes(
        latent=("SomethingNew", {"width": 9}),
        save=("SaveLatent", {"samples": ["latent", 0], "filename_prefix": "x"}),
    )
    assert isinstance(found["save"].first().width, Unknown)


def test_what_fails_stops_what_comes_after_it() -> None:
    found = shapes(
        image=("EmptyImage", {"width": 8, "height": 8, "batch_size": 1, "color": 0}),
        mask=("ImageToMask", {"image": ["image", 0], "channel": "alpha"}),
        save=("MaskPreview", {"mask": ["mask", 0]}),
    )
    assert "has no channel 'alpha'" in str(found["save"].first())


def made(found: Shapes) -> dict[str, Amount]:
    return {amount.node: amount for amount in amounts(found)}


def test_everything_that_a_graph_makes_is_reported() -> None:
    found = made(
        shapes(
            empty=("EmptyImage", {"width": 16384, "height": 16384, "batch_size": 4096, "color": 0}),
            repeated=("RepeatImageBatch", {"image": ["empty", 0], "amount": 4096}),
            save=("SaveImage", {"images": ["repeated", 0], "filename_prefix": "x"}),
            video=("CreateVideo", {"images": ["empty", 0], "fps": 24.0}),
            saved=("SaveVideo", {"video": ["video", 0], "filename_prefix": "x", "format": "mp4"}),
            sound=("EmptyAudio", {"duration": 3600.0, "sample_rate": 44100, "channels": 2}),
            kept=("SaveAudio", {"audio": ["sound", 0], "filename_prefix": "x"}),
        )
    )
    assert found["repeated"].pixels == 16384 * 16384 * 4096 * 4096
    assert (found["video"].kind, found["video"].pictures) == ("video", 4096)
    assert (found["sound"].kind, found["sound"].seconds) == ("audio", 3600)


@pytest.mark.parametrize("class_type", ["SomethingNew", "SplitImageToTileList"])
def test_what_has_no_known_count_is_unknown_and_not_one(class_type: str) -> None:
    found = made(
        shapes(
            pictures=(class_type, {"image": ["load", 0], "tile_width": 64, "tile_height": 64, "overlap": 0}),
            load=("LoadImage", {"image": "a.png"}),
            save=("SaveImage", {"images": ["pictures", 0], "filename_prefix": "x"}),
        )
    )
    for node in ("pictures", "save"):
        assert isinstance(found[node].pictures, Unknown) and bounds(found[node].pictures)[1] == float("inf")
