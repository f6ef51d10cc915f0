"""Rule: pictures are encoded by the image encoder that their reader expects."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import Problem
from ryla_graphs.validation.families.wording import by_restriction, named, problem, refusal
from ryla_graphs.validation.view import View

_FILES = {
    "siglip": "sigclip_vision_patch14_384.safetensors",
    "clip-vision-h": "clip_vision_h.safetensors",
    "clip-vision-g": "clip_vision_g.safetensors",
}


def image_encoders(view: View) -> Iterator[Problem]:
    """Each encoder's features have their own width; Redux, USO and Wan crash on any other."""
    for found in by_restriction(view, "image encoder"):
        wanted = found.restriction.families
        file = next((_FILES[name] for name in _FILES if name in wanted), named(wanted))
        hint = f"load {file} with CLIPVisionLoader"
        yield problem(found, "image_encoder_family", refusal(found, view, noun="picture's encoder"), hint)
