"""Which sockets of a generated class name a model family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ryla_graphs.codegen.annotations import Vocabulary
from ryla_graphs.schema import NodeSchema
from ryla_graphs.sockets import SD3, SDXL, WITH_FAMILY, Flux1, HiDream, ModelFamily, Wan, Wan5B

ONLY_FOR: Mapping[str, type[ModelFamily]] = {
    "ApplyInstantID": SDXL,
    "ApplyInstantIDAdvanced": SDXL,
    "ApplyInstantIDControlNet": SDXL,
    "ApplyPulidFlux": Flux1,
    "CLIPTextEncodeHiDream": HiDream,
    "CLIPTextEncodeSD3": SD3,
    "CLIPTextEncodeSDXL": SDXL,
    "InstantIDAttentionPatch": SDXL,
    "SkipLayerGuidanceSD3": SD3,
    "Wan22ImageToVideoLatent": Wan5B,
    "WanAnimateToVideo": Wan,
    "WanCameraImageToVideo": Wan,
    "WanFirstLastFrameToVideo": Wan,
    "WanImageToVideo": Wan,
    "WanInfiniteTalkToVideo": Wan,
    "WanSoundImageToVideo": Wan,
    "WanVaceToVideo": Wan,
}
"""Classes that work with one family alone. All others take any family, and give on what they took."""

_LOOSE = frozenset({"LATENT", "VAE"})
"""What a model or a text is not compared with. An empty latent is of unknown family more often than not, and one
unknown input is enough for mypy to take the whole node for unknown."""


class FamilyWords(NamedTuple):
    """The words for one class, by where its sockets stand."""

    inputs: Vocabulary
    out: Vocabulary
    base: Vocabulary
    variable: str = ""
    """The type variable of the class; empty where it has none."""
    out_variable: str = ""
    """The one of its class `Out`: a class inside another cannot use that of the outer."""


def family_words(schema: NodeSchema, words: Vocabulary) -> FamilyWords:
    """The family the class works with, or a variable where it has families to compare or one to give."""
    only = ONLY_FOR.get(schema.class_type)
    if only is not None:
        own = words.of(f"s.{only.__name__}")
        return FamilyWords(own, own, own)
    compared, gives = _compared(schema), any(output.type in WITH_FAMILY for output in schema.outputs)
    if len(compared) < 2 and not gives:
        return FamilyWords(words, words, words)
    variable, out_variable = "Family", "OutFamily" if gives else ""
    return FamilyWords(words.of(variable, compared), words.of(out_variable), words.of(variable), variable, out_variable)


def _compared(schema: NodeSchema) -> list[str]:
    """The types of the inputs that have to be of one family."""
    types = [spec.type for spec in schema.inputs if spec.type in WITH_FAMILY]
    return [wire_type for wire_type in types if wire_type not in _LOOSE] or types
