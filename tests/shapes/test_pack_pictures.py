"""Pictures and masks of the most used packs have the sizes that their released code gives them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from ryla_graphs import Workflow, run
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.shapes.registry import NodeFails
from ryla_graphs.shapes.unknown import Undecided, Unknown
from ryla_graphs.shapes.values import ImageShape, MaskShape, VideoShape
from tests.shapes.rules import outputs

P = ImageShape(2, 75, 129)
ALPHA = ImageShape(1, 64, 96, 4)
M = MaskShape(3, 48, 64)
VIDEO = VideoShape(48, 100, 200, Fraction(24))
OLD_KJ = {"image": P, "divisible_by": 2}
KJ = {"image": P, "upscale_method": "area", "pad_color": "0, 0, 0", "crop_position": "center", "divisible_by": 8}
ESSENTIALS = {"image": P, "interpolation": "nearest", "condition": "always"}
VHS = {"video": "a.mp4", "custom_width": 0, "custom_height": 0, "frame_load_cap": 0, "skip_first_frames": 0}
RATIO = {"image": P, "proportional_width": 1, "proportional_height": 1, "round_to_multiple": "8",
         "scale_to_side": "longest", "scale_to_length": 1024}  # fmt: skip

SHAPES: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("ImageResizeKJv2", {**KJ, "width": 64, "height": 64, "keep_proportion": "stretch"}, (2, 64, 64, 3)),
    ("ImageResizeKJv2", {**KJ, "width": 64, "height": 64, "keep_proportion": "resize"}, (2, 32, 64, 3)),
    ("ImageResizeKJv2", {**KJ, "width": 100, "height": 90, "keep_proportion": "pad"}, (2, 88, 96, 3)),
    ("ImageResizeKJv2", {**KJ, "width": 0, "height": 300, "keep_proportion": "crop"}, (2, 296, 128, 3)),
    ("ImageResizeKJv2", {**KJ, "width": 100, "height": 100, "keep_proportion": "total_pixels"}, (2, 72, 128, 3)),
    ("ImageResizeKJ", {**OLD_KJ, "width": 0, "height": 50, "keep_proportion": True}, (2, 50, 86, 3)),
    ("ImageResizeKJ", {**OLD_KJ, "width": 9, "height": 9, "get_image_size": ALPHA}, (2, 64, 96, 3)),
    ("ImageResize+", {**ESSENTIALS, "width": 64, "height": 0, "method": "keep proportion"}, (2, 37, 64, 3)),
    ("ImageResize+", {**ESSENTIALS, "width": 64, "height": 96, "method": "pad"}, (2, 96, 64, 3)),
    ("ImageResize+", {**ESSENTIALS, "width": 50, "height": 99, "method": "fill / crop"}, (2, 99, 50, 3)),
    ("ImageResize+", {**ESSENTIALS, "width": 999, "height": 999, "method": "stretch",
                      "condition": "downscale if bigger"}, (2, 75, 129, 3)),
    ("ImageResize+", {**ESSENTIALS, "width": 99, "height": 99, "method": "stretch", "multiple_of": 64}, (2, 64, 64, 3)),
    ("ImageCrop+", {"image": P, "width": 50, "height": 500, "position": "bottom-right", "x_offset": 9,
                    "y_offset": 0}, (2, 75, 41, 3)),
    ("ResizeMask", {"mask": M, "width": 32, "height": 0, "keep_proportions": True}, (3, 24, 32)),
    ("Image Resize", {"image": P, "mode": "resize", "resize_width": 50, "resize_height": 64}, (2, 64, 56, 3)),
    ("ImageConcatMulti", {"inputcount": 3, "image_1": P, "image_2": ALPHA, "direction": "right",
                          "match_image_size": True}, (2, 75, 370, 4)),
    ("ImageConcanate", {"image1": M, "image2": P, "direction": "down", "match_image_size": False}, (3, 123, 129)),
    ("AddLabel", {"image": P, "height": 48, "direction": "up"}, (2, 123, 129, 3)),
    ("ImageBatchMulti", {"inputcount": 3, "image_1": P, "image_2": ALPHA}, (5, 75, 129, 4)),
    ("ImpactMakeImageBatch", {"image1": P, "image2": P, "image3": P}, (6, 75, 129, 3)),
    ("ImageListToImageBatch", {"images": [P, ImageShape(1, 9, 9)]}, (3, 75, 129, 3)),
    ("GetImageSizeAndCount", {"image": P}, (2, 75, 129, 3)),
    ("GetImageRangeFromBatch", {"start_index": -1, "num_frames": 9, "images": P}, (2, 75, 129, 3)),
    ("ImageFromBatch+", {"image": P, "start": 1, "length": -1}, (1, 75, 129, 3)),
    ("VHS_SplitImages", {"images": P, "split_index": -1}, (1, 75, 129, 3)),
    ("VHS_SelectEveryNthImage", {"images": ImageShape(9, 8, 8), "select_every_nth": 4,
                                 "skip_first_images": 1}, (2, 8, 8, 3)),
    ("RIFE VFI", {"frames": P, "multiplier": 3}, (4, 75, 129, 3)),
    ("CannyEdgePreprocessor", {"image": P, "resolution": 512}, (2, 512, 881, 3)),
    ("DWPreprocessor", {"image": P, "resolution": 32}, (2, 512, 881, 3)),
    ("AIO_Preprocessor", {"image": ALPHA, "preprocessor": "none"}, (1, 64, 96, 4)),
    ("GrowMaskWithBlur", {"mask": M}, (3, 48, 64)),
    ("LayerColor: HSV", {"image": ALPHA}, (1, 64, 96, 4)),
    ("LayerFilter: MotionBlur", {"image": ALPHA}, (1, 64, 96, 3)),
    ("LayerStyle: DropShadow", {"background_image": P, "layer_image": ALPHA, "layer_mask": M}, (3, 75, 129, 3)),
    ("LayerMask: RmBgUltra V2", {"image": P}, (2, 75, 129, 4)),
    ("LayerUtility: ImageCombineAlpha", {"RGB_image": P, "mask": M}, (3, 75, 129, 4)),
    ("LayerUtility: ColorImage V2", {"size": "1024 x 768", "custom_width": 9, "custom_height": 9}, (1, 768, 1024, 3)),
    ("LayerUtility: ImageScaleRestore", {"image": P, "scale": 0.5, "scale_by_longest_side": False}, (2, 37, 64, 3)),
    ("LayerUtility: ImageScaleRestore", {"image": P, "scale": 0.5, "scale_by_longest_side": True,
                                         "longest_side": 1024}, (2, 595, 1024, 3)),
    ("LayerUtility: ImageScaleByAspectRatio V2", {**RATIO, "aspect_ratio": "original"}, (2, 600, 1024, 3)),
    ("LayerUtility: ImageScaleByAspectRatio V2", {**RATIO, "aspect_ratio": "9:16"}, (2, 1024, 576, 3)),
    ("LayerUtility: ImageScaleByAspectRatio V2", {**RATIO, "aspect_ratio": "4:3",
                                                  "scale_to_side": "total_pixel(kilo pixel)"}, (2, 880, 1168, 3)),
    ("UltimateSDUpscale", {"image": P, "upscale_by": 1.5}, (2, 112, 192, 3)),
    ("UpscalerTensorrt", {"images": P, "resize_to": "4k", "resize_width": 9, "resize_height": 9}, (2, 2160, 3840, 3)),
    ("UpscalerTensorrt", {"images": P, "resize_to": "2.5x", "resize_width": 9, "resize_height": 9}, (2, 187, 322, 3)),
    ("ImageBatchExtendWithOverlap", {"source_images": P, "overlap": 1, "new_images": P}, (2, 75, 129, 3)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("class_type", "inputs", "shape"), SHAPES, ids=[f"{row[0]}-{i}" for i, row in enumerate(SHAPES)]
)
def test_sizes(class_type: str, inputs: dict[str, Any], shape: tuple[Any, ...]) -> None:
    found = outputs(class_type, **inputs)
    first = found[0] if isinstance(found, tuple) else found
    assert first.shape == shape
    if isinstance(found, tuple) and class_type.startswith(("ImageResize", "ResizeMask")):
        assert found[1:3] == (first.width, first.height)


@pytest.mark.parametrize(
    ("inputs", "frames", "size"),
    [
        ({"force_rate": 0, "select_every_nth": 1, "format": "None"}, 48, (200, 100)),
        ({"force_rate": 12, "select_every_nth": 2, "format": "None"}, 12, (200, 100)),
        ({"force_rate": 0, "select_every_nth": 1, "format": "Wan"}, 45, (200, 104)),
        ({"force_rate": 0, "select_every_nth": 1, "format": "None", "custom_width": 50}, 48, (50, 25)),
        ({"force_rate": 0, "select_every_nth": 1, "format": "None", "frame_load_cap": 7}, 7, (200, 100)),
    ],
)
def test_videos_are_loaded_as_frames(inputs: dict[str, Any], frames: int, size: tuple[int, int]) -> None:
    images, count, _, info = outputs("VHS_LoadVideo", {"a.mp4": VIDEO}, **{**VHS, **inputs})
    assert (images.batch, count, info["loaded_frame_count"]) == (frames,) * 3
    assert (images.width, images.height) == size
    with pytest.raises(Undecided):
        outputs("VHS_LoadVideo", **{**VHS, **inputs})


def test_a_label_as_high_as_its_words_is_unknown() -> None:
    assert isinstance(outputs("AddLabel", image=P, height=-1, direction="up").height, Unknown)


@pytest.mark.parametrize(
    ("class_type", "inputs"),
    [
        ("GetImageRangeFromBatch", {"start_index": 2, "num_frames": 1, "images": P}),
        ("RIFE VFI", {"frames": ALPHA, "multiplier": 3}),
        ("Image Crop Location", {"image": P, "top": 80, "bottom": 90}),
        ("ImageListToImageBatch", {"images": [P, ALPHA]}),
    ],
)
def test_what_the_pack_cannot_do_fails(class_type: str, inputs: dict[str, Any]) -> None:
    with pytest.raises(NodeFails):
        outputs(class_type, **inputs)


def test_pictures_of_packs_are_really_put_together() -> None:
    def empty(colour: int) -> dict[str, Any]:
        return {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": colour}}

    beside = {"image1": ["1", 0], "image2": ["2", 0], "direction": "right", "match_image_size": True}
    prompt = {
        "1": empty(0xFF0000),
        "2": empty(0x0000FF),
        "3": {"class_type": "ImageConcanate", "inputs": beside},
        "4": {"class_type": "ImageBatchMulti", "inputs": {"inputcount": 2, "image_1": ["3", 0], "image_2": ["2", 0]}},
        "5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "x"}},
    }
    result = run(Simulator(), Workflow.load(prompt).compile())
    sizes = [(output.filename, output.guessed) for output in result.outputs]
    assert sizes == [("x_00001_.png", ()), ("x_00002_.png", ())]


def test_a_wrapped_wan_video_has_the_frames_that_it_was_asked_for() -> None:
    embeds = outputs("WanVideoImageToVideoEncode", width=832, height=480, num_frames=83)
    samples, _ = outputs("WanVideoSampler", image_embeds=embeds)
    assert outputs("WanVideoDecode", samples=samples) == ImageShape(81, 480, 832)


@pytest.mark.parametrize(
    ("task", "shown", "masked"),
    [
        ("caption", (1, 64, 64, 3), (1, 64, 64)),
        ("docvqa", (2, 75, 129, 3), (1, 64, 64)),
        ("region_caption", (2, 75, 129, 3), (1, 64, 64)),
        ("ocr_with_region", (2, 75, 129, 3), (2, 75, 129)),
    ],
)
def test_a_captioner_draws_where_it_shows_something(task: str, shown: tuple[int, ...], masked: tuple[int, ...]) -> None:
    image, mask, *_ = outputs("Florence2Run", image=P, task=task, fill_mask=False,
                              text_input="what is it?" if task == "docvqa" else "")  # fmt: skip
    assert (image.shape, mask.shape) == (shown, masked)
