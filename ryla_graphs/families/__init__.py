"""Model families: which models, text encoders, VAEs, LoRAs and adapters belong together.

`FAMILIES` names them, `detect` tells what a weight file is from its header, `Inference` tells what every link of a
prompt carries, and `FamilyRules` holds the rows that it applies. Packs add rows with ``BUILTIN | FamilyRules(...)``.
"""

from __future__ import annotations

from ryla_graphs.families.carried import Carried, Origin
from ryla_graphs.families.evidence import Evidence, Files
from ryla_graphs.families.family import FAMILIES, LATENT_FORMATS, Families, Family, family, latents_of, with_latents
from ryla_graphs.families.family_rules import BUILTIN, FamilyRules
from ryla_graphs.families.headers import Detected, FileKind, Header, detect
from ryla_graphs.families.inference import Inference
from ryla_graphs.families.patterns import FilePattern
from ryla_graphs.families.rules import RESTRICTIONS, Restriction
from ryla_graphs.families.transfers import Always, Either, Empty, From, ImageEncoder, OfFile, TextEncoders

__all__ = [
    "BUILTIN",
    "FAMILIES",
    "LATENT_FORMATS",
    "RESTRICTIONS",
    "Always",
    "Carried",
    "Detected",
    "Either",
    "Empty",
    "Evidence",
    "Families",
    "Family",
    "FamilyRules",
    "FileKind",
    "FilePattern",
    "Files",
    "From",
    "Header",
    "ImageEncoder",
    "Inference",
    "OfFile",
    "Origin",
    "Restriction",
    "TextEncoders",
    "detect",
    "family",
    "latents_of",
    "with_latents",
]
