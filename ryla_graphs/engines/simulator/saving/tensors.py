"""Latents and bodies that are saved."""

from __future__ import annotations

from ryla_graphs.engines.simulator.files import glb, safetensors
from ryla_graphs.engines.simulator.saving.registry import saves
from ryla_graphs.engines.simulator.world import Node


@saves("SaveLatent")
def save_latent(node: Node) -> None:
    name, subfolder = node.world.names.next(node["filename_prefix"], ".latent", (0, 0))
    shape = [int(length) for length in node["samples"].samples]
    node.save("latent", name, safetensors("latent_tensor", shape), subfolder=subfolder)


@saves("SaveGLB", "Save3DAdvanced")
def save_3d(node: Node) -> None:
    name, subfolder = node.world.names.next(node["filename_prefix"], ".glb", (0, 0))
    node.save("3d", name, glb(), subfolder=subfolder)


@saves("SaveSVGNode")
def cannot_save(node: Node) -> None:
    raise node.fail("the simulator has no encoder for this format; run the graph on a ComfyUI server")
