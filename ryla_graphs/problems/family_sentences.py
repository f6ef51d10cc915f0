"""Messages of the rules about model families: what a link carries, how that is known, and what it meets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ryla_graphs.problems.text import shorten

NOUNS: Mapping[str, str] = {
    "MODEL": "model",
    "GUIDER": "guider",
    "CLIP": "text encoder",
    "VAE": "VAE",
    "CONDITIONING": "conditioning",
    "LATENT": "latent",
    "CONTROL_NET": "ControlNet",
    "STYLE_MODEL": "style model",
    "MODEL_PATCH": "patch",
    "CLIP_VISION": "image encoder",
    "CLIP_VISION_OUTPUT": "encoded picture",
    "LORA_MODEL": "LoRA",
    "lora": "LoRA",
    "WANVAE": "VAE",
    "INSTANTID": "InstantID adapter",
    "PULIDFLUX": "PuLID adapter",
    "PULID": "PuLID adapter",
    "PULID_PIPELINE": "PuLID adapter",
    "IPADAPTER": "IP-Adapter",
    "IP_ADAPTER_FLUX": "IP-Adapter",
    "IPADAPTER_PIPELINE": "IP-Adapter",
    "ControlNetCondition": "ControlNet",
    "BRMODEL": "BrushNet model",
    "INPAINT_PATCH": "inpainting patch",
    "M_MODELS": "motion model",
}
"""The nouns for what links carry, by socket type."""

_BASES = {"header": "its header says so", "name": "by its name"}


class Side(NamedTuple):
    """One end of a mismatch."""

    noun: str
    what: str
    """What it is: ``Flux.1 dev``."""
    by: str
    """The node that decided, as `written_by` words it."""


def written_by(
    node: str, class_type: str, inputs: Iterable[tuple[str, Any]], basis: str, line: str | None = None
) -> str:
    """The node that decided: ``UNETLoader '1' (unet_name='flux1-dev.safetensors') in portrait.py:12``."""
    facts = [f"{name}={shorten(value)}" for name, value in inputs if value is not None]
    facts += [_BASES[basis]] if basis in _BASES else []
    details = f" ({', '.join(facts)})" if facts else ""
    return f"{class_type} '{node}'{details}" + (f" in {line}" if line else "")


def refusal(class_type: str, name: str, takes: str, given: Side) -> str:
    """A class takes one thing but gets another, both named."""
    return f"`{class_type}.{name}` takes {takes}; this {given.noun} is {given.what} from {given.by}"


def disagreement(given: Side, name: str, other: Side) -> str:
    """Two ends of a node that do not belong together, both named."""
    return f"this {given.noun} is {given.what} from {given.by}, but `{name}` carries {other.what} from {other.by}"


def other_file(class_type: str, takes: str, given: Any, what: str, basis: str) -> str:
    """A pack's loader gets a file of another model."""
    by = f", {_BASES[basis]}" if basis in _BASES else ""
    return f"{class_type} loads files of {takes}, and {shorten(given)} is {what}{by}"


def also_at(places: Iterable[str]) -> str:
    """Further nodes where the same two meet."""
    shown = [f"'{number}'" for number in places]
    more = f" and {len(shown) - 4} more" if len(shown) > 4 else ""
    return f"; the same at {', '.join(shown[:4])}{more}" if shown else ""
