"""Pictures and masks have the sizes, numbers and channels that ComfyUI gives them, and fail where it does."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs.shapes.registry import Guessed, NodeFails, ReadsContent
from ryla_graphs.shapes.rules import rule
from ryla_graphs.shapes.unknown import Unknown
from ryla_graphs.shapes.values import AudioShape, ImageShape, MaskShape, Opaque
from tests.shapes.rules import outputs

P = ImageShape(2, 75, 129)
ALPHA = ImageShape(1, 64, 96, 4)
GREY = ImageShape(1, 40, 16, 1)
M = MaskShape(3, 48, 64)
BOX = {"x": 10, "y": 5, "width": 40, "height": 30}
BODY = Opaque("MESH", {"uvs": True, "texture": ImageShape(1, 32, 32)})

SHAPES: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("ImageScale", {"image": P, "width": 0, "height": 30, "upscale_method": "area", "crop": ""}, (2, 30, 52, 3)),
    ("ImageScale", {"image": GREY, "width": 16, "height": 300, "upscale_method": "lanczos", "crop": ""}, (1, 16, 300)),
    ("ImageScaleBy", {"image": ImageShape(1, 1, 64), "upscale_method": "area", "scale_by": 0.3}, (1, 0, 19, 3)),
    ("ImageScaleToMaxDimension", {"image": P, "upscale_method": "area", "largest_size": 50}, (2, 29, 50, 3)),
    ("ResizeImagesByShorterEdge", {"images": P, "shorter_edge": 64}, (2, 64, 110, 3)),
    ("ResizeImagesByLongerEdge", {"images": P, "longer_edge": 64}, (2, 37, 64, 3)),
    ("FluxKontextImageScale", {"image": ImageShape(1, 211, 317)}, (1, 832, 1248, 3)),
    ("ResizeAndPadImage", {"image": ALPHA, "target_width": 7, "target_height": 300}, (1, 300, 7, 4)),
    ("SeedVR2Preprocess", {"resized_images": ImageShape(6, 33, 16, 4)}, (1, 9, 48, 16, 3)),
    ("LTXVPreprocess", {"image": P, "img_compression": 35}, (2, 74, 128, 3)),
    ("ImageCropV2", {"image": P, "crop_region": {**BOX, "x": 999}}, (2, 30, 1, 3)),
    ("CenterCropImages", {"images": P, "width": 64, "height": 512}, (2, 75, 64, 3)),
    ("ImageCropToMask", {"images": ALPHA, "masks": MaskShape(1, 5, 5), "width": 96, "height": 64}, (1, 64, 96, 3)),
    ("CropByBBoxes", {"image": P, "bboxes": [[BOX], []], "output_width": 64, "output_height": 72}, (1, 72, 64, 3)),
    ("CropByBBoxes", {"image": P, "bboxes": [], "output_width": 64, "output_height": 72}, (2, 75, 129, 3)),
    ("DrawBBoxes", {"bboxes": BOX}, (1, 35, 50, 3)),
    ("ImageStitch", {"image1": P, "image2": ALPHA, "direction": "right", "match_image_size": True,
                     "spacing_width": 3}, (2, 75, 245, 4)),
    ("ImageStitch", {"image1": P, "image2": ALPHA, "direction": "up", "match_image_size": False}, (2, 139, 129, 4)),
    ("ImageGrid", {"images": [P, ALPHA], "columns": [2], "cell_width": [50], "cell_height": [40],
                   "padding": [4]}, (1, 84, 104, 3)),
    ("BatchImagesNode", {"images__image0": P, "images__image1": ALPHA}, (3, 75, 129, 4)),
    ("BatchMasksNode", {"masks__mask0": M, "masks__mask1": MaskShape(1, 9, 9)}, (4, 48, 64)),
    ("JoinImageWithAlpha", {"image": ALPHA, "alpha": M}, (3, 64, 96, 4)),
    ("ImageMergeTileList", {"image_list": [P], "final_width": [300], "final_height": [200],
                            "overlap": [8]}, (2, 200, 300, 3)),
    ("TextOverlay", {"images": GREY, "text": "hello"}, (1, 40, 16, 3)),
    ("CropMask", {"mask": M, "x": 60, "y": 99, "width": 20, "height": 20}, (3, 0, 4)),
    ("MaskComposite", {"destination": M, "source": MaskShape(1, 9, 9), "x": 64, "y": 0,
                       "operation": "add"}, (3, 48, 64)),
    ("ImageColorToMask", {"image": P, "color": 0}, (2, 75, 129)),
    ("MediaPipeFaceMask", {"face_landmarks": Opaque("FACE_LANDMARKS", {"frames": 5, "size": (9, 8)})}, (5, 8, 9)),
    ("FrameInterpolate", {"interp_model": None, "images": P, "multiplier": 4}, (5, 75, 129, 3)),
    ("RenderUVAtlas", {"mesh": BODY, "resolution": 64}, (1, 64, 64, 3)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("class_type", "inputs", "shape"), SHAPES, ids=[f"{row[0]}-{i}" for i, row in enumerate(SHAPES)]
)
def test_sizes(class_type: str, inputs: dict[str, Any], shape: tuple[Any, ...]) -> None:
    assert outputs(class_type, **inputs).shape == shape


FAILING: list[tuple[str, dict[str, Any]]] = [
    (
        "ImageScale",
        {"image": ImageShape(1, 50, 96), "width": 3, "height": 200, "upscale_method": "area", "crop": "center"},
    ),
    ("ImageScaleBy", {"image": ImageShape(1, 1, 64), "upscale_method": "bilinear", "scale_by": 0.3}),
    ("ImageBlur", {"image": P, "blur_radius": 75, "sigma": 1.0}),
    ("ImageQuantize", {"image": ALPHA, "colors": 8, "dither": "none"}),
    ("Canny", {"image": ALPHA, "low_threshold": 0.1, "high_threshold": 0.2}),
    ("Canny", {"image": P, "low_threshold": 0.5, "high_threshold": 0.2}),
    ("ImageRGBToYUV", {"image": ALPHA}),
    ("ImageYUVToRGB", {"Y": P, "U": P, "V": ALPHA}),
    ("ImageCropToMask", {"images": P, "masks": M, "width": 64, "height": 64}),
    ("ImageGrid", {"images": [], "columns": [2], "cell_width": [50], "cell_height": [40], "padding": [4]}),
    ("BatchImagesNode", {"images__image0": GREY, "images__image1": ALPHA}),
    ("ImageToMask", {"image": P, "channel": "alpha"}),
    ("MaskComposite", {"destination": MaskShape(1, 9, 9), "source": M, "x": 0, "y": 0, "operation": "or"}),
    ("MaskComposite", {"destination": M, "source": MaskShape(1, 9, 9), "x": 66, "y": 0, "operation": "or"}),
    ("PorterDuffImageComposite", {"source": P, "source_alpha": M, "destination": ALPHA, "destination_alpha": M}),
    ("RenderUVAtlas", {"mesh": Opaque("MESH"), "resolution": 64}),
    ("MeshTextureToImage", {"mesh": Opaque("MESH", {"uvs": True})}),
    ("ImageUpscaleWithModel", {"image": ALPHA, "upscale_model": Opaque("UPSCALE_MODEL", {"factor": 4})}),
    ("LTXVPreprocess", {"image": ImageShape(1, 1, 9), "img_compression": 35}),
]


@pytest.mark.parametrize(("class_type", "inputs"), FAILING)
def test_what_the_real_node_cannot_do_fails(class_type: str, inputs: dict[str, Any]) -> None:
    # Classes that look at pixels are not asked for them: what fails, fails by its shape.
    with pytest.raises(NodeFails):
        outputs(class_type, **inputs)


def test_tiles_are_as_many_as_fit_and_end_with_the_picture() -> None:
    tiles = outputs("SplitImageToTileList", image=ImageShape(1, 211, 317), tile_width=128, tile_height=96, overlap=32)
    assert len(tiles) == 9 and {tile.shape for tile in tiles} == {(1, 96, 128, 3)}
    small = outputs("SplitImageToTileList", image=ImageShape(1, 50, 70), tile_width=128, tile_height=96, overlap=32)
    assert [tile.shape for tile in small] == [(1, 50, 70, 3)]


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("4x-UltraSharp.pth", 4),
        ("RealESRGAN_x2plus.pth", 2),
        ("tiny_x4.pth", 4),
        ("8x_NMKD.pth", 8),
        ("1x-skin.pth", 1),
    ],
)
def test_the_name_of_an_upscaler_tells_its_factor(name: str, factor: int) -> None:
    model = outputs("UpscaleModelLoader", model_name=name)
    assert outputs("ImageUpscaleWithModel", image=P, upscale_model=model).shape == (2, 75 * factor, 129 * factor, 3)


def test_a_factor_that_no_name_tells_is_a_guess() -> None:
    model = outputs("UpscaleModelLoader", model_name="sharp.pth")
    found = rule["ImageUpscaleWithModel"].work(P, model)
    assert isinstance(found, Guessed) and found[0].shape == (2, 300, 516, 3) and "sharp.pth" in found.reason


def test_layers_show_the_canvas_where_none_of_them_lies() -> None:
    whole = outputs("AddLayer", image=ImageShape(1, 40, 60))
    assert outputs("ImageCompositor", layers=whole)[0].shape == (1, 40, 60, 3)
    moved = outputs("AddLayer", image=ImageShape(1, 40, 60), layers=whole, x=30)
    assert [value.shape for value in outputs("ImageCompositor", layers=moved)] == [(1, 40, 90, 3), (1, 40, 90)]
    turned = outputs("AddLayer", image=ImageShape(1, 40, 60), rotation=45.0)
    assert outputs("ImageCompositor", layers=turned)[0].channels == 4
    with pytest.raises(ReadsContent):
        rule["ImageCompositor"].work(outputs("AddLayer", image=ALPHA))
    with pytest.raises(NodeFails):
        outputs("ImageCompositor", layers=outputs("AddLayer", image=ImageShape(51, 8, 8)))


def test_boxes_place_layers() -> None:
    boxes = [{"x": 5, "y": 6, "width": 7, "height": 8}]
    layers = outputs("LayersFromBoundingBoxes", image=P, bboxes=boxes, canvas_width=100, canvas_height=90)
    assert [(item["x"], item["y"], item.get("w")) for item in layers["layers"]] == [(5, 6, 7), (0, 0, None)]
    assert outputs("ImageCompositor", layers=layers)[0].shape == (1, 90, 100, 4)


def test_key_frames_and_their_sound() -> None:
    frames, mask, sound = outputs(
        "WanDancerPadKeyframes", images=P, segment_length=30, segment_index=1, audio=AudioShape(1, 2, 33_075, 22_050)
    )
    assert (frames.shape, mask.shape, sound.samples) == ((30, 75, 129, 3), (30, 75, 129), 11_025)


@pytest.mark.parametrize("class_type", ["ImageScaleToMaxDimension", "ResizeImagesByLongerEdge"])
def test_of_an_unknown_size_the_longer_side_is_still_bounded(class_type: str) -> None:
    side = Unknown("the size of 'a.png' is unknown without the file", 1)
    name = "image" if class_type == "ImageScaleToMaxDimension" else "images"
    given = {name: ImageShape(1, side, side), "largest_size": 512, "longer_edge": 512, "upscale_method": "area"}
    scaled = outputs(class_type, **given)
    assert isinstance(scaled.width, Unknown) and scaled.width.high == scaled.height.high == 512
