"""Pictures of packs' nodes, which make batches of their inputs or put them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image

from ryla_graphs.engines.simulator.frames import Frames, Source
from ryla_graphs.engines.simulator.pictures.fitting import as_mode, fitted
from ryla_graphs.engines.simulator.pictures.registry import Out, Stretch, draws, makes, picks, source, whole_of
from ryla_graphs.shapes.values import ImageShape, MaskShape

_SHAPES = (ImageShape, MaskShape)


def _wired(out: Out) -> list[Any]:
    """The linked pictures, in the order of the inputs."""
    return [value for value in out.inputs.values() if isinstance(value, _SHAPES)]


@picks("ImageBatchMulti", "ImageBatchMultiple+", "ImpactMakeImageBatch", "ImpactMakeMaskBatch", "MaskBatch+")
@picks("MaskBatchMulti")
def all_wired(out: Out) -> list[Stretch]:
    return [whole_of(pictures) for pictures in _wired(out)]


@picks("ImageListToImageBatch", "ImageListToBatch+", "MaskListToMaskBatch", "MaskFromList+")
def all_listed(out: Out) -> list[Stretch]:
    lists = (value for value in out.inputs.values() if isinstance(value, list))
    return [whole_of(pictures) for pictures in next(lists, []) if isinstance(pictures, _SHAPES)]


@picks("ImpactImageBatchToImageList", "ImageBatchToList+", "MasksToMaskList")
def one_of_batch(out: Out) -> list[Stretch]:
    return [Stretch(pictures, out.item, 1) for pictures in _wired(out)[:1]]


@picks("ImageFromBatch+", "MaskFromBatch+")
def from_start(out: Out) -> list[Stretch]:
    (pictures,) = _wired(out)
    return [Stretch(pictures, min(out["start"], int(pictures.batch) - 1), int(out.shape.batch))]


@picks("GetImageRangeFromBatch")
def from_index(out: Out) -> list[Stretch]:
    pictures = out["images" if out.slot == 0 else "masks"]
    count = int(out.shape.batch)
    start = max(0, int(pictures.batch) - out["num_frames"]) if out["start_index"] == -1 else out["start_index"]
    return [Stretch(pictures, start, count)]


@picks("VHS_SplitImages")
def one_side(out: Out) -> list[Stretch]:
    images, count = out["images"], int(out.shape.batch)
    return [Stretch(images, 0 if out.slot == 0 else int(images.batch) - count, count)]


@picks("VHS_SelectEveryNthImage")
def every_nth(out: Out) -> list[Stretch]:
    first, step = out.inputs.get("skip_first_images", 0), out["select_every_nth"]
    return [Stretch(out["images"], first + step * index, 1) for index in range(int(out.shape.batch))]


@picks("VHS_MergeImages")
def both(out: Out) -> list[Stretch]:
    return [whole_of(out["images_A"]), whole_of(out["images_B"])]


@picks("ImageBatchExtendWithOverlap")
def extended(out: Out) -> list[Stretch]:
    """The overlap comes from one side, without blending."""
    given, overlap, further = out["source_images"], out["overlap"], out.inputs.get("new_images")
    count = int(given.batch)
    if out.slot != 2 or further is None:
        return [Stretch(given, count - overlap, overlap) if out.slot == 1 else whole_of(given)]
    if out["overlap_side"] == "source":
        return [Stretch(given, 0, count - overlap), whole_of(further)]
    return [whole_of(given), Stretch(further, overlap, int(further.batch) - overlap)]


@draws("LayerUtility: ImageCombineAlpha", frames=("RGB_image", "mask"))
def combine_alpha(_: Out, image: Image.Image, mask: Image.Image) -> Image.Image:
    """White parts of the mask stay visible."""
    result = image.convert("RGB")
    result.putalpha(mask.resize(image.size))
    return result


@draws("LayerUtility: ColorImage V2")
def colour_image(out: Out) -> Image.Image:
    return Image.new("RGB", out.size, out["color"])


@makes("ImageConcanate", "ImageConcatMulti")
def side_by_side(out: Out) -> Frames:
    """A shorter batch repeats its last picture; lower pictures are centred on black."""
    given, across = _wired(out), out["direction"] in ("left", "right")

    def sources(index: int) -> list[Source]:
        found = (source(value, min(index, int(value.batch) - 1)) for value in given)
        return [each for each in found if each is not None]

    def show(_: int, images: Sequence[Image.Image]) -> Image.Image:
        canvas = Image.new(out.mode, out.size)
        ordered = list(images) if out["direction"] in ("right", "down") else list(reversed(images))
        position, size = 0, images[0].size if images else out.size
        for image in ordered:
            part = as_mode(_matched(image, size, across) if out["match_image_size"] else image, out.mode)
            beside = (out.size[1] - part.height) // 2 if across else (out.size[0] - part.width) // 2
            canvas.paste(part, (position, beside) if across else (beside, position))
            position += part.width if across else part.height
        return canvas

    return Frames(sources, show)


def _matched(image: Image.Image, size: tuple[int, int], across: bool) -> Image.Image:
    ratio = image.width / image.height
    wanted = (int(size[1] * ratio), size[1]) if across else (size[0], int(size[0] / ratio))
    return fitted(image, wanted, "lanczos")
