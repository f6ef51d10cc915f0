"""What a link carries: the families it serves, and the node that decided them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple

from ryla_graphs.families.family import Families, latents_of, with_latents

FAMILY_SOCKETS = frozenset(
    {
        "MODEL",
        "CLIP",
        "VAE",
        "CONDITIONING",
        "LATENT",
        "GUIDER",
        "CONTROL_NET",
        "STYLE_MODEL",
        "MODEL_PATCH",
        "CLIP_VISION",
        "CLIP_VISION_OUTPUT",
        "LORA_MODEL",
        "PHOTOMAKER",
        "GLIGEN",
    }
)
"""ComfyUI's socket types that belong to a family; IMAGE, MASK, STRING and all others are neutral."""


class Origin(NamedTuple):
    """The node that decided which families a link serves."""

    node: str
    class_type: str
    inputs: tuple[tuple[str, Any], ...]
    """The inputs that decided, and their values: the names of files, a loader's `type`."""
    basis: Literal["header", "manifest", "name", "type", "class"]


class Carried(NamedTuple):
    """What is known about a link. An unknown link is None instead."""

    families: Families
    """Never empty. Image encoders are listed by their own ids."""
    origin: Origin
    variant: str | None = None
    empty: bool = False
    """A latent of zeros, which core samplers fit to any model."""


def meet(first: Carried | None, second: Carried | None) -> Carried | None:
    """The families that serve both. If there are none, the first: the mismatch is reported where they meet."""
    if first is None or second is first:
        return second
    if second is None:
        return first
    if first.empty != second.empty:
        return second if first.empty else first
    common = first.families & second.families
    if not common or common == first.families:
        return first
    return second if common == second.families else first._replace(families=common)


def either(first: Carried | None, second: Carried | None) -> Carried | None:
    """A link that may be the one or the other: unknown if either is unknown."""
    if first is None or second is None or first is second:
        return first if first is second else None
    if second.families <= first.families:
        return first
    return first._replace(families=first.families | second.families, variant=None)


ONE_TEXT: Families = frozenset({"cascade-c", "cascade-b"})
"""Both stages of Stable Cascade take one text."""


@lru_cache(maxsize=256)
def sharing_latents(families: Families) -> Families:
    """All families that compute with the latents of these families."""
    return with_latents(*latents_of(families))


def as_text(carried: Carried | None) -> Carried | None:
    """The text that a checkpoint's own encoder makes."""
    if carried is None or carried.families.isdisjoint(ONE_TEXT):
        return carried
    return carried._replace(families=carried.families | ONE_TEXT)


def as_latents(carried: Carried | None) -> Carried | None:
    """The latents or the VAE that belong to a model."""
    if carried is None:
        return None
    families = sharing_latents(carried.families)
    return Carried(families, carried.origin) if families else None
