"""ComfyUI_LayerStyle: colours, effects, masks and layers. Its outputs go through Pillow, mostly as RGB."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import keeps, rows
from ryla_graphs.shapes.unknown import Number, Unknown, Whole, most, whole
from ryla_graphs.shapes.values import ImageShape, MaskShape, Opaque

_SMALLEST = 4

rows(
    keeps,
    {
        **dict.fromkeys(
            (
                "LayerColor: AutoAdjust",
                "LayerColor: Brightness & Contrast",
                "LayerColor: BrightnessContrastV2",
                "LayerColor: ColorAdapter",
                "LayerColor: ColorBalance",
                "LayerColor: Exposure",
                "LayerColor: Gamma",
                "LayerColor: HSV",
                "LayerColor: LAB",
                "LayerColor: LUT Apply",
                "LayerColor: Levels",
                "LayerColor: Negative",
                "LayerColor: RGB",
                "LayerColor: YUV",
            ),
            "image",
        ),
        **dict.fromkeys(
            (
                "LayerMask: MaskEdgeShrink",
                "LayerMask: MaskGradient",
                "LayerMask: MaskGrow",
                "LayerMask: MaskInvert",
                "LayerMask: MaskMotionBlur",
                "LayerMask: MaskStroke",
            ),
            "mask",
        ),
    },
)


def as_rgb(name: str) -> Callable[..., Any]:
    """A rule for classes that output the input `name` as RGB, in the same size."""

    def work(**inputs: Any) -> Any:
        return replace(inputs[name], channels=3, content=None)

    return work


rows(
    as_rgb,
    dict.fromkeys(
        (
            "LayerFilter: AddGrain",
            "LayerFilter: ChannelShake",
            "LayerFilter: ColorMap",
            "LayerFilter: Film",
            "LayerFilter: FilmV2",
            "LayerFilter: GaussianBlur",
            "LayerFilter: GaussianBlurV2",
            "LayerFilter: HalfTone",
            "LayerFilter: LightLeak",
            "LayerFilter: MotionBlur",
            "LayerFilter: SoftLight",
            "LayerFilter: WaterColor",
        ),
        "image",
    ),
)


@rule("LayerColor: Color of Shadow & Highlight", "LayerColor: ColorofShadowHighlightV2", "LayerMask: PixelSpread")
def with_mask(image: ImageShape, mask: MaskShape | None = None) -> ImageShape:
    return replace(image, batch=_longest(image, mask), channels=3, content=None)


def _longest(*given: ImageShape | MaskShape | None) -> Whole:
    """The batch size when the last picture of a shorter batch is repeated."""
    count: Whole = most(*(value.batch for value in given if value is not None))
    return count


_ON_BACKGROUND = (
    "LayerStyle: ColorOverlay", "LayerStyle: ColorOverlay V2", "LayerStyle: DropShadow", "LayerStyle: DropShadow V2",
    "LayerStyle: GradientOverlay", "LayerStyle: GradientOverlay V2", "LayerStyle: InnerShadow",
    "LayerStyle: InnerShadow V2", "LayerStyle: OuterGlow", "LayerStyle: OuterGlow V2", "LayerStyle: Stroke",
    "LayerStyle: Stroke V2", "LayerUtility: ImageBlend", "LayerUtility: ImageBlend V2",
)  # fmt: skip


@rule(*_ON_BACKGROUND)
def on_background(
    background_image: ImageShape, layer_image: ImageShape, layer_mask: MaskShape | None = None
) -> ImageShape:
    """A layer on a background."""
    batch = _longest(background_image, layer_image, layer_mask)
    return replace(background_image, batch=batch, channels=3, content=None)


@rule("LayerUtility: ImageBlendAdvance", "LayerUtility: ImageBlendAdvance V2")
def blend_anywhere(
    background_image: ImageShape, layer_image: ImageShape, layer_mask: MaskShape | None = None
) -> tuple[ImageShape, MaskShape]:
    shown = on_background(background_image, layer_image, layer_mask)
    return shown, MaskShape(shown.batch, shown.height, shown.width)


_CUT_OUT = (
    "LayerMask: BiRefNetUltra", "LayerMask: BiRefNetUltraV2", "LayerMask: MaskEdgeUltraDetail",
    "LayerMask: MaskEdgeUltraDetail V2", "LayerMask: RemBgUltra", "LayerMask: RmBgUltra V2",
    "LayerMask: SegmentAnythingUltra", "LayerMask: SegmentAnythingUltra V2",
)  # fmt: skip


@rule(*_CUT_OUT)
def cut_out(image: ImageShape) -> tuple[ImageShape, MaskShape]:
    """The foreground with alpha, and its mask."""
    return replace(image, channels=4, content=None), MaskShape(image.batch, image.height, image.width)


@rule("LayerMask: ImageToMask", "LayerMask: MaskByColor", "LayerMask: BlendIf Mask")
def mask_of(image: ImageShape, mask: MaskShape | None = None) -> MaskShape:
    return MaskShape(_longest(image, mask), image.height, image.width)


@rule("LayerUtility: ImageCombineAlpha")
def combine_alpha(RGB_image: ImageShape, mask: MaskShape) -> ImageShape:  # noqa: N803 - the input's own name
    return replace(RGB_image, batch=_longest(RGB_image, mask), channels=4, content=None)


@rule("LayerUtility: ImageRemoveAlpha")
def remove_alpha(RGBA_image: ImageShape) -> ImageShape:  # noqa: N803 - the input's own name
    return replace(RGBA_image, channels=3, content=None)


@rule("LayerUtility: ColorImage V2", "LayerUtility: GradientImage V2")
def colour_image(size: Any, custom_width: Whole, custom_height: Whole, size_as: Any = None) -> ImageShape:
    """One picture, as large as another, as a size such as ``1024 x 768`` says, or as two numbers say."""
    if size_as is not None:
        return ImageShape(1, size_as.height, size_as.width)
    width, times, height = str(size).partition("x")
    if times and width.strip().isdigit() and height.strip().isdigit():
        return ImageShape(1, int(height), int(width))
    return ImageShape(1, custom_height, custom_width)


@rule("LayerMask: CreateGradientMask")
def gradient_mask(width: Whole, height: Whole, size_as: Any = None) -> MaskShape:
    return MaskShape(1, height, width) if size_as is None else MaskShape(1, size_as.height, size_as.width)


Scaled = tuple[Any, Any, Opaque, Whole, Whole]
"""A picture and a mask if they were given, their former size, and the new one."""


def _both(image: ImageShape | None, mask: MaskShape | None, width: Whole, height: Whole) -> Scaled:
    given = image or mask
    if given is None:
        raise NodeFails("it has neither a picture nor a mask")
    return (
        image and ImageShape(image.batch, height, width),
        mask and MaskShape(mask.batch, height, width),
        Opaque("BOX", {"size": (given.width, given.height)}),
        width,
        height,
    )


@rule("LayerUtility: ImageMaskScaleAs")
def scale_as_another(scale_as: Any, image: ImageShape | None = None, mask: MaskShape | None = None) -> Scaled:
    return _both(image, mask, scale_as.width, scale_as.height)


@rule("LayerUtility: ImageScaleRestore")
def scale_and_restore(
    image: ImageShape,
    scale: Number,
    scale_by_longest_side: Any = False,
    longest_side: Whole = 1024,
    mask: MaskShape | None = None,
    original_size: Opaque | None = None,
) -> Scaled:
    """Scaled by a factor or to a longer side, or restored to its former size."""
    if original_size is not None:
        width, height = original_size.fact("size")
    elif not scale_by_longest_side:
        width, height = whole(image.width * scale), whole(image.height * scale)
    elif image.width > image.height:
        width, height = longest_side, whole(longest_side * image.height / image.width)
    else:
        width, height = whole(longest_side * image.width / image.height), longest_side
    batch = _longest(image, mask)
    scaled = MaskShape(batch, image.height, image.width)
    return _both(replace(image, batch=batch), scaled, most(width, _SMALLEST), most(height, _SMALLEST))


@rule("LayerUtility: ImageScaleByAspectRatio V2")
def scale_by_ratio(
    aspect_ratio: Any,
    proportional_width: Whole,
    proportional_height: Whole,
    round_to_multiple: Any,
    scale_to_side: Any,
    scale_to_length: Whole,
    image: ImageShape | None = None,
    mask: MaskShape | None = None,
) -> Scaled:
    given = image or mask
    if given is None:
        raise NodeFails("it has neither a picture nor a mask")
    ratio = _ratio(aspect_ratio, given, proportional_width, proportional_height)
    width, height = _sides(given, ratio, scale_to_side, scale_to_length)
    if round_to_multiple != "None":
        multiple = int(round_to_multiple)
        width, height = -(-width // multiple) * multiple, -(-height // multiple) * multiple
    return _both(image, mask, width, height)


def _ratio(aspect_ratio: str, given: Any, width: Whole, height: Whole) -> Number:
    if aspect_ratio in ("original", "custom"):
        return given.width / given.height if aspect_ratio == "original" else width / height
    across, down = aspect_ratio.split(":")
    return int(across) / int(down)


def _sides(given: Any, ratio: Number, side: str, length: Whole) -> tuple[Whole, Whole]:
    """The new sides, from one of them or from the total in thousands of pixels."""
    if side == "total_pixel(kilo pixel)":
        across = _root(ratio * length * 1_000)
        return whole(across), whole(across / ratio)
    wide = ratio > 1
    if side not in ("longest", "shortest", "width", "height"):
        side, length = ("width", given.width) if wide else ("height", given.height)
    if side == "width" or side == ("longest" if wide else "shortest"):
        return length, whole(length / ratio)
    return whole(length * ratio), length


def _root(value: Number) -> Number:
    if isinstance(value, Unknown):
        return Unknown(value.reason, math.sqrt(max(0, value.low)), math.sqrt(max(0, value.high)))
    return math.sqrt(value)
