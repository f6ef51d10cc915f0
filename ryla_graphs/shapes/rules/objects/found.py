"""What training gives."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.values import Opaque


@rule("TrainLoraNode")
def train(steps: Any = 0, model: Any = None) -> tuple[Any, Any, Any]:
    if model is None:
        raise NodeFails("there is no model")
    return Opaque("LORA_MODEL"), Opaque("LOSS_MAP"), steps
