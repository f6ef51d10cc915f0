"""Which inputs name files: weights, LoRAs, and files of the server's input folder.

Taken from the file lists that ComfyUI 0.33 and the packs give in ``/object_info``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.catalogs import bundled
from ryla_graphs.prompt.nodes import ForeignNode
from ryla_graphs.prompt.prompt import Prompt

_BESIDE: Mapping[str, Mapping[str, str]] = {
    "SeedVR2LoadVAEModel": {"model": "SEEDVR2"},
    "UltralyticsDetectorProvider": {"model_name": "ultralytics"},
}
"""Folders missing from the recording: for a list hard-coded in a pack, and for names that begin with a folder."""

_NONE: Mapping[str, str] = {}
_NO_WEIGHTS = ("input", "output", "font", "configs", "embeddings", "luts", "custom_nodes/")
"""Folders, or prefixes of folders, whose files are not weights."""


def weight_folders(class_type: str) -> Mapping[str, str]:
    """The inputs of a class that name weight files, and the folder below ``models`` that each lists."""
    return _BESIDE.get(class_type) or _recorded_folders(class_type)


@lru_cache(maxsize=4096)
def _recorded_folders(class_type: str) -> Mapping[str, str]:
    if class_type not in bundled():
        return _NONE
    listing = ((spec.name, min(spec.folders, key=len, default="")) for spec in bundled()[class_type].every_input())
    return {name: folder for name, folder in listing if folder and not folder.startswith(_NO_WEIGHTS)}


def _is_file(class_type: str, name: str, value: str) -> bool:
    """Whether the value of such an input names a file, rather than another choice such as ``None``."""
    if value in NOT_FILES:
        return False
    if "." in value or class_type in _BESIDE:
        return "\n" not in value
    known = bundled()[class_type].every_input() if class_type in bundled() else ()
    return not any(spec.name == name and value in spec.choices for spec in known)


NOT_FILES: frozenset[str] = frozenset({"None", "[None]", "pixel_space", "taesd", "taesdxl", "taesd3", "taef1", "taef2"})
"""Choices that are not files: nothing, no VAE at all, and the small VAEs made of two files in ``vae_approx``."""


class NamedFile(NamedTuple):
    """An input that names a file."""

    node: str
    class_type: str
    input: str
    folder: str
    """The folder below ``models``; ``input`` for input files."""
    name: str


def weights_named(prompt: Prompt) -> Iterator[NamedFile]:
    """The weight files that loaders name, LoRAs included, in the prompt's order.

    A name behind a primitive or a switch is found too. A name that only a run can reveal is left out.
    """
    for node in prompt.nodes.values():
        for name, folder in weight_folders(node.class_type).items():
            value = prompt.literal(node, name)
            if isinstance(value, str) and _is_file(node.class_type, name, value):
                yield NamedFile(node.id, node.class_type, name, folder, value)
    for foreign in prompt.foreign.values():
        yield from _of_foreign(foreign)


def _of_foreign(node: ForeignNode) -> Iterator[NamedFile]:
    """The weight files that a node names if this catalog lacks its class but the bundled one lists its files."""
    for name, folder in weight_folders(node.class_type).items():
        value = node.inputs.get(name)
        if isinstance(value, str) and _is_file(node.class_type, name, value):
            yield NamedFile(node.id, node.class_type, name, folder, value)


_NO_FILE = "none"
"""The choices of 3D file loaders that mean no file."""


def input_files(prompt: Prompt) -> Iterator[NamedFile]:
    """The files of the server's input folder that a prompt names, in the prompt's order."""
    for node in prompt.nodes.values():
        for name, value in node.inputs.items():
            if isinstance(value, str) and value != _NO_FILE and takes_input_file(node.schema, name):
                yield NamedFile(node.id, node.class_type, name, "input", value)


def takes_input_file(schema: NodeSchema, name: str) -> bool:
    """Whether an input takes a file of the server's input folder."""
    validator = schema.behaviour.validator
    if validator is not None and validator.rule == "input file" and name == validator.inputs[0]:
        return True
    return any(spec.name == name and spec.upload is not None for spec in schema.inputs)
