"""Which inputs take only some families: one row per input, by class.

An input without a row takes anything that agrees with the other inputs of its node. Facts: the nodes' own code, at the
commits of the bundled catalogs, and ComfyUI 0.33.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ryla_graphs.families.family import FAMILIES, Families

Through = Literal["controlnet", "attention", "transformer", "text", "image encoder", "setting", "thing"]
"""How an input acts, which decides what happens with another family:

- ``controlnet``: a ControlNet runs alongside the model and crashes in the sampler
- ``attention``: patches of a U-Net's attention; crash on another U-Net, do nothing on a transformer
- ``transformer``: patches of one transformer's own blocks; crash or do nothing elsewhere
- ``text``: the text encoder must give a certain text
- ``image encoder``: the features of a picture must have a certain width
- ``setting``: a setting that other models ignore or read differently
- ``thing``: the socket carries something other than its type says
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """What an input takes."""

    families: Families
    through: Through
    strength: str | None = None
    """An input that switches the node off when it is zero."""
    when: tuple[str, str] | None = None
    """Applies only if another input carries a family: that input and that family."""


Restrictions = Mapping[str, Mapping[str, Restriction]]
"""Restrictions by class and input."""


def _only(
    *families: str, through: Through, strength: str | None = None, when: tuple[str, str] | None = None
) -> Restriction:
    return Restriction(families=frozenset(families), through=through, strength=strength, when=when)


UNETS: Families = frozenset(row.id for row in FAMILIES.values() if row.unet)
"""The families whose attention can be patched block by block."""

_T5_TEXT = ("flux1", "sd3", "hidream", "chroma", "chroma-radiance", "pixart", "pixart-alpha", "mochi", "ltxv")
_INSTANTID = _only("sdxl", through="controlnet")
_INSTANTID_NODE = {"model": _INSTANTID, "positive": _INSTANTID, "negative": _INSTANTID, "control_net": _INSTANTID}
_UNET = {"model": Restriction(families=UNETS, through="attention")}
_FLUX_PATCH = {"model": _only("flux1", through="transformer")}
_WAN_PICTURE = _only("clip-vision-h", through="image encoder")
_NEW = ("flux3", "moss-image", "fibo2", "ming-image", "qwen-image-21")
"""Families newer than ComfyUI 0.33: it is not yet known which settings they read."""
_GUIDED = ("flux1", "flux2", "chroma", "hunyuan-video", "hunyuan-image", "kandinsky5", *_NEW)
_FLUX_SCHEDULE = (
    *("flux1", "flux2", "chroma", "chroma-radiance", "hidream", "omnigen2", "longcat-image", "lens", "qwen-image"),
    *("krea2", "mage-flow", "ltxv", "ltxav", *_NEW),
)
"""The families that use Flux.1's schedule in ComfyUI's own code, and three that templates set to it."""

_CORE: Restrictions = {
    "CLIPTextEncodeFlux": {"clip": _only(*_T5_TEXT, through="text")},
    "CLIPTextEncodeSDXL": {"clip": _only("sdxl", "sdxl-refiner", "sd3", "hidream", through="text")},
    "CLIPTextEncodeSD3": {"clip": _only("sd3", "hidream", through="text")},
    "CLIPTextEncodeHiDream": {"clip": _only("hidream", through="text")},
    "CLIPTextEncodeHunyuanDiT": {"clip": _only("hunyuan-dit", through="text")},
    "PhotoMakerEncode": {"clip": _only("sdxl", through="text")},
    "FluxGuidance": {"conditioning": _only(*_GUIDED, through="setting")},
    "FluxDisableGuidance": {"conditioning": _only(*_GUIDED, through="setting")},
    "ModelSamplingFlux": {"model": _only(*_FLUX_SCHEDULE, through="setting")},
    "StyleModelApply": {
        "clip_vision_output": _only("siglip", through="image encoder", when=("style_model", "flux1")),
    },
    "USOStyleReference": {
        "model": _only("flux1", through="transformer"),
        "clip_vision_output": _only("siglip", through="image encoder"),
    },
    "ZImageFunControlnet": {"model": _only("z-image", through="transformer", strength="strength")},
    "AnimaLLLiteApply": {"model": _only("anima", through="transformer", strength="strength")},
    "WanImageToVideo": {"clip_vision_output": _WAN_PICTURE},
    "WanFunControlToVideo": {"clip_vision_output": _WAN_PICTURE},
    "WanFunInpaintToVideo": {"clip_vision_output": _WAN_PICTURE},
    "WanFirstLastFrameToVideo": {"clip_vision_start_image": _WAN_PICTURE, "clip_vision_end_image": _WAN_PICTURE},
    "WanCameraImageToVideo": {"clip_vision_output": _WAN_PICTURE},
    "WanAnimateToVideo": {"clip_vision_output": _WAN_PICTURE},
    "FreeU": _UNET,
    "FreeU_V2": _UNET,
    "HyperTile": _UNET,
    "HypernetworkLoader": {"model": Restriction(families=UNETS, through="attention", strength="strength")},
    "PatchModelAddDownscale": _UNET,
    "PerturbedAttentionGuidance": {"model": Restriction(families=UNETS, through="attention", strength="scale")},
    "SelfAttentionGuidance": {"model": Restriction(families=UNETS, through="attention", strength="scale")},
    "TomePatchModel": {"model": Restriction(families=UNETS, through="attention", strength="ratio")},
    "RTDETR_detect": {"model": _only("rt-detr", through="thing")},
    "SDPoseKeypointExtractor": {"model": _only("sdpose", through="thing")},
    "SAM3_Detect": {"model": _only("sam3", through="thing")},
    "SAM3_VideoTrack": {"model": _only("sam3", through="thing")},
}

_INSTANTID_PACK: Restrictions = {
    "ApplyInstantID": _INSTANTID_NODE,
    "ApplyInstantIDAdvanced": _INSTANTID_NODE,
    "InstantIDAttentionPatch": {"model": _only("sdxl", through="attention", strength="weight")},
    "ApplyInstantIDControlNet": {
        "positive": _INSTANTID,
        "negative": _INSTANTID,
        "control_net": _INSTANTID,
    },
}

_FLUX_PACKS: Restrictions = {
    # PuLID for Flux
    "ApplyPulidFlux": _FLUX_PATCH,
    # InfiniteYou, whose MODEL and CONDITIONING sockets carry faces
    "ExtractFacePoseImage": {"face_detector": _only("face-detector", through="thing")},
    "ExtractIDEmbedding": {
        "face_detector": _only("face-detector", through="thing"),
        "arcface_model": _only("face-recogniser", through="thing"),
        "image_proj_model": _only("face-projection", through="thing"),
    },
    "InfuseNetApply": {
        "positive": _only("flux1", through="controlnet", strength="strength"),
        "negative": _only("flux1", through="controlnet", strength="strength"),
        "control_net": _only("flux1", through="controlnet", strength="strength"),
        "id_embedding": _only("face-tokens", through="thing"),
    },
    # IP-Adapters for Flux
    "ApplyFluxIPAdapter": _FLUX_PATCH,
    "ApplyIPAdapterFlux": _FLUX_PATCH,
}

_IPADAPTER_PACK: Restrictions = {
    name: {"model": _only("sd15", "sdxl", through="attention", strength="weight")}
    for name in (
        "IPAdapter",
        "IPAdapterAdvanced",
        "IPAdapterBatch",
        "IPAdapterFaceID",
        "IPAdapterMS",
        "IPAdapterTiled",
    )
} | {
    "IPAdapterStyleComposition": {"model": _only("sd15", "sdxl", through="attention", strength="weight_style")},
}

RESTRICTIONS: Restrictions = {**_CORE, **_INSTANTID_PACK, **_FLUX_PACKS, **_IPADAPTER_PACK}
"""All rows."""
