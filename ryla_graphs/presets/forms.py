"""What a form needs to know of parameters in addition to their types: titles, groups, order, widgets, files.

It goes into the JSON Schema of each parameter model, so that the page, generated clients and agents read one source:
`x-group` (`basic`, `advanced` or `models`), `x-order`, `x-step`, `x-widget` (`textarea`, `seed`, `slider`, `file`), and
for files ``"format": "ryla-file"`` with a ``contentMediaType``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic.config import JsonDict
from pydantic.fields import ComputedFieldInfo, FieldInfo

FILE: JsonDict = {"format": "ryla-file", "contentMediaType": "image/*", "x-widget": "file", "x-group": "basic"}
"""The schema facts of a picture."""
WEIGHTS: JsonDict = {"format": "ryla-weights", "x-group": "models"}
"""Those of the name of a weight file."""
LORA: JsonDict = {"format": "ryla-lora"}
"""Those of the id of a LoRA that somebody brought, or of the name of one that the server has."""
PROMPT: JsonDict = {"x-widget": "textarea", "x-group": "basic"}
SEED: JsonDict = {"format": "uint64", "x-widget": "seed", "x-group": "basic"}
PIXELS: JsonDict = {"x-step": 16, "x-group": "basic"}
STEPS: JsonDict = {"x-widget": "slider", "x-step": 1, "x-group": "basic"}
FRACTION: JsonDict = {"x-widget": "slider", "x-step": 0.05, "x-group": "basic"}

_SPELLED = {
    "cfg": "CFG",
    "clip": "CLIP",
    "vae": "VAE",
    "unet": "UNet",
    "lora": "LoRA",
    "loras": "LoRAs",
    "id": "id",
    "t5": "T5",
    "instantid": "InstantID",
    "controlnet": "ControlNet",
}
_PART = re.compile(r"[a-z]+|\d+")
_NULL = {"type": "null"}
_ONE_LINE = 1_000
"""Text that may be longer gets more than one line."""


def seed_below(limit: int) -> dict[str, Any]:
    """The schema of a seed, which may be text, since JavaScript's numbers have not all its digits; or be drawn."""
    number = {"type": "integer", "minimum": 0, "maximum": limit - 1, "format": SEED["format"]}
    text = {"type": "string", "pattern": "^(random|-1|[0-9]{1,20})$"}
    return {"anyOf": [number, {"type": "integer", "const": -1}, text]}


def is_file(schema: Mapping[str, Any]) -> bool:
    """Whether the schema of a parameter is that of a file, or of one that may be left out."""
    return schema.get("format") == FILE["format"] or any(is_file(choice) for choice in schema.get("anyOf", ()))


def title(name: str, _fact: FieldInfo | ComputedFieldInfo | None = None) -> str:
    """The title of a parameter: ``negative_prompt`` is `Negative prompt`, ``lora_strength`` `LoRA strength`."""
    words = [_SPELLED.get(part[0], part[0]) for part in _PART.finditer(name)]
    return words[0][0].upper() + words[0][1:] + "".join(f" {word}" for word in words[1:])


def complete(schema: dict[str, Any]) -> None:
    """Give every property of a model's schema its group and its place, and what its only type knows of itself."""
    required = schema.get("required", ())
    for place, (name, facts) in enumerate(schema.get("properties", {}).items()):
        for known, value in _only_type(facts).items():
            if known.startswith("x-") or known in ("format", "contentMediaType"):
                facts.setdefault(known, value)
        facts["x-order"] = place
        if facts.get("maxLength", 0) > _ONE_LINE:
            facts.setdefault("x-widget", "textarea")
        facts.setdefault("x-group", "basic" if name in required else "advanced")


def _only_type(facts: dict[str, Any]) -> dict[str, Any]:
    """The type of a parameter that may be null."""
    kinds: list[dict[str, Any]] = [kind for kind in facts.get("anyOf", ()) if kind != _NULL]
    return kinds[0] if len(kinds) == 1 else {}
