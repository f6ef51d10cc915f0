"""Pictures that are saved or shown."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Any

from PIL import Image

from ryla_graphs.engines.simulator.exr import exr
from ryla_graphs.engines.simulator.files import animation, deep_png, png, svg
from ryla_graphs.engines.simulator.names import folder_within, letters_of
from ryla_graphs.engines.simulator.pictures.layers import mask_of, see_through
from ryla_graphs.engines.simulator.saving.registry import saves
from ryla_graphs.engines.simulator.world import Node
from ryla_graphs.outputs import OVER_SOCKET
from ryla_graphs.shapes.registry import NodeFails
from ryla_graphs.shapes.rules.images.layers import layers_of
from ryla_graphs.shapes.values import ImageShape, MaskShape

Pictures = ImageShape | MaskShape


@saves("SaveImage")
def save_image(node: Node) -> None:
    _save_each(node, node["images"], node["filename_prefix"])


@saves("PreviewImage")
def preview_image(node: Node) -> None:
    _save_each(node, node["images"], f"ComfyUI_temp_{letters_of(node.call.node)}", folder="temp")


@saves("MaskPreview", "MaskPreview+")
def preview_mask(node: Node) -> None:
    show(node, node["mask"])


@saves("LayerMask: MaskPreview")
def preview_mask_of_layer(node: Node) -> None:
    _save_each(node, node["mask"], f"MaskPreview_temp_{node.letters()}", folder="temp")


@saves("Painter", "ImageCropV2")
def preview_result(node: Node) -> None:
    """Nodes that are not output nodes, but show their result."""
    show(node, node.outputs[0])


@saves("GLSLShader")
def preview_shader(node: Node) -> None:
    """The page draws the result itself, so it gets the inputs."""
    for pictures in node.nested["images"].values():
        _save_each(node, pictures, "GLSLShader_input", folder="temp")
    _save_each(node, node.outputs[0], "GLSLShader_output", folder="temp")


@saves("ImageCompositor")
def preview_layers(node: Node) -> None:
    show(node, node.outputs[0])
    for layer in layers_of(node["layers"]):
        image, found = node.image(layer.item["image"], layer.index), mask_of(layer)
        left, top, width, height = layer.part
        through = None if found is None else node.world.renderer.frame(*found)
        shown = see_through(image, through).crop((left, top, left + width, top + height))
        _write(node, [shown], f"ComfyUI_temp_{node.letters()}", folder="temp")


@saves("ImageCompare")
def compare(node: Node) -> None:
    _compare(node, "comfy.compare.a", "comfy.compare.b")


@saves("Image Comparer (rgthree)")
def compare_rgthree(node: Node) -> None:
    _compare(node, "rgthree.compare.", "rgthree.compare.")


def _compare(node: Node, *prefixes: str) -> None:
    """Two pictures or batches, named with the same letters."""
    letters = node.letters()
    for side, prefix in zip("ab", prefixes, strict=True):
        pictures = node.get(f"image_{side}")
        if pictures is not None:
            _save_each(node, pictures, f"{prefix}_temp_{letters}", folder="temp")


def show(node: Node, pictures: Pictures) -> None:
    """Save pictures in the temp folder, to be shown."""
    _save_each(node, pictures, f"ComfyUI_temp_{node.letters()}", folder="temp")


def _save_each(node: Node, pictures: Pictures, prefix: str, *, folder: str = "output") -> None:
    _check(pictures)
    _write(node, node.images(pictures), prefix, folder=folder)


def _write(node: Node, images: Sequence[Image.Image], prefix: str, *, folder: str) -> None:
    names, subfolder = node.world.names.several(len(images), prefix, ".png", images[0].size, folder=folder)
    for name, image in zip(names, images, strict=True):
        picture = image.convert("RGB") if image.mode == "L" else image
        content = png(picture, node.world.prompt.document, node.guessed, node.world.ui)
        node.save("image", name, content, subfolder=subfolder, folder=folder)


def _check(pictures: Pictures, *, grey: bool = False) -> None:
    """Raise if a picture file cannot hold the channels, or for a whole video."""
    if isinstance(pictures, ImageShape) and pictures.videos:
        raise NodeFails("a picture file cannot hold a whole video")
    channels = 3 if isinstance(pictures, MaskShape) else int(pictures.channels)
    if channels not in ((1, 3, 4) if grey else (2, 3, 4)):
        raise NodeFails(f"a picture file cannot have {channels} channels")


@saves(*OVER_SOCKET)
def send_images(node: Node) -> None:
    """Sends pictures over the socket, without saving them."""
    for index, image in enumerate(node.images(node["images"]), 1):
        node.save("image", f"{node.call.node}_{index:05}_.png", png(image, node.world.prompt.document, node.guessed))


@saves("SaveImageAdvanced")
def save_advanced(node: Node) -> None:
    form, pictures = node.nested["format"], node["images"]
    _check(pictures, grey=True)
    suffix, size = f".{form['format']}", (int(pictures.width), int(pictures.height))
    names, subfolder = node.world.names.several(int(pictures.batch), node["filename_prefix"], suffix, size, last="")
    for name, image in zip(names, node.images(pictures), strict=True):
        node.save("image", name, _encoded(node, image, form), subfolder=subfolder)


def _encoded(node: Node, image: Image.Image, form: Any) -> bytes:
    prompt = node.world.prompt.document
    if form["format"] == "exr":
        return exr(image, prompt, linear=form.get("input_color_space") == "linear")
    written = deep_png if form["bit_depth"] == "16-bit" else png
    return written(image, prompt, node.guessed)


@saves("SaveAnimatedWEBP", "SaveAnimatedPNG")
def save_animated(node: Node) -> None:
    _check(node["images"])
    images, kind = node.images(node["images"]), node.call.class_type.removeprefix("SaveAnimated")
    options: dict[str, Any] = {"compress_level": 1}
    if kind == "WEBP":
        methods = {"default": 4, "fastest": 0, "slowest": 6}
        options = {"lossless": node["lossless"], "quality": node["quality"], "method": methods.get(node["method"], 4)}
    name, subfolder = node.world.names.next(node["filename_prefix"], f".{kind.lower()}", images[0].size)
    content = animation(images, node["fps"], kind, node.world.prompt.document, **options)
    node.save("image", name, content, subfolder=subfolder)


@saves("SaveSVGNode")
def save_svg(node: Node) -> None:
    count = int(node["svg"].facts.get("count", 1))
    names, subfolder = node.world.names.several(count, node["filename_prefix"], ".svg", (0, 0))
    for name in names:
        node.save("image", name, svg(node.world.prompt.document), subfolder=subfolder)


@saves("LossGraphNode")
def plot_loss(node: Node) -> None:
    show(node, ImageShape(1, 520, 840, content=node.drawn("loss of the training")))


@saves("SaveImageDataSetToFolder", "SaveImageTextDataSetToFolder")
def save_data_set(node: Node) -> None:
    """Files for training on the server, which it does not report; one picture per file."""
    folder, prefix = folder_within(node["folder_name"][0]), node["filename_prefix"][0]
    for index, pictures in enumerate(node["images"]):
        if pictures.batch != 1:
            raise NodeFails(f"it writes lists of single pictures, not a batch of {pictures.batch}")
        _check(pictures)
        name = f"{prefix}_{index:05}.png"
        if node["mode"][0] == "increment":
            name, _ = node.world.names.next(posixpath.join(folder, prefix), f"_{index:05}.png", (0, 0), last="")
        node.world.names.take("output", folder, name)
