"""True, false, and which of two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, ReadsContent, lazy, rule
from ryla_graphs.shapes.unknown import product
from ryla_graphs.shapes.values import Conditioning, ImageShape, MaskShape, Sigmas


def truth(value: Any) -> bool:
    """What Python's `bool` says of a value on a link.

    Raises `NodeFails` for tensors of more than one number, which say neither, and `Undecided` where only the run knows.
    """
    match value:
        case ImageShape() | MaskShape():
            count = product(value.shape)
        case Sigmas():
            count = len(value.values)
            if count == 1:
                return bool(value.values[0])
        case Conditioning():
            return bool(value.entries)
        case _:
            return bool(value)
    if count != 1:
        raise NodeFails("a tensor of more than one number is neither true nor false")
    raise ReadsContent("whether one pixel is black")


@rule("ComfyNotNode")
def not_(value: Any) -> bool:
    return not truth(value)


@rule("ComfyAndNode")
def and_(values: Mapping[str, Any]) -> bool:
    return all(truth(value) for value in values.values())


@rule("ComfyOrNode")
def or_(values: Mapping[str, Any]) -> bool:
    return any(truth(value) for value in values.values())


@lazy("ComfySwitchNode", inputs=lambda name: name in ("on_false", "on_true"))
def needs_of_switch(known: Mapping[str, Any], waiting: frozenset[str]) -> list[str]:
    wanted = "on_true" if known["switch"] else "on_false"
    return [wanted] if wanted in waiting else []


@rule("ComfySwitchNode")
def switch(switch: Any, on_false: Any = None, on_true: Any = None) -> Any:
    return on_true if switch else on_false


@rule("CustomCombo")
def custom_combo(choice: Any, index: Any = 0) -> tuple[Any, Any]:
    return choice, index
