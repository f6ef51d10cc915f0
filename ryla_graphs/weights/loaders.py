"""Files that a class loads although no input names them. `prompt.files` has those that inputs name."""

from __future__ import annotations

from collections.abc import Mapping

_ANTELOPE = tuple(
    ("insightface/models/antelopev2", f"{name}.onnx")
    for name in ("1k3d68", "2d106det", "genderage", "glintr100", "scrfd_10g_bnkps")
)

_FACEXLIB = tuple(
    ("facexlib", name) for name in ("detection_Resnet50_Final.pth", "parsing_bisenet.pth", "parsing_parsenet.pth")
)

IMPLIED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ApplyPulidFlux": _FACEXLIB,
    "IDEmbeddingModelLoader": _ANTELOPE,
    "InstantIDFaceAnalysis": _ANTELOPE,
    "PulidFluxEvaClipLoader": (("text_encoders", "EVA02_CLIP_L_336_psz14_s6B.pt"),),
    "PulidFluxInsightFaceLoader": _ANTELOPE,
}
"""Files that a class loads although no input names them: folder and name."""
