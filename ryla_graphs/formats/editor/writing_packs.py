"""Classes of packs whose browser code adds widgets that no definition lists, and reads values in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ryla_graphs import sockets
from ryla_graphs.formats.editor.drawn import Held
from ryla_graphs.formats.editor.parts import Slot, Widget
from ryla_graphs.prompt import PromptNode, is_link, unwrap

_POWER_LORAS = "Power Lora Loader (rgthree)"
_HEADER = {"type": "PowerLoraLoaderHeaderWidget"}


def reads_names(class_type: str) -> bool:
    """Whether a pack reads an object of values by name instead of a list."""
    return class_type.startswith("VHS_")


def added_widgets(node: PromptNode, slots: Iterable[Slot]) -> Iterator[Held]:
    """The widgets that a pack adds to a node with these values; `slots` are those in its definition."""
    if reads_names(node.class_type):
        defined = {slot.name for slot in slots}
        for name, value in node.inputs.items():
            if name not in defined and not is_link(value):
                yield Widget(name, sockets.ANY), unwrap(value)
    elif node.class_type == _POWER_LORAS:
        yield Widget("divider", sockets.ANY), {}
        yield Widget("PowerLoraLoaderHeaderWidget", sockets.ANY), _HEADER
        for name, value in node.inputs.items():
            if isinstance(value, Mapping) and "lora" in value:
                yield Widget(name, sockets.ANY), value
        yield Widget("divider", sockets.ANY), {}
        yield Widget("➕ Add Lora", sockets.ANY), ""


def properties_of(node: PromptNode) -> dict[str, Any]:
    """What a pack keeps in the properties of a node."""
    if node.class_type != _POWER_LORAS:
        return {}
    separate = any(isinstance(value, Mapping) and "strengthTwo" in value for value in node.inputs.values())
    return {"Show Strengths": "Separate Model & Clip" if separate else "Single Strength"}
