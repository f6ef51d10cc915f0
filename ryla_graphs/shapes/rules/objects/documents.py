"""What is drawn by hand: curves."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.values import Opaque


@rule("CurveEditor")
def curve(curve: Any) -> Opaque:
    if curve is None:
        raise NodeFails("there is no curve")
    return Opaque("CURVE")
