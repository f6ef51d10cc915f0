"""Where a camera stands and where it looks: right-handed, y up, as in viewers of 3D files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ryla_graphs.shapes.registry import rule

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
"""w, x, y, z."""


@rule("CreateCameraInfo")
def create_camera(
    mode: dict[str, Any],
    target_x: float,
    target_y: float,
    target_z: float,
    roll: float,
    fov: float,
    zoom: float = 1.0,
    camera_type: str = "perspective",
) -> dict[str, Any]:
    target: Vector = (target_x, target_y, target_z)
    kind = mode["mode"]
    if kind == "orbit":
        position = _on_orbit(target, mode["yaw"], mode["pitch"], mode["distance"])
    else:
        position = mode["position_x"], mode["position_y"], mode["position_z"]
    if kind == "quaternion":
        turned = _scaled_to_one((mode["quat_w"], mode["quat_x"], mode["quat_y"], mode["quat_z"]))
        # It looks one step along its own -z.
        target = _sum(position, _times(_third_axis(turned), -1))
    else:
        turned = _looking(position, target)
        if roll:
            half = math.radians(roll) / 2
            turned = _product(turned, (math.cos(half), 0.0, 0.0, math.sin(half)))
    return {
        "position": _named(position),
        "target": _named(target),
        "quaternion": {"w": turned[0], "x": turned[1], "y": turned[2], "z": turned[3]},
        "fov": float(fov),
        "cameraType": str(camera_type),
        "zoom": float(zoom),
    }


def _on_orbit(target: Vector, yaw: float, pitch: float, distance: float) -> Vector:
    around, up = math.radians(yaw), math.radians(pitch)
    way = math.cos(up) * math.sin(around), math.sin(up), math.cos(up) * math.cos(around)
    return _sum(target, _times(way, distance))


def _looking(position: Vector, target: Vector) -> Quaternion:
    """The rotation of a camera whose own z points away from its target."""
    back = _unit(_sum(position, _times(target, -1)))
    upwards = (0.0, 0.0, 1.0) if abs(back[1]) > 0.999 else (0.0, 1.0, 0.0)
    right = _unit(_cross(upwards, back))
    up = _cross(back, right)
    return _turn((right, up, back))


def _turn(axes: tuple[Vector, Vector, Vector]) -> Quaternion:
    """The quaternion of three axes, computed from its largest component, which loses the least precision."""
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = axes
    parts = (1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz)
    largest = max(range(4), key=lambda place: parts[place])
    size = 2 * math.sqrt(max(parts[largest], 0.0)) or 1.0
    rows = (
        (size * size / 4, yz - zy, zx - xz, xy - yx),
        (yz - zy, size * size / 4, yx + xy, zx + xz),
        (zx - xz, yx + xy, size * size / 4, zy + yz),
        (xy - yx, zx + xz, zy + yz, size * size / 4),
    )
    w, x, y, z = (part / size for part in rows[largest])
    return _scaled_to_one((w, x, y, z))


def _third_axis(turned: Quaternion) -> Vector:
    w, x, y, z = turned
    return 2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)


def _product(a: Quaternion, b: Quaternion) -> Quaternion:
    return (
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
    )


def _length(parts: Sequence[float]) -> float:
    return max(math.sqrt(sum(part * part for part in parts)), 1e-8)


def _scaled_to_one(turned: Quaternion) -> Quaternion:
    length = _length(turned)
    w, x, y, z = (part / length for part in turned)
    return w, x, y, z


def _unit(vector: Vector) -> Vector:
    return _times(vector, 1 / _length(vector))


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _sum(a: Vector, b: Vector) -> Vector:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def _times(vector: Vector, factor: float) -> Vector:
    return vector[0] * factor, vector[1] * factor, vector[2] * factor


def _named(vector: Vector) -> dict[str, float]:
    return dict(zip("xyz", map(float, vector), strict=True))
