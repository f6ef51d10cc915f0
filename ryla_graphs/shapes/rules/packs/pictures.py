"""Packs' pictures and masks that keep their size, or have the size of the picture that a detector analysed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.registry import Call, NodeFails, rule
from ryla_graphs.shapes.rules.common import keeps, resized, rows
from ryla_graphs.shapes.unknown import Whole, least, rounded
from ryla_graphs.shapes.values import ImageShape, MaskShape, Opaque

rows(
    keeps,
    {
        # ComfyUI-KJNodes
        "BlockifyMask": "masks",
        "ColorMatch": "image_target",
        "ColorMatchV2": "image_target",
        "DrawMaskOnImage": "image",
        "RemapMaskRange": "mask",
        "RoundMask": "mask",
        # ComfyUI_essentials
        "ImageCASharpening+": "image",
        "ImageColorMatch+": "image",
        "ImageDesaturate+": "image",
        "ImageFlip+": "image",
        "ImageSmartSharpen+": "image",
        "MaskBlur+": "mask",
        "MaskFix+": "mask",
        "MaskFlip+": "mask",
        "MaskSmooth+": "mask",
        # ComfyUI-Impact-Pack
        "ImpactDilateMask": "mask",
        "ImpactGaussianBlurMask": "mask",
        "ToBinaryMask": "mask",
        # comfyui_controlnet_aux, comfyui-inpaint-nodes
        "INPAINT_InpaintWithModel": "image",
        "INPAINT_MaskedBlur": "image",
        "INPAINT_MaskedFill": "image",
        "InpaintPreprocessor": "image",
        # WAS Node Suite
        "Image Filter Adjustments": "image",
        "Image Levels Adjustment": "image",
        "Image Lucy Sharpen": "images",
    },
)

_ANNOTATORS = (
    "AnimeLineArtPreprocessor", "AnyLineArtPreprocessor_aux", "BAE-NormalMapPreprocessor", "BinaryPreprocessor",
    "CannyEdgePreprocessor", "ColorPreprocessor", "DSINE-NormalMapPreprocessor", "DensePosePreprocessor",
    "DepthAnythingPreprocessor", "DepthAnythingV2Preprocessor", "DiffusionEdge_Preprocessor",
    "FakeScribblePreprocessor", "HEDPreprocessor", "ImageIntensityDetector", "ImageLuminanceDetector",
    "LeReS-DepthMapPreprocessor", "LineArtPreprocessor", "LineartStandardPreprocessor", "M-LSDPreprocessor",
    "Manga2Anime_LineArt_Preprocessor", "MediaPipe-FaceMeshPreprocessor", "Metric3D-DepthMapPreprocessor",
    "Metric3D-NormalMapPreprocessor", "MiDaS-DepthMapPreprocessor", "MiDaS-NormalMapPreprocessor",
    "OneFormer-ADE20K-SemSegPreprocessor", "OneFormer-COCO-SemSegPreprocessor", "PiDiNetPreprocessor",
    "PyraCannyPreprocessor", "SAMPreprocessor", "ScribblePreprocessor", "Scribble_PiDiNet_Preprocessor",
    "Scribble_XDoG_Preprocessor", "SemSegPreprocessor", "ShufflePreprocessor", "TEEDPreprocessor",
    "UniFormer-SemSegPreprocessor", "Zoe-DepthMapPreprocessor", "Zoe_DepthAnythingPreprocessor",
)  # fmt: skip
_POSES = ("AnimalPosePreprocessor", "DWPreprocessor", "OpenposePreprocessor")


def annotated(image: ImageShape, resolution: Any = 512) -> ImageShape:
    """The drawing of an annotator: its resolution sets the shorter side, or 512 if that is too small."""
    if image.channels not in (1, 3, 4):
        raise NodeFails(f"it takes pictures with 1, 3 or 4 channels, not {image.channels}")
    side: Whole = resolution if resolution >= 64 else 512
    factor = side / least(image.width, image.height)
    return ImageShape(image.batch, rounded(image.height * factor), rounded(image.width * factor))


rule(*_ANNOTATORS)(annotated)


@rule(*_POSES)
def poses(image: ImageShape, resolution: Any = 512) -> tuple[ImageShape, Opaque]:
    shown = annotated(image, resolution)
    return shown, Opaque("POSE_KEYPOINT", {"frames": shown.batch, "size": (shown.width, shown.height)})


@rule("AIO_Preprocessor")
def any_annotator(image: ImageShape, preprocessor: str = "none", resolution: Any = 512) -> ImageShape:
    return image if preprocessor == "none" else annotated(image, resolution)


@rule("GrowMaskWithBlur")
def grow_and_blur(mask: MaskShape) -> tuple[MaskShape, MaskShape]:
    """The mask, and the same inverted."""
    return replace(mask, content=None), replace(mask, content=None)


@rule("MaskFromColor+")
def mask_of_colour(image: ImageShape) -> MaskShape:
    return _mask_of(image)


@rule("ColorToMask")
def mask_near_colour(images: ImageShape) -> MaskShape:
    return _mask_of(images)


def _mask_of(image: ImageShape) -> MaskShape:
    if image.channels != 3:
        raise NodeFails(f"it takes pictures with 3 channels, not {image.channels}")
    return MaskShape(image.batch, image.height, image.width)


@rule("MaskFromRGBCMYBW+")
def masks_of_colours(image: ImageShape) -> tuple[MaskShape, ...]:
    """Red, green, blue, cyan, magenta, yellow, black and white."""
    return tuple(MaskShape(image.batch, image.height, image.width) for _ in range(8))


@rule("ImageRemoveAlpha+")
def without_alpha(image: ImageShape) -> ImageShape:
    return replace(image, channels=3, content=None) if image.channels == 4 else image


@rule("Images to RGB")
def as_colours(images: ImageShape) -> ImageShape:
    return replace(images, channels=3, content=None)


@rule("ImageCompositeFromMaskBatch+")
def composite_by_masks(image_from: ImageShape, image_to: ImageShape, mask: MaskShape) -> ImageShape:
    """A picture for each mask, from one to the other."""
    if image_from.shape[1:3] != image_to.shape[1:3]:
        resized(image_to, image_from.width, image_from.height, "bicubic", "center")
    return replace(image_from, batch=mask.batch, content=None)


@rule("CreateGradientMask", "CreateTextMask", "CreateFadeMask")
def mask_frames(frames: Whole, width: Whole, height: Whole) -> MaskShape:
    return MaskShape(frames, height, width)


@rule("CreateShapeMask")
def shape_frames(frames: Whole, frame_width: Whole, frame_height: Whole) -> tuple[MaskShape, MaskShape]:
    return MaskShape(frames, frame_height, frame_width), MaskShape(frames, frame_height, frame_width)


@rule("OffsetMask")
def offset(mask: MaskShape, duplication_factor: Whole = 1) -> MaskShape:
    return replace(mask, batch=mask.batch * duplication_factor, content=None)


@rule("easy imageSwitch")
def switch(image_a: Any = None, image_b: Any = None, boolean: Any = False) -> Any:
    return image_a if boolean else image_b


@rule("Image Comparer (rgthree)")
def compared(call: Call) -> Any:
    """It shows pictures, and passes on nothing."""
    return (None,) * len(call.schema.outputs)
