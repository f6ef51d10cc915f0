"""Names that Python can spell, for the names ComfyUI uses."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from pydantic import BaseModel

from ryla_graphs.graph.any_node import AnyNode
from ryla_graphs.graph.node import Node
from ryla_graphs.graph.option import Option

_IN_ANNOTATIONS = frozenset({"int", "float", "str", "bool"})
_RESERVED_FIELDS = (
    frozenset(dir(Node))
    | frozenset(dir(Option))
    | frozenset(dir(BaseModel))
    | AnyNode.model_fields.keys()
    | _IN_ANNOTATIONS
)
_RESERVED_OUTPUTS = frozenset(dir(tuple))
_SPELLED = {"+": " Plus ", "&": " And ", "%": " Percent ", "#": " Number "}


def class_name(class_type: str) -> str:
    """A class name for a node class: itself if it can be one, ``ImageCropPlus`` for ``ImageCrop+``."""
    if class_type.isidentifier() and not keyword.iskeyword(class_type):
        return class_type
    return camel(class_type)


def camel(text: str) -> str:
    """CamelCase that keeps existing capitals: ``"scale by multiplier"`` is `ScaleByMultiplier`."""
    for sign, word in _SPELLED.items():
        text = text.replace(sign, word)
    text = re.sub(r"(?<=\d)\.(?=\d)", "_", text)
    words = [word for word in re.split(r"\W+", text) if word]
    name = "".join(word[0].upper() + word[1:] for word in words) or "Empty"
    name = re.sub(r"_(?=[^\d])", " ", name)
    name = "".join(word[0].upper() + word[1:] for word in name.split())
    return f"Of{name}" if name[0].isdigit() or keyword.iskeyword(name) else name


def field_name(wire_name: str) -> str:
    """A field name for an input; names that pydantic, `Node` or Python reserve get an underscore."""
    name = re.sub(r"\W+", "_", wire_name).strip("_") or "input"
    if name[0].isdigit():
        name = f"in_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _RESERVED_FIELDS else name


def output_name(name: str) -> str:
    """A name under ``.out`` for an output: ``"CONDITIONING"`` is ``conditioning``."""
    slug = re.sub(r"\W+", "_", name).strip("_").lower() or "output"
    if slug[0].isdigit():
        slug = f"out_{slug}"
    return f"{slug}_" if keyword.iskeyword(slug) or slug in _RESERVED_OUTPUTS else slug


def module_name(category: str) -> str:
    """A module name for a category: ``"model/sampling"`` is ``model_sampling``."""
    slug = re.sub(r"\W+", "_", category.lower()).strip("_") or "uncategorised"
    return f"in_{slug}" if slug[0].isdigit() or keyword.iskeyword(slug) else slug


def unique(names: Iterable[str]) -> list[str]:
    """The same names, with `_2`, `_3`, … appended to repeated ones."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, count = name, 1
        while candidate in taken:
            count += 1
            candidate = f"{name}_{count}"
        taken.add(candidate)
        result.append(candidate)
    return result
