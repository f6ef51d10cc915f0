"""What the simulator really does to pixels: pictures that are cut, joined, laid over each other and changed."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFilter

from ryla_graphs import Workflow, nodes, run
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.engines.simulator.drawing import MARK
from ryla_graphs.engines.simulator.exr import exr
from ryla_graphs.engines.simulator.pictures.filters import spread
from ryla_graphs.engines.simulator.tensors import tensor_text
from ryla_graphs.nodes import EmptyImage, LoadImage, SaveImage
from ryla_graphs.problems import ExecutionFailed

Format = nodes.SaveImageAdvanced.Format
RED, GREEN, BLUE, WHITE = 0xFF0000, 0x00FF00, 0x0000FF, 0xFFFFFF


def flat(width: int, height: int, colour: int, batch: int = 1) -> EmptyImage:
    return EmptyImage(width=width, height=height, batch_size=batch, color=colour)


def picture_of(name: str) -> Any:
    return LoadImage(image=name).out.image


def gradient(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    ramps = [Image.linear_gradient("L").rotate(turn).resize((width, height)) for turn in (0, 90, 180, 270)]
    return Image.merge(mode, ramps[: len(mode)])


def encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def saved(source: Any, **files: Image.Image) -> list[Image.Image]:
    """What is saved of a source, with input files by the first part of their name."""
    inputs = {f"{name}.png": encoded(image) for name, image in files.items()}
    result = run(Simulator(), Workflow(SaveImage(images=source, filename_prefix="x")).compile(), inputs)
    return [Image.open(io.BytesIO(output.read())) for output in result.outputs if output.folder == "output"]


def only(source: Any, **files: Image.Image) -> Image.Image:
    (image,) = saved(source, **files)
    return image


def colour_at(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    colour = image.getpixel((x, y))
    assert isinstance(colour, tuple)
    return colour


def equal(first: Image.Image, second: Image.Image, within: int = 0) -> bool:
    bands = ImageChops.difference(first, second.convert(first.mode)).split()
    return first.size == second.size and all(sum(band.histogram()[within + 1 :]) == 0 for band in bands)


def test_stitched_pictures_stand_beside_each_other_with_a_gap() -> None:
    stitched = only(
        nodes.ImageStitch(
            image1=flat(64, 64, RED), image2=flat(64, 64, BLUE), direction="left", match_image_size=True,
            spacing_width=8, spacing_color="green",
        )
    )  # fmt: skip
    assert stitched.size == (136, 64)
    assert [stitched.getpixel((x, 32)) for x in (10, 68, 100)] == [(0, 0, 255), (0, 255, 0), (255, 0, 0)]


def test_a_grid_fills_its_cells_row_by_row() -> None:
    pictures = nodes.ImageBatch(image1=flat(8, 8, RED, 2), image2=flat(8, 8, BLUE))
    shown = only(nodes.ImageGrid(images=pictures, columns=2, cell_width=32, cell_height=40, padding=4))
    assert shown.size == (68, 84)
    places = [(16, 20), (50, 20), (16, 60), (50, 60), (34, 20)]
    assert [shown.getpixel(place) for place in places] == [(255, 0, 0), (255, 0, 0), (0, 0, 255), (0, 0, 0), (0, 0, 0)]


@pytest.mark.parametrize("overlap", [0, 16])
def test_tiles_are_put_together_again(overlap: int) -> None:
    picture = gradient(200, 150)
    tiles = nodes.SplitImageToTileList(image=picture_of("a.png"), tile_width=96, tile_height=64, overlap=overlap)
    whole = nodes.ImageMergeTileList(image_list=tiles, final_width=200, final_height=150, overlap=overlap)
    assert equal(only(whole, a=picture), picture, within=1)


def test_alpha_goes_out_and_in_again() -> None:
    picture = gradient(mode="RGBA")
    image, mask = LoadImage(image="a.png").out
    assert equal(only(nodes.JoinImageWithAlpha(image=image, alpha=mask), a=picture), picture)


def test_a_composite_covers_where_its_mask_is_white() -> None:
    mask = nodes.SolidMask(value=0.5, width=8, height=8)
    layer = nodes.ImageCompositeMasked(
        destination=flat(64, 64, RED), source=flat(16, 16, BLUE), x=8, y=8, resize_source=False, mask=mask
    )
    shown = only(layer)
    assert shown.getpixel((4, 4)) == (255, 0, 0)
    red, green, blue = colour_at(shown, 16, 16)
    assert (green, abs(red - 127) <= 2, abs(blue - 128) <= 2) == (0, True, True)


@pytest.mark.parametrize(
    ("mode", "colour"),
    [
        ("SRC", (255, 0, 0)),
        ("DST", (0, 0, 255)),
        ("SRC_OVER", (255, 0, 0)),
        ("CLEAR", (0, 0, 0)),
        ("ADD", (255, 0, 255)),
    ],
)
def test_porter_duff(mode: Any, colour: tuple[int, int, int]) -> None:
    opaque = nodes.SolidMask(value=0.0, width=16, height=16)
    image = nodes.PorterDuffImageComposite(
        source=flat(16, 16, RED),
        source_alpha=opaque,
        destination=flat(16, 16, BLUE),
        destination_alpha=opaque,
        mode=mode,
    )
    assert only(image.out.image).getpixel((8, 8)) == colour


def test_layers_lie_where_they_are_placed() -> None:
    ground = nodes.AddLayer(image=flat(64, 64, RED))
    layers = nodes.AddLayer(image=flat(16, 16, BLUE), layers=ground, x=40, y=8, opacity=0.5)
    shown = only(nodes.ImageCompositor(layers=layers, compositor={}).out.image)
    assert (shown.mode, shown.getpixel((10, 10))) == ("RGB", (255, 0, 0))
    red, _, blue = colour_at(shown, 45, 12)
    assert abs(red - 128) <= 2 and abs(blue - 127) <= 2


def test_a_layer_with_holes_shows_the_canvas() -> None:
    image, mask = LoadImage(image="a.png").out
    layers = nodes.AddLayer(image=image, mask=mask)
    picture = gradient(mode="RGBA")
    assert only(nodes.ImageCompositor(layers=layers, compositor={}).out.image, a=picture).mode == "RGBA"
    picture.putalpha(255)
    assert only(nodes.ImageCompositor(layers=layers, compositor={}).out.image, a=picture).mode == "RGB"


def test_colours_are_brought_to_those_of_another_picture() -> None:
    target = gradient()
    reference = Image.eval(ImageChops.invert(gradient(30, 30).convert("L")).convert("RGB"), lambda value: value // 2)
    image = nodes.ColorTransfer(
        image_target=picture_of("a.png"), image_ref=picture_of("b.png"), method="histogram",
        source_stats="per_frame", strength=1.0,
    )  # fmt: skip
    shown = only(image, a=target, b=reference)
    for mine, theirs in zip(shown.getextrema(), reference.getextrema(), strict=True):
        assert isinstance(mine, tuple) and isinstance(theirs, tuple) and abs(mine[1] - theirs[1]) <= 3


def test_channels_go_apart_and_together() -> None:
    y, u, v = nodes.ImageRGBToYUV(image=picture_of("a.png")).out
    assert equal(only(nodes.ImageYUVToRGB(Y=y, U=u, V=v), a=gradient()), gradient(), within=4)


def test_a_box_is_cut_out() -> None:
    box = nodes.PrimitiveBoundingBox(x=10, y=5, width=20, height=10)
    part = only(nodes.ImageCropV2(image=picture_of("a.png"), crop_region=box), a=gradient())
    assert equal(part, gradient().crop((10, 5, 30, 15)))


def test_an_empty_mask_has_no_body() -> None:
    image, mask = LoadImage(image="a.png").out
    with pytest.raises(ExecutionFailed, match="mask is empty"):
        only(nodes.TripoSplatPreprocessImage(image=image, mask=mask), a=gradient())


@given(st.integers(1, 9).map(lambda half: 2 * half + 1), st.integers(3, 40), st.integers(3, 40), st.integers(0, 99))
def test_growing_by_halves_is_growing_at_once(size: int, width: int, height: int, seed: int) -> None:
    """As Pillow's own filter does, which takes time for every pixel of the square."""
    image = Image.effect_noise((width, height), 90) if seed % 2 else Image.linear_gradient("L").resize((width, height))
    assert equal(spread(image, size, ImageChops.lighter), image.filter(ImageFilter.MaxFilter(size)))
    assert equal(spread(image, size, ImageChops.darker), image.filter(ImageFilter.MinFilter(size)))


def test_deep_pictures_and_light() -> None:
    images = picture_of("a.png")
    deep = nodes.SaveImageAdvanced(images=images, format=Format.Png(bit_depth="16-bit"), filename_prefix="d")
    light = nodes.SaveImageAdvanced(images=images, format="exr", filename_prefix="e")
    compiled = Workflow(deep, light).compile()
    outputs = run(Simulator(), compiled, {"a.png": encoded(gradient())}).outputs
    contents = {output.filename: output.read() for output in outputs}
    assert list(contents) == ["d_00001.png", "e_00001.exr"]
    assert contents["d_00001.png"][24] == 16 and equal(Image.open(io.BytesIO(contents["d_00001.png"])), gradient())
    assert json.loads(Image.open(io.BytesIO(contents["d_00001.png"])).info["prompt"]) == compiled.prompt
    assert contents["e_00001.exr"].startswith(b"\x76\x2f\x31\x01") and MARK.encode() in contents["e_00001.exr"]


def test_exr_holds_linear_light_which_others_read() -> None:
    av = pytest.importorskip("av", reason="FFmpeg reads OpenEXR, and is in the extra `media`")
    picture = Image.new("RGB", (4, 3), (255, 188, 0))
    decoder = av.CodecContext.create("exr", "r")
    (frame,) = [*decoder.decode(av.Packet(exr(picture, {}))), *decoder.decode(None)][:1]
    assert (frame.width, frame.height, frame.format.name) == (4, 3, "gbrpf32le")
    green, blue, red = (struct.unpack_from("<f", bytes(plane))[0] for plane in frame.planes)
    assert (round(red, 3), round(green, 2), round(blue, 3)) == (1.0, 0.5, 0.0)


def test_animations_carry_the_prompt() -> None:
    images = nodes.ImageBatch(image1=flat(16, 16, RED), image2=flat(16, 16, BLUE))
    moving = nodes.SaveAnimatedWEBP(
        images=images, filename_prefix="w", fps=5.0, lossless=True, quality=80, method="default"
    )
    compiled = Workflow(moving, nodes.SaveAnimatedPNG(images=images, filename_prefix="p", fps=5.0)).compile()
    webp, png = (output.read() for output in run(Simulator(), compiled).outputs)
    with Image.open(io.BytesIO(webp)) as image:
        assert (
            getattr(image, "n_frames", 1) == 2
            and json.loads(image.getexif()[0x0110].removeprefix("prompt:")) == compiled.prompt
        )
    assert b"comfprompt\0" in png


@pytest.mark.parametrize(
    ("shape", "value", "text"),
    [
        ((3,), lambda place: [14.6, 4.8086, 0.0][place[0]], "tensor([14.6000,  4.8086,  0.0000])"),
        ((2, 2), lambda place: float(place[1]), "tensor([[0., 1.],\n        [0., 1.]])"),
        ((1, 0, 4), lambda _: 0.0, "tensor([], size=(1, 0, 4))"),
        ((2,), lambda place: 10.0 ** (5 * place[0]), "tensor([1.0000e+00, 1.0000e+05])"),
    ],
)
def test_tensors_as_text(shape: tuple[int, ...], value: Any, text: str) -> None:
    assert tensor_text(shape, value) == text


def test_a_long_tensor_shows_its_edges() -> None:
    text = tensor_text((2_000,), lambda place: float(place[0]))
    assert text.count(",") == 12 and " ..., " in text and text.endswith("1.9990e+03])")


def test_a_huge_picture_costs_nothing_until_it_is_saved() -> None:
    huge = nodes.ImageScale(image=flat(16_384, 16_384, RED, 64), upscale_method="lanczos", width=16_384, height=16_000)
    sized = nodes.GetImageSize(
        image=nodes.ImageStitch(image1=huge, image2=huge, direction="down", match_image_size=True)
    )
    result = run(Simulator(), Workflow(nodes.PreviewAny(source=sized.out.height)).compile())
    assert [output.text for output in result.outputs] == ["32000"]
