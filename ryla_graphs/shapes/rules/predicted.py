"""Numbers and texts that only a model can produce: guesses within the node's own bounds."""

from __future__ import annotations

import math
from typing import Any

from ryla_graphs.shapes.registry import Guessed, NodeFails, rule
from ryla_graphs.shapes.values import Opaque

_SECONDS = 5.0
_VIEW = math.radians(60)


@rule("LTXVDurationPredictor")
def predict_duration(frame_rate: float, min_seconds: float, max_seconds: float) -> Guessed:
    """Eight frames for each step of time and one more; at least as many as requested."""
    least, most = max(1, round(min_seconds * frame_rate)), round(max_seconds * frame_rate)
    wanted = max(least, min(round(_SECONDS * frame_rate), most))
    frames = (wanted - 1) // 8 * 8 + 1
    if frames < least:
        frames = min(-(-(least - 1) // 8) * 8 + 1, most)
    return Guessed((frames, _SECONDS), "only a model knows how long a scene is")


@rule("MoGeGeometryToFOV")
def field_of_view(moge_geometry: Any, unit: str = "degrees") -> Guessed:
    """Sixty degrees, a common lens, and the matching focal length in pixels."""
    if not isinstance(moge_geometry, Opaque):
        raise NodeFails("there is no geometry")
    height = moge_geometry.facts.get("size", (1024, 1024))[1]
    view = _VIEW if unit == "radians" else math.degrees(_VIEW)
    return Guessed((view, height / 2 / math.tan(_VIEW / 2)), "only a model knows the field of view of a picture")


@rule("TextGenerate", "TextGenerateLTX2Prompt")
def generate_text(prompt: str = "") -> Guessed:
    """The input text, in place of what a model would make of it."""
    return Guessed((prompt,), "only a model knows what it writes")


@rule("GetMeshInfo")
def mesh_info(mesh: Any) -> Guessed:
    return Guessed((mesh, ""), "only the model that makes a mesh knows how many corners it has")
