"""What is known of models: how they sample, which latents they compute with, and what their encoders give.

File names tell the family of a model (`ryla_graphs.families`), and the family tells the rest. If neither is known,
everything that depends on them remains unknown.
"""

from __future__ import annotations

from ryla_graphs.shapes.models.formats import FORMATS, Format
from ryla_graphs.shapes.models.named import clip_of, clip_of_files, model_of, vae_of
from ryla_graphs.shapes.models.texts import TEXTS, TextModel
from ryla_graphs.shapes.models.vaes import CODECS, Codec

__all__ = [
    "CODECS",
    "FORMATS",
    "TEXTS",
    "Codec",
    "Format",
    "TextModel",
    "clip_of",
    "clip_of_files",
    "model_of",
    "vae_of",
]
