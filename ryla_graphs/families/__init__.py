"""Model families: which models, text encoders, VAEs, LoRAs and adapters belong together."""

from __future__ import annotations

from ryla_graphs.families.family import FAMILIES, LATENT_FORMATS, Families, Family, family, latents_of, with_latents
from ryla_graphs.families.headers import Detected, FileKind, Header, detect

__all__ = [
    "FAMILIES",
    "LATENT_FORMATS",
    "Detected",
    "Families",
    "Family",
    "FileKind",
    "Header",
    "detect",
    "family",
    "latents_of",
    "with_latents",
]
