"""3D files, Gaussian splats, meshes: loaded, changed, joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.registry import Call, NodeFails, rule
from ryla_graphs.shapes.unknown import Unknown, Whole
from ryla_graphs.shapes.values import Opaque

_COUNT = Unknown("how many points a body has, only its file tells", 1)


def _file(name: Any, call: Call) -> Opaque | None:
    """A 3D file, with what is known about its contents; None if none is chosen."""
    if not name or name == "none":
        return None
    found = call.files.get(name) if isinstance(name, str) else None
    facts = found.facts if isinstance(found, Opaque) else {}
    return Opaque("FILE_3D", {"name": name, **facts})


def _state(viewport_state: Any) -> Mapping[str, Any]:
    return viewport_state if isinstance(viewport_state, Mapping) else {}


@rule("Load3DAdvanced")
def load(model_file: Any, width: Whole, height: Whole, call: Call, viewport_state: Any = None) -> tuple[Any, ...]:
    state = _state(viewport_state)
    return _file(model_file, call), state.get("model_3d_info", []), state.get("camera_info"), width, height


@rule(
    "Save3DAdvanced",
    "SaveGaussianSplat",
    "SavePointCloud",
    "Preview3DAdvanced",
    "PreviewGaussianSplat",
    "PreviewPointCloud",
)
def save(
    model_3d: Any,
    width: Whole,
    height: Whole,
    viewport_state: Any = None,
    camera_info: Any = None,
    model_3d_info: Any = None,
) -> tuple[Any, ...]:
    if model_3d is None:
        raise NodeFails("there is no 3D file")
    state = _state(viewport_state)
    info = state.get("model_3d_info", []) if model_3d_info is None else model_3d_info
    return model_3d, info, state.get("camera_info") if camera_info is None else camera_info, width, height


@rule("File3DToSplat")
def to_splat(model_3d: Any) -> Opaque:
    if model_3d is None:
        raise NodeFails("there is no 3D file")
    facts = model_3d.facts if isinstance(model_3d, Opaque) else {}
    return Opaque("SPLAT", {"positions": (1, facts.get("points", _COUNT), 3)})


def _there(value: Any, what: str) -> Opaque:
    if not isinstance(value, Opaque):
        raise NodeFails(f"there is no {what}")
    return value


def _points(splat: Any) -> tuple[Whole, Whole]:
    batch, count, _ = _there(splat, "splat").facts.get("positions", (1, _COUNT, 3))
    return batch, count


@rule("TransformSplat")
def transform_splat(splat: Any) -> Any:
    return _there(splat, "splat")


@rule("GetSplatCount")
def count_splats(splat: Any) -> tuple[Any, Any]:
    batch, count = _points(splat)
    return splat, batch * count


@rule("MergeSplat")
def merge_splats(splats: Mapping[str, Any]) -> Opaque:
    found = [_points(splat) for splat in splats.values() if splat is not None]
    if not found:
        raise NodeFails("there is no splat at all")
    if any(batch != found[0][0] for batch, _ in found):
        raise NodeFails("it gets different numbers of splats")
    total: Any = sum((count for _, count in found[1:]), found[0][1])
    return Opaque("SPLAT", {"positions": (found[0][0], total, 3)})


@rule("SplatToFile3D")
def splat_to_file(splat: Any, file_format: Any = "ply") -> Opaque:
    _there(splat, "splat")
    return Opaque("FILE_3D", {"name": f"splat.{file_format}"})


@rule("SplatToMesh")
def splat_to_mesh(splat: Any) -> Opaque:
    batch, _ = _points(splat)
    return Opaque("MESH", {"batch": batch})


@rule(
    "DecimateMesh",
    "FillHoles",
    "MeshSmoothNormals",
    "PaintMesh",
    "RemeshMesh",
    "RotateMesh",
    "UnwrapMesh",
    "WeldVertices",
)
def change_mesh(mesh: Any) -> Any:
    """A mesh again; only the run knows its number of vertices."""
    facts = _there(mesh, "mesh").facts
    return Opaque("MESH", {name: facts[name] for name in ("batch",) if name in facts})


@rule("MergeMeshes")
def merge_meshes(meshes: Mapping[str, Any]) -> Opaque:
    if not any(isinstance(mesh, Opaque) for mesh in meshes.values()):
        raise NodeFails("there is no mesh at all")
    return Opaque("MESH", {"batch": 1})


@rule("VoxelToMesh", "VoxelToMeshBasic")
def voxel_to_mesh(voxel: Any) -> Opaque:
    return Opaque("MESH", {"batch": _there(voxel, "body").facts.get("batch", 1)})


@rule("MoGePointMapToMesh", "DA3GeometryToMesh")
def points_to_mesh(call: Call) -> Opaque:
    if not any(isinstance(value, Opaque) for value in call.inputs.values()):
        raise NodeFails("there is no geometry")
    return Opaque("MESH", {"batch": 1})


@rule("MeshToFile3D")
def mesh_to_file(mesh: Any) -> Opaque:
    _there(mesh, "mesh")
    return Opaque("FILE_3D", {"name": "mesh.glb"})
