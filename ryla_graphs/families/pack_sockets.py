"""Sockets of packs that carry models of their own, and loaders of packs that take files of some families only.

Such a socket cannot be linked to a MODEL, CLIP or VAE socket, nor the other way round, so ComfyUI itself keeps them
apart. It does not see the file behind a socket, nor what meets a MODEL at a node that takes both.
Facts: the packs' own code, at the commits of the bundled catalogs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from ryla_graphs.families.family import Families

_WAN: Families = frozenset({"wan", "wan22-5b"})
_FLUX1: Families = frozenset({"flux1"})
_SDXL: Families = frozenset({"sdxl"})
_HUNYUAN: Families = frozenset({"hunyuan-video"})
_COG: Families = frozenset({"cogvideox"})
_3D: Families = frozenset({"hunyuan3d"})
_SEEDVR2: Families = frozenset({"seedvr2"})
_UNETS: Families = frozenset({"sd15", "sdxl"})

Role = Literal["model", "vae", "adapter", "part"]
"""What a socket carries: a diffusion model, a VAE, an adapter that acts on a MODEL of its family, or anything else."""


class PackSocket(NamedTuple):
    """A socket type of a pack."""

    families: Families
    """The families that it may carry; the file behind it decides which."""
    role: Role = "part"


def _parts(families: Families, *types: str) -> Mapping[str, PackSocket]:
    return dict.fromkeys(types, PackSocket(families))


PACK_SOCKETS: Mapping[str, PackSocket] = {
    "WANVIDEOMODEL": PackSocket(_WAN, "model"),
    "WANVAE": PackSocket(_WAN, "vae"),
    **_parts(_WAN, "WANTEXTENCODER", "WANVIDLORA", "WANVIDEOTEXTEMBEDS", "WANVIDIMAGE_EMBEDS"),
    **_parts(_WAN, "WANVIDIMAGE_CLIPEMBEDS", "WANVIDEOCONTROLNET", "VACEPATH", "MULTITALKMODEL"),
    **_parts(_WAN, "FANTASYTALKINGMODEL", "FANTASYPORTRAITMODEL", "LYNXRESAMPLER"),
    "HYVIDEOMODEL": PackSocket(_HUNYUAN, "model"),
    **_parts(_HUNYUAN, "HYVIDTEXTENCODER", "HYVIDLORA", "HYVIDEMBEDS"),
    "COGVIDEOMODEL": PackSocket(_COG, "model"),
    **_parts(_COG, "COGLORA", "COGVIDECONTROLNETMODEL", "TORAMODEL"),
    "HY3DMODEL": PackSocket(_3D, "model"),
    "HY3DVAE": PackSocket(_3D, "vae"),
    "SUPIRMODEL": PackSocket(_SDXL, "model"),
    "SUPIRVAE": PackSocket(_SDXL, "vae"),
    "SEEDVR2_DIT": PackSocket(_SEEDVR2, "model"),
    "SEEDVR2_VAE": PackSocket(_SEEDVR2, "vae"),
    "IPADAPTER": PackSocket(_UNETS, "adapter"),
    "PULID": PackSocket(_SDXL | _FLUX1, "adapter"),
    "PULIDFLUX": PackSocket(_FLUX1, "adapter"),
    "INSTANTID": PackSocket(_SDXL, "adapter"),
    "FACE_EMBEDS": PackSocket(_SDXL),
    "IP_ADAPTER_FLUX": PackSocket(_FLUX1, "adapter"),
    "IPADAPTER_PIPELINE": PackSocket(_FLUX1, "adapter"),
    "PULID_PIPELINE": PackSocket(_FLUX1, "adapter"),
    "FluxControlNet": PackSocket(_FLUX1),
    "ControlNetCondition": PackSocket(_FLUX1, "adapter"),
    "BRMODEL": PackSocket(_UNETS, "adapter"),
    "INPAINT_PATCH": PackSocket(_SDXL, "adapter"),
    "M_MODELS": PackSocket(_UNETS, "adapter"),
    **_parts(_UNETS, "MOTION_MODEL_ADE", "MOTION_LORA"),
}

LOADING: Mapping[str, Families] = {
    **dict.fromkeys(("FluxLoraLoader", "LoadFluxIPAdapter", "InfuseNetLoader", "FluxLoader"), _FLUX1),
    **dict.fromkeys(("NunchakuFluxDiTLoader", "NunchakuFluxLoraLoader", "NunchakuFluxLoraStack"), _FLUX1),
    **dict.fromkeys(("NunchakuPulidLoader", "NunchakuPuLIDLoaderV2"), _FLUX1),
    **dict.fromkeys(("LoadWanVideoT5TextEncoder", "WanVideoTextEncodeCached"), frozenset({"umt5-xxl"})),
    "HyVideoVAELoader": _HUNYUAN,
    "CogVideoXVAELoader": _COG,
    "NunchakuQwenImageDiTLoader": frozenset({"qwen-image"}),
    "PulidModelLoader": _SDXL,
    "LoadAndApplyICLightUnet": frozenset({"sd15"}),
    "SD35Loader": frozenset({"sd3"}),
    "LTXVQ8LoraModelLoader": frozenset({"ltxv", "ltxav"}),
    "LowVRAMCheckpointLoader": frozenset({"ltxv", "ltxav"}),
}
"""Classes whose files must belong to these families, or whose text encoders must be these. Classes that output a socket
of `PACK_SOCKETS` need no row."""
