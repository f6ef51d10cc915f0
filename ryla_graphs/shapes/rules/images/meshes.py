"""Textures baked for 3D bodies, and read from them.

Rules use the facts ``batch``, ``uvs`` (whether it is unwrapped) and ``texture`` (the picture it carries) of a
``MESH``. A body without a fact lacks that thing.
"""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.common import same_shape
from ryla_graphs.shapes.unknown import Undecided, Whole
from ryla_graphs.shapes.values import ImageShape, Opaque


def _fact(mesh: Opaque, name: str) -> Any:
    if "unknown" in mesh.facts:
        raise Undecided(mesh.facts["unknown"])
    return mesh.facts.get(name)


def unwrapped(mesh: Opaque) -> Whole:
    """How many bodies there are. Raises `NodeFails` if they are not unwrapped."""
    if not _fact(mesh, "uvs"):
        raise NodeFails("its mesh has no UVs: unwrap it first")
    return _fact(mesh, "batch") or 1


@rule("BakeNormalMapFromMesh", "BakeAmbientOcclusion")
def bake_map(low_poly: Opaque, resolution: Whole) -> ImageShape:
    return ImageShape(unwrapped(low_poly), resolution, resolution)


@rule("BakeTextureFromVoxel")
def bake_texture(mesh: Opaque, texture_size: Whole) -> tuple[ImageShape, ImageShape, ImageShape]:
    batch = unwrapped(mesh)
    base, metallic, roughness = (ImageShape(batch, texture_size, texture_size) for _ in range(3))
    return base, metallic, roughness


@rule("RenderUVAtlas")
def render_atlas(mesh: Opaque, resolution: Whole) -> ImageShape:
    unwrapped(mesh)
    return ImageShape(1, resolution, resolution)


@rule("MeshTextureToImage")
def texture_of(mesh: Opaque) -> tuple[ImageShape, ...]:
    """Base colour, metal, roughness, occlusion and normals."""
    texture = _fact(mesh, "texture")
    if texture is None:
        raise NodeFails("its mesh has no texture: bake one first")
    return tuple(same_shape(texture) for _ in range(5))


@rule("ApplyTextureToMesh")
def apply_texture(mesh: Opaque, base_color: ImageShape) -> Opaque:
    unwrapped(mesh)
    return mesh.with_facts(texture=base_color)
