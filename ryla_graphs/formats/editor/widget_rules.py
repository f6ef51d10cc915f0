"""The editor's rules about widgets as rows: which types have one, and what individual classes add.

The rows for core are checked against what the real editor makes of each class (`tests/editor/test_widgets.py`); those
for packs describe what their browser code does, as seen in the prompts that it makes.
"""

from __future__ import annotations

from collections.abc import Mapping

from ryla_graphs import sockets
from ryla_graphs.catalog.facts import Json
from ryla_graphs.catalog.schema import InputSpec, Kind
from ryla_graphs.formats.editor.parts import UNDEFINED, Sends, Widget

DEFAULTS: Mapping[str, Json] = {
    "INT": 0,
    "FLOAT": 0,
    "STRING": "",
    "BOOLEAN": False,
    "MARKDOWN": "",
    "COLOR": "#000000",
    "COLORS": [],
    "PAINTER": "",
    "TEXTAREA": "",
    "BOUNDING_BOX": {"x": 0, "y": 0, "width": 512, "height": 512},
    "BOUNDING_BOXES": [],
    "COMPOSITOR": {},
    "CURVE": {"points": [[0, 0], [1, 1]], "interpolation": "monotone_cubic"},
    "RANGE": {"min": 0.0, "max": 1.0},
    "VIDEO_EDIT": {"trim": {"start_time": 0, "duration": 0}, "crop": {"x": 0, "y": 0, "width": 0, "height": 0}},
    "IMAGECOMPARE": ["", ""],
    "CHART": {},
    "GALLERIA": [],
    "IMAGEUPLOAD": "image",
    "AUDIOUPLOAD": "",
    "AUDIO_UI": "",
    "AUDIO_RECORD": "",
    "LOAD_3D": "",
    "LOAD_3D_ADVANCED": "",
    "PREVIEW_3D": "",
    "WEBCAM": "",
    sockets.COMBO: UNDEFINED,
    sockets.DYNAMIC_COMBO: UNDEFINED,
}
"""The types that the editor has a widget for, with the initial value if the definition has no default."""

UNSENT = frozenset({"IMAGEUPLOAD", "AUDIOUPLOAD", "AUDIO_UI"})
UNSAVED = frozenset({"AUDIO_UI", "IMAGECOMPARE"})
CAPTURED = frozenset({"LOAD_3D", "LOAD_3D_ADVANCED", "PREVIEW_3D", "WEBCAM", "AUDIO_RECORD"})
SEEDS = frozenset({"seed", "noise_seed"})
CONTROL = Widget("control_after_generate", sockets.COMBO, "randomize", sends=Sends.NOTHING)
CONTROL_FILTER = Widget("control_filter_list", "STRING", "", sends=Sends.NOTHING)
SAVES_FILES = frozenset(
    {
        *("SaveImage", "SaveImageAdvanced", "SaveSVGNode", "SaveVideo", "SaveAnimatedWEBP", "SaveAnimatedPNG"),
        *("SaveWEBM", "SaveAudio", "SaveAudioMP3", "SaveAudioOpus", "SaveAudioAdvanced", "SaveGLB"),
        *("Save3DAdvanced", "SaveGaussianSplat", "SavePointCloud", "SaveLatent"),
        *("CLIPSave", "VAESave", "ModelSave", "LoraSave"),
        # KJNodes, VideoHelperSuite
        *("SaveImageKJ", "SaveImageWithAlpha", "SaveStringKJ", "DecodeAndSaveVideo", "ModelSaveKJ", "LoraExtractKJ"),
        "VHS_VideoCombine",
    }
)
"""The classes whose ``filename_prefix`` the editor fills in."""

_IMPACT_TEXTS = (
    *("ToDetailerPipe", "ToDetailerPipeSDXL", "BasicPipeToDetailerPipe", "BasicPipeToDetailerPipeSDXL"),
    *("EditDetailerPipe", "EditDetailerPipeSDXL", "ImpactWildcardEncode", "ImpactWildcardProcessor"),
)
_IMPACT_DETAILERS = (
    *("FaceDetailer", "DetailerForEach", "DetailerForEachDebug", "DetailerForEachPipe", "DetailerForEachDebugPipe"),
)
PLAIN_TEXTS = frozenset((*_IMPACT_TEXTS, *_IMPACT_DETAILERS)) - {"ImpactWildcardEncode", "ImpactWildcardProcessor"}
"""Classes of packs whose texts are sent unchanged, although their definitions say that they have choices."""

SENDS: Mapping[tuple[str, str], Sends] = {
    **{(name, "Select to add LoRA"): Sends.FIXED for name in _IMPACT_TEXTS},
    **{(name, "Select to add Wildcard"): Sends.FIXED for name in _IMPACT_TEXTS},
    ("PreviewBridge", "image"): Sends.OWN_ID,
    ("PreviewBridgeLatent", "image"): Sends.OWN_ID,
    ("ImageReceiver", "image_data"): Sends.IF_SAVED,
}
"""What inputs of packs send, if it is not what their widget holds."""

PROSE_DEFAULTS: frozenset[tuple[str, str]] = frozenset(
    {
        *((name, "system_prompt") for name in ("GeminiImageNode", "GeminiImage2Node", "GeminiNanoBanana2")),
        ("GeminiNanoBanana2V2", "system_prompt"),
        ("GLSLShader", "fragment_shader"),
    }
)
"""Inputs whose default is a long text that the bundled catalog does not hold: nothing is sent, so that the server uses
its own."""


def only(name: str, kind: str) -> InputSpec:
    """An input that only the editor gives a class."""
    return InputSpec(name=name, key=name, type=kind, kind=Kind.SOCKET, required=True)


_AUDIO_PLAYER = (only("audioUI", "AUDIO_UI"),)
ADDED: Mapping[str, tuple[InputSpec, ...]] = {
    **dict.fromkeys(("SaveAudio", "PreviewAudio", "SaveAudioMP3", "SaveAudioOpus", "SaveAudioAdvanced"), _AUDIO_PLAYER),
    "LoadAudio": (*_AUDIO_PLAYER, only("upload", "AUDIOUPLOAD")),
    "SaveGLB": (only("image", "PREVIEW_3D"),),
    "Preview3D": (only("image", "PREVIEW_3D"),),
}
"""Inputs that the editor adds to the definition of a class."""

_TEXT_PREVIEW = (
    Widget("preview_text", "STRING", "", saved=False, sends=Sends.NOTHING),
    Widget("preview_mode", "BOOLEAN", False, saved=False, sends=Sends.NOTHING),
)

_GROWING = Widget("Update inputs", "BUTTON", None)
_SHOWN = Widget("output", "STRING", "", sends=Sends.FIXED)
AFTER: Mapping[str, tuple[Widget, ...]] = {
    "PreviewAny": _TEXT_PREVIEW,
    "SaveText": _TEXT_PREVIEW,
    "WebcamCapture": (Widget("waiting for camera...", "BUTTON", "capture", sends=Sends.CAPTURE),),
    # KJNodes
    **dict.fromkeys(("ImageBatchMulti", "ImageAddMulti", "ImageConcatMulti", "CrossFadeImagesMulti"), (_GROWING,)),
    **dict.fromkeys(("TransitionImagesMulti", "MaskBatchMulti", "JoinStringMulti"), (_GROWING,)),
    "ConditioningMultiCombine": (_GROWING,),
    **dict.fromkeys(("FluxBlockLoraSelect", "HunyuanVideoBlockLoraSelect"), (Widget("Set all", "BUTTON", None),)),
    **dict.fromkeys(("Wan21BlockLoraSelect", "LTX2BlockLoraSelect"), (Widget("Set all", "BUTTON", None),)),
    "SoundReactive": (Widget("Start mic capture", "BUTTON", None), Widget("Stop mic capture", "BUTTON", None)),
    # Impact Pack, VideoHelperSuite, Custom-Scripts
    "ImpactSEGSPicker": (Widget("pick", "BUTTON", "image"),),
    "MaskPainter": (Widget("Edit mask", "BUTTON", None),),
    "VHS_BatchManager": (Widget("count", "INT", 0),),
    **dict.fromkeys(("CheckpointLoader|pysssss", "LoraLoader|pysssss"), (Widget("example", "COMBO", "[none]"),)),
    # rgthree
    **dict.fromkeys(("Display Any (rgthree)", "Display Int (rgthree)"), (_SHOWN,)),
    "Image Comparer (rgthree)": (Widget("rgthree_comparer", "PICTURES", {"images": []}, sends=Sends.COMPARED),),
    "Power Puter (rgthree)": (Widget("outputs", "OUTPUTS", {"outputs": ["STRING"]}), Widget("code", "STRING")),
    "Power Primitive (rgthree)": (Widget("type", "CHOICE", "STRING"), Widget("value", "ANY")),
}
"""Widgets that the editor, or the browser code of a pack, adds at the end of a class."""

BESIDE: Mapping[tuple[str, str], tuple[Widget, ...]] = {
    ("LoadImageOutput", "image"): (
        Widget("Auto-refresh after generation", "BOOLEAN", False, sends=Sends.NOTHING),
        Widget("refresh", "BUTTON", "refresh"),
    ),
    ("Load3D", "model_file"): (
        Widget("upload 3d model", "BUTTON", "upload3dmodel"),
        Widget("upload extra resources", "BUTTON", "uploadExtraResources"),
        Widget("clear", "BUTTON", "clear"),
    ),
}
"""Widgets that the editor puts right after another widget of a class."""
