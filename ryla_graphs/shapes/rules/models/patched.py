"""Classes that pass on a model, a text encoder or a VAE, changed in ways that affect no size."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.values import Opaque

_MODEL = (
    "APG", "AnimaLLLiteApply", "CFGNorm", "CFGOverride", "CFGZeroStar", "ChromaRadianceOptions",
    "DifferentialDiffusion", "EasyCache", "Epsilon Scaling", "FluxKVCache", "FreSca", "HiDreamO1PatchSeamSmoothing",
    "HyperTile", "HypernetworkLoader", "LTXVContextWindows", "LTXVModalityGuidance", "LTXVSpatioTemporalGuidance",
    "LatentApplyOperationCFG", "LazyCache", "LoraLoaderBypassModelOnly", "LoraLoaderModelOnly", "LoraModelLoader",
    "Mahiro", "ModelAttentionBackend", "ModelComputeDtype", "MultiGPU_WorkUnits", "NAGuidance",
    "PatchModelAddDownscale", "PerpNeg", "PerturbedAttentionGuidance", "QwenImageDiffsynthControlnet", "RenormCFG",
    "RescaleCFG", "SUPIRApply", "ScaleROPE", "SelectModelDevice", "SelfAttentionGuidance", "SkipLayerGuidanceDiT",
    "SkipLayerGuidanceDiTSimple", "SkipLayerGuidanceSD3", "TCFG", "TemporalScoreRescaling", "TomePatchModel",
    "TorchCompileModel", "TripoSplatSamplingPreview", "UNetCrossAttentionMultiply", "UNetSelfAttentionMultiply",
    "UNetTemporalAttentionMultiply", "USOStyleReference", "VideoLinearCFGGuidance", "VideoTriangleCFGGuidance",
    "WanAnimate2Cache", "WanContextWindowsManual", "WanUni3CControlnetApply", "ZImageFunControlnet", "wanBlockSwap",
)  # fmt: skip
_MERGED = (
    "ModelMergeAdd", "ModelMergeAuraflow", "ModelMergeBlocks", "ModelMergeCosmos14B", "ModelMergeCosmos7B",
    "ModelMergeCosmosPredict2_14B", "ModelMergeCosmosPredict2_2B", "ModelMergeFlux1", "ModelMergeKrea2",
    "ModelMergeLTXV", "ModelMergeMochiPreview", "ModelMergeQwenImage", "ModelMergeSD1", "ModelMergeSD2",
    "ModelMergeSD35_Large", "ModelMergeSD3_2B", "ModelMergeSDXL", "ModelMergeSimple", "ModelMergeSubtract",
    "ModelMergeWAN2_1",
)  # fmt: skip
_CLIP = ("CLIPAttentionMultiply", "CLIPSetLastLayer", "SelectCLIPDevice", "SetClipHooks", "T5TokenizerOptions")
_CLIP_MERGED = ("CLIPMergeAdd", "CLIPMergeSimple", "CLIPMergeSubtract")


def _hand_on(classes: Iterable[str], name: str, socket: str) -> None:
    """A rule for classes that pass on one input, which must be present."""

    def work(**inputs: Any) -> Any:
        return present(inputs.get(name), socket)

    rule(*classes)(work)


def present(value: Any, socket: str) -> Any:
    """A model or a part of one. Raises `NodeFails` if there is none."""
    if value is None:
        raise NodeFails(f"there is no {socket}")
    return value


_hand_on(_MODEL, "model", "MODEL")
_hand_on(_MERGED, "model1", "MODEL")
_hand_on(_CLIP, "clip", "CLIP")
_hand_on(_CLIP_MERGED, "clip1", "CLIP")
_hand_on(("SelectVAEDevice",), "vae", "VAE")
_hand_on(("SetUnionControlNetType",), "control_net", "CONTROL_NET")


@rule("LoraLoader", "LoraLoaderBypass")
def load_lora(model: Any, clip: Any) -> tuple[Any, Any]:
    return model, clip


def _only_for_unets(class_type: str) -> Callable[..., Any]:
    @rule(class_type)
    def work(model: Any) -> Any:
        if isinstance(present(model, "MODEL"), Opaque) and model.facts.get("unet") is False:
            raise NodeFails("it changes the blocks of a U-Net, and this model has none")
        return model

    return work


for _class_type in ("FreeU", "FreeU_V2"):
    _only_for_unets(_class_type)


_INDEX = re.compile(r"[-+]?\d+(_\d+)*")


@rule("ContextWindowsManual")
def context_windows(model: Any, cond_retain_index_list: Any = "", latent_retain_index_list: Any = "") -> Any:
    for text in (cond_retain_index_list, latent_retain_index_list):
        parts = str(text).split(",") if text else []
        if any(not _INDEX.fullmatch(part.strip()) for part in parts):
            raise NodeFails(f"'{text}' is no list of numbers")
    return present(model, "MODEL")
