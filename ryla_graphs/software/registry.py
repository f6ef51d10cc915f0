"""Node packs by their ids in the Comfy Registry, which saved graphs name as `cnr_id`.

The ids come from the `pyproject.toml` of the packs whose classes are bundled, if it was read. Others come from saved
graphs that name an id with its repository, or an id for classes of a bundled pack.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Registered(NamedTuple):
    """A pack of the registry."""

    id: str
    repository: str
    """On GitHub."""
    version: str | None = None
    """The version of the known commit; None if it is unknown."""


_ROWS = tuple(
    Registered(*row.split())
    for row in """
cg-use-everywhere              chrisgoringe/cg-use-everywhere
color-correct-gpu              boobkake22/ComfyUI-ColorCorrectGPU
comfy-mtb                      melMass/comfy_mtb                       0.5.4
ComfyLiterals                  M1kep/ComfyLiterals
comfyui-aspect-ratio-crop-node vrgamegirl19/comfyui-vrgamedevgirl
ComfyUI-Crystools              crystian/ComfyUI-Crystools              1.27.4
comfyui-custom-scripts         pythongosssss/ComfyUI-Custom-Scripts    1.2.5
comfyui-deploy                 BennyKok/comfyui-deploy                 2.3.10
comfyui-depthanythingv2        kijai/ComfyUI-DepthAnythingV2
comfyui-easy-use               yolain/ComfyUI-Easy-Use                 1.3.6
comfyui-florence2              kijai/ComfyUI-Florence2                 1.0.6
comfyui-frame-interpolation    Fannovel16/ComfyUI-Frame-Interpolation
ComfyUI-GGUF                   city96/ComfyUI-GGUF
ComfyUI-GIMM-VFI               kijai/ComfyUI-GIMM-VFI
comfyui-hunyuan3dwrapper       kijai/ComfyUI-Hunyuan3DWrapper          1.0.6
comfyui-image-saver            alexopus/ComfyUI-Image-Saver            1.23.0
comfyui-impact-pack            ltdrdata/ComfyUI-Impact-Pack            8.22.2
comfyui-impact-subpack         ltdrdata/ComfyUI-Impact-Subpack         1.3.4
comfyui-inpaint-cropandstitch  lquesada/ComfyUI-Inpaint-CropAndStitch
comfyui-inspire-pack           ltdrdata/ComfyUI-Inspire-Pack           1.21
comfyui-kjnodes                kijai/ComfyUI-KJNodes                   1.5.0
comfyui-liveportraitkj         kijai/ComfyUI-LivePortraitKJ
comfyui-lora-manager           willmiao/ComfyUI-Lora-Manager           1.2.1
ComfyUI-LTXVideo               Lightricks/ComfyUI-LTXVideo
comfyui-melbandroformer        kijai/ComfyUI-MelBandRoFormer
comfyui-mxtoolkit              Smirnov75/ComfyUI-mxToolkit
ComfyUI-nunchaku               nunchaku-tech/ComfyUI-nunchaku
comfyui-reactor                Gourieff/ComfyUI-ReActor                0.7.0-a2
comfyui-rmbg                   1038lab/ComfyUI-RMBG                    3.1.0
ComfyUI-segment-anything-2     kijai/ComfyUI-segment-anything-2
comfyui-simple-switch          boobkake22/ComfyUI-SimpleSwitch
ComfyUI-SimpleSwitch           boobkake22/ComfyUI-SimpleSwitch
comfyui-tooling-nodes          Acly/comfyui-tooling-nodes              3.3.0
ComfyUI-Upscaler-Tensorrt      yuvraj108c/ComfyUI-Upscaler-Tensorrt
comfyui-videohelpersuite       Kosinkadink/ComfyUI-VideoHelperSuite    1.7.9
ComfyUI-WanAnimatePreprocess   kijai/ComfyUI-WanAnimatePreprocess
comfyui-wanresolutions         boobkake22/ComfyUI-WanResolutions
ComfyUI-WanVideoWrapper        kijai/ComfyUI-WanVideoWrapper
comfyui_controlnet_aux         Fannovel16/comfyui_controlnet_aux       1.1.5
comfyui_essentials             cubiq/ComfyUI_essentials                1.1.0
comfyui_instantid              cubiq/ComfyUI_InstantID                 1.0.0
comfyui_ipadapter_plus         cubiq/ComfyUI_IPAdapter_plus            2.0.0
comfyui_layerstyle             chflame163/ComfyUI_LayerStyle           2.0.40
ComfyUI_LayerStyle_Advance     chflame163/ComfyUI_LayerStyle_Advance   2.0.37
comfyui_memory_cleanup         LAOGOU-666/Comfyui-Memory_Cleanup       1.1.2
comfyui_pulid_flux_ll          lldacing/ComfyUI_PuLID_Flux_ll          1.1.4
comfyui_tinyterranodes         TinyTerra/ComfyUI_tinyterraNodes        2.0.11
comfyui_ultimatesdupscale      ssitu/ComfyUI_UltimateSDUpscale         1.7.1
crt-nodes                      PGCRT/CRT-Nodes                         2.7.1
efficiency-nodes-comfyui       jags111/efficiency-nodes-comfyui        1.0.9
extra-samplers                 Clybius/ComfyUI-Extra-Samplers
film-grain-ltxv                boobkake22/ComfyUI-FilmGrainLTXV
gguf                           calcuis/gguf                            3.0.3
res4lyf                        ClownsharkBatwing/RES4LYF               1.1.0
rgthree-comfy                  rgthree/rgthree-comfy                   1.0.2608210019
seedvr2_videoupscaler          numz/ComfyUI-SeedVR2_VideoUpscaler      2.5.24
was-node-suite-comfyui         WASasquatch/was-node-suite-comfyui      1.0.2
""".strip().splitlines()
)

REGISTERED: Mapping[str, Registered] = {row.id.casefold(): row for row in _ROWS}
"""By the id in lower case, since graphs write ids in either case."""
_IDS: Mapping[str, str] = {row.repository.casefold(): row.id for row in _ROWS}


def registered(named: str) -> Registered | None:
    """The pack with this id, in upper or lower case; None if it is unknown.

    >>> registered("ComfyUI_InstantID").repository
    'cubiq/ComfyUI_InstantID'
    """
    return REGISTERED.get(named.casefold())


def id_of(repository: str) -> str | None:
    """The id of a repository's pack; None if it is unknown."""
    return _IDS.get(repository.casefold())
