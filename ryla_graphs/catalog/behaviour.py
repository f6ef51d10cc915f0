"""Facts about node classes that ``/object_info`` does not tell, one row a class.

Learnt by watching ComfyUI 0.33 and the packs named below answer prompts. A class without a row is taken
to have no validator of its own; whether the server runs equal nodes of it once is then known only of ComfyUI's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from ryla_graphs.catalog.schema import Behaviour, Validator


def _file(name: str, *others: str, empty_is_fine: bool = False, takes_all: bool = False) -> Behaviour:
    """The class refuses a name that is not in the server's input folder."""
    return Behaviour(
        validator=Validator(
            inputs=(name, *others),
            rule="input file",
            empty_is_fine=empty_is_fine,
            takes_all=takes_all,
        )
    )


def _path(name: str, *, takes_all: bool = False) -> Behaviour:
    """The class refuses a path that is not on the server's disk, which nobody else can know."""
    return Behaviour(validator=Validator(inputs=(name,), rule="file path", takes_all=takes_all))


def _unchecked(*names: str, optional: tuple[str, ...] = (), takes_all: bool = False) -> Behaviour:
    """The class takes these inputs out of the server's checks and lets everything pass."""
    return Behaviour(
        validator=Validator(inputs=names, optional=frozenset(optional), rule="anything", takes_all=takes_all)
    )


_ANY_LINK = Behaviour(validator=Validator(link_types=True, rule="anything"))
_FOLDER = Behaviour(
    validator=Validator(inputs=("directory",), rule="image folder", takes_all=True, hidden=("unique_id",))
)

_CORE: Mapping[str, Behaviour] = {
    "CustomCombo": _unchecked("choice", "index", optional=("index",), takes_all=True),
    "FluxProUltraImageNode": Behaviour(validator=Validator(inputs=("aspect_ratio",), rule="aspect ratio")),
    "Load3D": _file("model_file", empty_is_fine=True, takes_all=True),
    "Load3DAdvanced": _file("model_file", empty_is_fine=True, takes_all=True),
    "LoadAudio": _file("audio"),
    "LoadImage": _file("image"),
    "LoadImageMask": _file("image"),
    "LoadImageOutput": _file("image"),
    "LoadLatent": _file("latent"),
    "LoadVideo": _file("file"),
    "ModelAttentionBackend": _unchecked("attention"),
    "SelectCLIPDevice": _unchecked("device", optional=("device",)),
    "SelectModelDevice": _unchecked("device", optional=("device",)),
    "SelectVAEDevice": _unchecked("device", optional=("device",)),
    "TripoConversionNode": Behaviour(
        validator=Validator(link_types=True, needs_links=("original_model_task_id",), rule="unknown")
    ),
    "WebcamCapture": _file("image"),
}

_VIDEO_HELPER_SUITE: Mapping[str, Behaviour] = {
    "VHS_LoadAudio": _path("audio_file", takes_all=True),
    "VHS_LoadAudioUpload": _file("audio", takes_all=True),
    "VHS_LoadImagePath": _path("image"),
    "VHS_LoadImages": _FOLDER,
    "VHS_LoadImagesPath": _FOLDER,
    "VHS_LoadVideo": _file("video"),
    "VHS_LoadVideoFFmpeg": _file("video"),
    "VHS_LoadVideoFFmpegPath": _path("video"),
    "VHS_LoadVideoPath": _path("video"),
    "VHS_Unbatch": _ANY_LINK,
}

_OTHERS: Mapping[str, Behaviour] = {
    # ComfyUI-Impact-Pack
    "ImageReceiver": _file("image", "link_id", "save_to_workflow", "image_data", "trigger_always"),
    "LatentReceiver": _file("latent", "link_id", "trigger_always"),
    # ComfyUI-KJNodes
    "LoadAndResizeImage": _file("image"),
    # ComfyUI_essentials
    "DisplayAny": _ANY_LINK,
}

_PLAIN = (
    # ComfyUI_InstantID
    *("InstantIDModelLoader", "InstantIDFaceAnalysis", "ApplyInstantID", "ApplyInstantIDAdvanced"),
    *("FaceKeypointsPreprocessor", "InstantIDAttentionPatch", "ApplyInstantIDControlNet"),
    # ComfyUI_PuLID_Flux_ll
    *("PulidFluxModelLoader", "PulidFluxInsightFaceLoader", "PulidFluxEvaClipLoader", "PulidFluxOptions"),
    *("PulidFluxFaceDetector", "ApplyPulidFlux", "FixPulidFluxPatch"),
    # ComfyUI-SeedVR2_VideoUpscaler
    *("SeedVR2LoadDiTModel", "SeedVR2LoadVAEModel", "SeedVR2VideoUpscaler"),
    # ComfyUI-GGUF
    *("UnetLoaderGGUF", "UnetLoaderGGUFAdvanced", "CLIPLoaderGGUF", "DualCLIPLoaderGGUF", "TripleCLIPLoaderGGUF"),
    "QuadrupleCLIPLoaderGGUF",
    # ComfyUI-Impact-Pack and -Subpack
    *("SAMLoader", "ONNXDetectorProvider", "UltralyticsDetectorProvider"),
)
"""Classes of packs that have no validator and no `IS_CHANGED`, and are not `NOT_IDEMPOTENT`."""

BEHAVIOURS: Mapping[str, Behaviour] = {
    **dict.fromkeys(_PLAIN, Behaviour()),
    **_CORE,
    **_VIDEO_HELPER_SUITE,
    **_OTHERS,
}
