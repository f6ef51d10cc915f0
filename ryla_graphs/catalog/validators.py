"""What node classes check with Python code of their own, one row for each class.

Observed in the answers of ComfyUI 0.33 and the packs named below. For the validators of other packs, only the inputs
that they take are recorded (`ryla_graphs.catalog.store`); which values they accept is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping

from ryla_graphs.catalog.behaviour import Validator


def _file(name: str, *others: str, empty_is_fine: bool = False, takes_all: bool = False) -> Validator:
    """The class refuses a name that is not in the server's input folder."""
    return Validator(inputs=(name, *others), rule="input file", empty_is_fine=empty_is_fine, takes_all=takes_all)


def _path(name: str, *, takes_all: bool = False) -> Validator:
    """The class refuses a path that is not on the server's disk, which only the server can check."""
    return Validator(inputs=(name,), rule="file path", takes_all=takes_all)


def _unchecked(*names: str, optional: tuple[str, ...] = (), takes_all: bool = False) -> Validator:
    """The class exempts these inputs from the server's checks and accepts everything."""
    return Validator(inputs=names, optional=frozenset(optional), rule="anything", takes_all=takes_all)


_ANY_LINK = Validator(link_types=True, rule="anything")
_FOLDER = Validator(inputs=("directory",), rule="image folder", takes_all=True, hidden=("unique_id",))

VALIDATORS: Mapping[str, Validator] = {
    # ComfyUI
    "CustomCombo": _unchecked("choice", "index", optional=("index",), takes_all=True),
    "FluxProUltraImageNode": Validator(inputs=("aspect_ratio",), rule="aspect ratio"),
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
    "TripoConversionNode": Validator(link_types=True, needs_links=("original_model_task_id",), rule="unknown"),
    "WebcamCapture": _file("image"),
    # ComfyUI-VideoHelperSuite
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
    # ComfyUI-Impact-Pack
    "ImageReceiver": _file("image", "link_id", "save_to_workflow", "image_data", "trigger_always"),
    "LatentReceiver": _file("latent", "link_id", "trigger_always"),
    # ComfyUI-KJNodes
    "LoadAndResizeImage": _file("image"),
    # ComfyUI_essentials
    "DisplayAny": _ANY_LINK,
}

INPUT_FILES: Mapping[str, Validator] = {name: row for name, row in VALIDATORS.items() if row.rule == "input file"}
"""The classes that check whether a file is in the server's input folder."""
