"""Pictures that are saved or shown."""

from __future__ import annotations

from ryla_graphs.engines.simulator.files import animation, png
from ryla_graphs.engines.simulator.saving.registry import saves
from ryla_graphs.engines.simulator.world import Node
from ryla_graphs.outputs import OVER_SOCKET
from ryla_graphs.shapes.values import ImageShape, MaskShape


@saves("SaveImage", "SaveImageAdvanced")
def save_image(node: Node) -> None:
    for image in node.images(node["images"]):
        name, subfolder = node.world.names.next(node["filename_prefix"], ".png", image.size)
        node.save("image", name, png(image, node.world.prompt.document, node.world.ui), subfolder=subfolder)


@saves("PreviewImage", *OVER_SOCKET)
def preview_image(node: Node) -> None:
    _preview(node, node["images"])


@saves("MaskPreview")
def preview_mask(node: Node) -> None:
    _preview(node, node["mask"])


def _preview(node: Node, pictures: ImageShape | MaskShape) -> None:
    for image in node.images(pictures):
        name, _ = node.world.names.next("ComfyUI_temp", ".png", image.size, folder="temp")
        node.save("image", name, png(image, node.world.prompt.document, node.world.ui), folder="temp")


@saves("SaveAnimatedWEBP", "SaveAnimatedPNG")
def save_animated(node: Node) -> None:
    images = node.images(node["images"])
    kind = node.call.class_type.removeprefix("SaveAnimated")
    name, subfolder = node.world.names.next(node["filename_prefix"], f".{kind.lower()}", images[0].size)
    node.save("image", name, animation(images, node["fps"], kind), subfolder=subfolder)
