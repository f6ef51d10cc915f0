"""Small sizes for ComfyUI's model classes: a custom node without nodes, used by the program that writes the files too.

Where ComfyUI reads a size off a file, the file is small already. Here are the sizes that it takes for granted: a class
gets ours, whatever it was asked for. `tools.tiny_weights` copies this file into ``custom_nodes``.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

_LLAMA = "comfy.text_encoders.llama"
_CLIP = {"num_hidden_layers": 3, "intermediate_size": 512}
SIZES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("comfy.ldm.modules.diffusionmodules.openaimodel", "UNetModel"): {"model_channels": 64},
    ("comfy.ldm.modules.sdpose", "HeatmapHead"): {"deconv_out_channels": (32,), "conv_out_channels": (32,)},
    ("comfy.cldm.cldm", "ControlNet"): {"model_channels": 64},
    ("comfy.ldm.modules.diffusionmodules.model", "Encoder"): {"ch": 32},
    ("comfy.ldm.lumina.model", "NextDiT"): {"dim": 256, "n_heads": 2, "n_kv_heads": 2},
    ("comfy.ldm.lumina.controlnet", "ZImage_Control"): {"dim": 256, "n_heads": 2, "n_kv_heads": 2},
    ("comfy.ldm.qwen_image.model", "QwenImageTransformer2DModel"): {"num_attention_heads": 1},
    ("comfy.ldm.seedvr.model", "NaDiT"): {"vid_dim": 128, "heads": 1, "num_layers": 2},
    ("comfy.clip_model", "CLIPTextModel"): {"config_dict": _CLIP},
    ("comfy.clip_model", "CLIPVision"): {"config_dict": {"num_hidden_layers": 2, "intermediate_size": 256}},
    ("comfy.text_encoders.t5", "T5"): {"config_dict": {"num_layers": 2, "num_heads": 8, "d_ff": 512}},
    # Flux.2 takes the layers 9, 18 and 27 of it.
    (_LLAMA, "Qwen3_4BConfig"): {
        "num_hidden_layers": 28, "intermediate_size": 64, "num_attention_heads": 2, "num_key_value_heads": 1,
    },
    (_LLAMA, "Qwen25_7BVLI_Config"): {"num_hidden_layers": 2, "intermediate_size": 64, "num_attention_heads": 4},
    ("comfy.text_encoders.qwen_vl", "Qwen2VLVisionTransformer"): {
        "hidden_size": 160, "intermediate_size": 64, "num_heads": 2, "num_layers": 2,
    },
}  # fmt: skip
"""By module and class, the arguments that are always these; a mapping is put over the one that was given."""
SEEN = "unet_config"
"""The metadata key that says what a file of the real size would be recognised as."""


def apply() -> None:
    """Make ComfyUI's classes small in this process."""
    for (module, name), sizes in SIZES.items():
        _shrink(getattr(import_module(module), name), sizes)
    detection: Any = import_module("comfy.model_detection")
    detect = detection.detect_unet_config

    @functools.wraps(detect)
    def detect_unet_config(state_dict: Any, key_prefix: str, metadata: Mapping[str, str] | None = None) -> Any:
        found = detect(state_dict, key_prefix, metadata=metadata)
        return found and found | json.loads((metadata or {}).get(SEEN, "{}"))

    detection.detect_unet_config = detect_unet_config


def _shrink(made: Any, sizes: Mapping[str, Any]) -> None:
    init = made.__init__
    signature = inspect.signature(init)

    @functools.wraps(init)
    def small(*given: Any, **named: Any) -> None:
        bound = signature.bind(*given, **named)
        for name, size in sizes.items():
            bound.arguments[name] = {**bound.arguments[name], **size} if isinstance(size, dict) else size
        init(*bound.args, **bound.kwargs)

    made.__init__ = small


NODE_CLASS_MAPPINGS: dict[str, Any] = {}
if "custom_nodes" in __file__:
    apply()
