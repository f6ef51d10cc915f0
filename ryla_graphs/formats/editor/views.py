"""What the editor sends for a 3D view: the position of its camera, from the file or as in a new view."""

from __future__ import annotations

from collections.abc import Mapping

from ryla_graphs.catalog.facts import Json

_CAMERA: Mapping[str, Json] = {
    "position": {"x": 10, "y": 10, "z": 10.000000000000002},
    "target": {"x": 0, "y": 0, "z": 0},
    "zoom": 1,
    "cameraType": "perspective",
    "quaternion": {
        "x": -0.2798481423331213,
        "y": 0.3647051996310008,
        "z": 0.11591689595929511,
        "w": 0.8804762392171493,
    },
    "fov": 35,
    "aspect": 1,
    "near": 0.01,
    "far": 10000,
    "frustum": {"left": -5, "right": 5, "top": 5, "bottom": -5},
}
"""The initial camera of a view."""


def view(class_type: str, properties: Mapping[str, Json]) -> dict[str, Json]:
    """The value of a view's widget, without pictures, since nothing has rendered any."""
    config = properties.get("Camera Config")
    state = config.get("state") if isinstance(config, Mapping) else None
    camera = dict(state) if isinstance(state, Mapping) else dict(_CAMERA)
    if class_type == "Load3DAdvanced":
        return {"camera_info": camera, "model_3d_info": []}
    return {
        "image": "",
        "mask": "",
        "normal": "",
        "camera_info": camera,
        "recording": "",
        "model_3d_info": [],
    }
