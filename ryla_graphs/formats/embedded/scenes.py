"""Files of ComfyUI's other save nodes whose head is text: 3D scenes (GLB), drawings (SVG), light fields (EXR)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ryla_graphs.formats import json_text
from ryla_graphs.formats.embedded.cursor import Content, Cursor, Fault, Text, decoded
from ryla_graphs.problems import InvalidDocument

_GLB_JSON = b"JSON"


def glb_texts(file: Cursor) -> Iterator[Text]:
    """The extras of the asset in a GLB."""
    file.skip(12)
    length, kind = file.numbers("<I4s")
    if kind == _GLB_JSON:
        scene = parsed(file.take(length))
        asset = scene.get("asset") if isinstance(scene, dict) else None
        yield from pairs(asset.get("extras") if isinstance(asset, dict) else None)


def is_svg(content: Content) -> bool:
    """Whether a text is a drawing: XML with ``<svg`` near its beginning, not JSON that mentions one."""
    head = content[:4096]
    return head.lstrip()[:1] == b"<" and b"<svg" in head


def svg_texts(file: Cursor) -> Iterator[Text]:
    """The CDATA of an SVG, where ComfyUI writes one JSON object."""
    while file.find(b"<![CDATA["):
        file.skip(len(b"<![CDATA["))
        yield "metadata", decoded(file.until(b"]]>")).strip()


def exr_texts(file: Cursor) -> Iterator[Text]:
    """The attributes of an OpenEXR."""
    file.skip(8)
    while name := file.until(b"\0"):
        kind = file.until(b"\0")
        value = file.part(file.number("<I"))
        if kind == b"string":
            yield decoded(name), decoded(value.take(value.left))


def parsed(text: bytes) -> object:
    """JSON in the head of a file; raises `Fault` if it is not JSON."""
    try:
        value: object = json_text.parse(text, "its head")
    except InvalidDocument as error:
        raise Fault(str(error)) from None
    return value


def pairs(facts: object) -> Iterator[Text]:
    """Facts by key, each as a text."""
    if isinstance(facts, dict):
        for key, value in facts.items():
            yield key, value if isinstance(value, str) else json.dumps(value)
