"""Latents, weights and bodies that are saved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ryla_graphs.engines.simulator.files import glb, safetensors
from ryla_graphs.engines.simulator.names import place
from ryla_graphs.engines.simulator.saving.registry import saves
from ryla_graphs.engines.simulator.world import MAX_PIXELS, Node
from ryla_graphs.shapes.unknown import bounds
from ryla_graphs.shapes.values import Opaque


@saves("SaveLatent")
def save_latent(node: Node) -> None:
    # Unknown sizes of a latent get their smallest possible value.
    shape = [max(1, int(bounds(length)[0])) for length in node["samples"].samples]
    if math.prod(shape) > MAX_PIXELS:
        raise node.fail(f"a latent of {math.prod(shape):,} numbers; the simulator writes up to {MAX_PIXELS:,}")
    name, subfolder = node.world.names.next(node["filename_prefix"], ".latent", (0, 0))
    tensors = {"latent_tensor": shape, "latent_format_version_0": [0]}
    node.save("latent", name, safetensors(tensors, node.world.prompt.document), subfolder=subfolder)


@saves("CheckpointSave", "ModelSave", "VAESave", "CLIPSave", "ImageOnlyCheckpointSave", "LoraSave")
def save_weights(node: Node) -> None:
    """Weights stay on the server's disk, and are not reported."""
    _note_weights(node, node["filename_prefix"])


@saves("SaveLoRA")
def save_lora(node: Node) -> None:
    steps = node.get("steps")
    _note_weights(node, node["prefix"], "" if steps is None else f"_{steps}_steps")


def _note_weights(node: Node, prefix: str, after: str = "") -> None:
    subfolder, stem = place(prefix)
    name, _ = node.world.names.next(prefix, ".safetensors", (0, 0))
    node.world.names.take("output", subfolder, name.replace(stem, f"{stem}{after}", 1))


@saves("SaveGLB")
def save_mesh(node: Node) -> None:
    """One file for each body of a mesh, or the input file."""
    mesh: Opaque = node["mesh"]
    count = 1 if "format" in mesh.facts else int(mesh.facts.get("batch", 1))
    names, subfolder = node.world.names.several(
        count, node["filename_prefix"], f".{_suffix(mesh)}", (0, 0), numbered=False
    )
    for name in names:
        node.save("3d", name, glb(), subfolder=subfolder)


@saves("Save3DAdvanced", "SaveGaussianSplat", "SavePointCloud")
def save_body(node: Node) -> None:
    suffix = f".{_suffix(node['model_3d'])}"
    name, subfolder = node.world.names.next(node["filename_prefix"], suffix, (0, 0), last="")
    node.save("3d", name, glb(), subfolder=subfolder)


_SHOWN: Mapping[str, str] = {
    "Preview3DAdvanced": "preview3d_advanced",
    "PreviewGaussianSplat": "preview_splat",
    "PreviewPointCloud": "preview_pointcloud",
}


@saves(*_SHOWN)
def show_body(node: Node) -> None:
    name = f"{_SHOWN[node.call.class_type]}_{node.world.names.hexadecimal(node.key)}.{_suffix(node['model_3d'])}"
    node.save("3d", name, glb(), folder="temp")


@saves("Preview3D")
def show_file(node: Node) -> None:
    """A file as input is saved into the output folder; a file given by name is there already."""
    given = node["model_file"]
    if isinstance(given, Opaque):
        name = f"preview3d_{node.world.names.hexadecimal(node.key)}.{_suffix(given)}"
        node.save("3d", name, glb())
    elif isinstance(given, str) and given:
        subfolder, _, name = given.rpartition("/")
        node.save("3d", name, glb(), subfolder=subfolder)


def _suffix(value: Any) -> str:
    return str(value.facts.get("format") or "glb") if isinstance(value, Opaque) else "glb"
