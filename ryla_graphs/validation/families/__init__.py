"""Rules about model families: what the server accepts, but the sampler fails on or silently ignores."""

from __future__ import annotations

from ryla_graphs.validation.families.adapters import adapters
from ryla_graphs.validation.families.cfg_of_distilled import cfg_of_distilled
from ryla_graphs.validation.families.conditionings import conditionings
from ryla_graphs.validation.families.controlnets import controlnets
from ryla_graphs.validation.families.files_by_name import files_by_name
from ryla_graphs.validation.families.files_of_families import files_of_families
from ryla_graphs.validation.families.files_of_kinds import files_of_kinds
from ryla_graphs.validation.families.guidance_of_schnell import guidance_of_schnell
from ryla_graphs.validation.families.image_encoders import image_encoders
from ryla_graphs.validation.families.latents_of_models import latents_of_models
from ryla_graphs.validation.families.loras import loras
from ryla_graphs.validation.families.mistaken_sockets import mistaken_sockets
from ryla_graphs.validation.families.models import models
from ryla_graphs.validation.families.same_text_twice import same_text_twice
from ryla_graphs.validation.families.settings import settings
from ryla_graphs.validation.families.unused_patches import unused_patches
from ryla_graphs.validation.families.vaes import vaes

FAMILY_RULES = (
    files_by_name,
    files_of_kinds,
    files_of_families,
    mistaken_sockets,
    models,
    controlnets,
    adapters,
    conditionings,
    latents_of_models,
    vaes,
    loras,
    image_encoders,
    settings,
    guidance_of_schnell,
    cfg_of_distilled,
    same_text_twice,
    unused_patches,
)
"""The rule book of families."""

__all__ = ["FAMILY_RULES"]
