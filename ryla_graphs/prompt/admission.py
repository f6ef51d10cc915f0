"""What the server does with a prompt before validation: check its shape, replace old classes, look up the rest.

Observed on ComfyUI 0.33; the table comes from its `GET /node_replacements`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import NodeSchema


class Malformed(Exception):
    """The server cannot even read the prompt, and answers 500."""


class Replacement(NamedTuple):
    """The class that the server substitutes for one it no longer has."""

    by: str
    renamed: Mapping[str, str] = {}
    """New input name to old one; inputs not named here are dropped."""
    fixed: Mapping[str, Any] = {}


REPLACEMENTS: Mapping[str, Replacement] = {
    "ConditioningAverage ": Replacement("ConditioningAverage"),
    "ImageBatch": Replacement("BatchImagesNode", {"images.image0": "image1", "images.image1": "image2"}),
    "ImageScaleBy": Replacement(
        "ResizeImageMaskNode",
        {"input": "image", "resize_type.multiplier": "scale_by", "scale_method": "upscale_method"},
        {"resize_type": "scale by multiplier"},
    ),
    "Load3DAnimation": Replacement("Load3D"),
    "Preview3DAnimation": Replacement("Preview3D"),
    "ResizeImagesByLongerEdge": Replacement(
        "ImageScaleToMaxDimension", {"image": "images", "largest_size": "longer_edge"}, {"upscale_method": "lanczos"}
    ),
    "SDV_img2vid_Conditioning": Replacement("SVD_img2vid_Conditioning"),
    "T2IAdapterLoader": Replacement("ControlNetLoader", {"control_net_name": "t2i_adapter_name"}),
}
"""The classes that ComfyUI 0.33 replaces if it does not have them, by class type."""


def _replacement(class_type: Any, catalog: Catalog) -> Replacement | None:
    """What the server substitutes for this class; None if it keeps the class."""
    if not isinstance(class_type, str) or class_type in catalog:
        return None
    found = REPLACEMENTS.get(class_type)
    return found if found is not None and found.by in catalog else None


def _check_shape(prompt: Any) -> None:
    """Raises `Malformed` if the prompt's shape keeps the server from looking for old classes."""
    if not isinstance(prompt, dict):
        raise Malformed(f"the prompt is {_kind(prompt)}, expected an object of nodes")
    for node, body in prompt.items():
        if not isinstance(body, (dict, list, str)):
            raise _malformed_node(node, body)
        if isinstance(body, dict) and "class_type" in body and "inputs" in body:
            if not isinstance(body["inputs"], dict):
                raise Malformed(f"the inputs of node '{node}' are {_kind(body['inputs'])}, expected an object")
            _check_class_type(node, body["class_type"])


class Admission(NamedTuple):
    """The result of the server's steps before validation."""

    bodies: Mapping[str, Any]
    """The nodes as the server validates them, with old classes replaced up to the point where it failed, if it did."""
    replaced: Mapping[str, tuple[str, Replacement]]
    """By node, the old class and its replacement."""
    schemas: Mapping[str, NodeSchema] | None
    """The class of every node; None if one has no known class."""
    malformed: str | None = None
    """Why the server cannot even read the prompt, and answers 500."""


def admit(document: Any, catalog: Catalog) -> Admission:
    """Check the shape, replace old classes, look up the rest; never raises."""
    if isinstance(document, dict) and (schemas := _at_a_glance(document, catalog)) is not None:
        return Admission(document, {}, schemas)
    bodies: Mapping[str, Any] = document if isinstance(document, dict) else {}
    replaced: dict[str, tuple[str, Replacement]] = {}
    try:
        _check_shape(document)
        bodies, replaced = _replace_old_classes(document, catalog)
        return Admission(bodies, replaced, _look_up_classes(bodies, catalog))
    except Malformed as reason:
        return Admission(bodies, replaced, None, str(reason))


def _at_a_glance(document: dict[str, Any], catalog: Catalog) -> dict[str, NodeSchema] | None:
    """The class of every node, if all nodes of the prompt are well formed and of known classes; else None."""
    classes: dict[str, NodeSchema] = {}
    schemas: dict[str, NodeSchema] = {}
    for node, body in document.items():
        if not isinstance(body, dict) or not isinstance(body.get("inputs"), dict):
            return None
        class_type = body.get("class_type")
        if not isinstance(class_type, str):
            return None
        schema = classes.get(class_type)
        if schema is None:
            if class_type not in catalog:
                return None
            schema = classes[class_type] = catalog[class_type]
        schemas[node] = schema
    return schemas


def _replace_old_classes(
    document: dict[str, Any], catalog: Catalog
) -> tuple[dict[str, Any], dict[str, tuple[str, Replacement]]]:
    """The nodes as the server validates them; raises `Malformed` if it fails to replace a class."""
    changed: dict[str, Any] = {}
    replaced: dict[str, tuple[str, Replacement]] = {}
    for node, body in document.items():
        if isinstance(body, dict) and "inputs" in body:
            found = _replacement(body.get("class_type"), catalog)
            if found is not None:
                replaced[node] = body["class_type"], found
                changed[node] = _replaced(node, body, found)
    return {**document, **changed} if changed else document, replaced


def _replaced(node: str, body: dict[str, Any], new: Replacement) -> dict[str, Any]:
    old = body["class_type"]
    if not isinstance(body.get("_meta"), dict):
        raise Malformed(f"node '{node}' is an old {old}, which the server fails to replace where there is no `_meta`")
    missing = [name for name in new.renamed.values() if name not in body["inputs"]]
    if missing:
        raise Malformed(f"node '{node}' is an old {old}, which the server fails to replace without `{missing[0]}`")
    inputs = {name: body["inputs"][old_name] for name, old_name in new.renamed.items()}
    return {**body, "class_type": new.by, "inputs": {**inputs, **new.fixed}}


def _look_up_classes(prompt: Mapping[str, Any], catalog: Catalog) -> dict[str, NodeSchema] | None:
    """The class of every node; None if one has no known class; raises `Malformed`."""
    schemas = {}
    for node, body in prompt.items():
        if not isinstance(body, dict):
            raise _malformed_node(node, body)
        class_type = body.get("class_type")
        _check_class_type(node, class_type)
        if not isinstance(class_type, str) or class_type not in catalog:
            if not isinstance(body.get("_meta", {}), dict):
                raise Malformed(f"the _meta of node '{node}' is not an object")
            return None
        schemas[node] = catalog[class_type]
    return schemas


def _check_class_type(node: str, class_type: Any) -> None:
    if isinstance(class_type, (list, dict)):
        raise Malformed(f"the class_type of node '{node}' is {_kind(class_type)}, expected text")


def _malformed_node(node: str, body: Any) -> Malformed:
    return Malformed(f"node '{node}' is {_kind(body)}, expected an object")


def _kind(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "text", type(None): "null"}.get(type(value), "a plain value")
