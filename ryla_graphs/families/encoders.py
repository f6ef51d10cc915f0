"""Text and image encoders: how their files are recognised, and which families they serve.

Facts: how ComfyUI 0.33 reads text encoder files, and how the official templates load newer ones. If one file is
loaded, the file decides what text it gives, and the loader's `type` only chooses among the families that use it. If
several are loaded, `type` alone decides.
"""

from __future__ import annotations

from collections.abc import Mapping

from ryla_graphs.families.family import Families
from ryla_graphs.families.signs import Sign

TEXT_ENCODERS: Mapping[str, str] = {
    "clip-l": "CLIP-L",
    "clip-g": "CLIP-G",
    "clip-h": "CLIP-H",
    "t5-xxl": "T5-XXL",
    "umt5-xxl": "UMT5-XXL",
    "t5-xxl-old": "the first T5-XXL",
    "t5-xl": "Pile-T5-XL",
    "t5-base": "T5-Base",
    "byt5": "ByT5",
    "t5-gemma": "T5Gemma",
    "jina-clip-2": "Jina CLIP 2",
    "gemma-2-2b": "Gemma 2 2B",
    "gemma-3-4b": "Gemma 3 4B",
    "gemma-3-12b": "Gemma 3 12B",
    "gemma-4": "Gemma 4",
    "llama-3-8b": "Llama 3 8B",
    "llava-llama-3": "LLaVA Llama 3",
    "qwen-2.5-vl-3b": "Qwen2.5-VL 3B",
    "qwen-2.5-vl-7b": "Qwen2.5-VL 7B",
    "qwen-3-0.6b": "Qwen3 0.6B",
    "qwen-3-2b": "Qwen3 2B",
    "qwen-3-4b": "Qwen3 4B",
    "qwen-3-8b": "Qwen3 8B",
    "qwen-3-vl-4b": "Qwen3-VL 4B",
    "qwen-3-vl-8b": "Qwen3-VL 8B",
    "qwen-3-vl-32b": "Qwen3-VL 32B",
    "qwen-3.5-2b": "Qwen3.5 2B",
    "qwen-3.5-4b": "Qwen3.5 4B",
    "qwen-3.5-9b": "Qwen3.5 9B",
    "qwen-3.8-27b": "Qwen3.8 27B",
    "ace15-qwen": "ACE-Step 1.5's Qwen3",
    "ling-mini": "Ling Mini",
    "minimax-music": "MiniMax Music's encoder",
    "mistral-3-24b": "Mistral Small 3 24B",
    "ministral-3-3b": "Ministral 3 3B",
    "gpt-oss-20b": "GPT-OSS 20B",
    "prompt-enhancer": "a writer of prompts",
}
"""Text encoders by id, as messages call them."""

IMAGE_ENCODERS: Mapping[str, str] = {
    "clip-vision-l": "CLIP-ViT-L",
    "clip-vision-h": "CLIP-ViT-H",
    "clip-vision-g": "CLIP-ViT-bigG",
    "siglip": "SigLIP",
    "dino": "DINO",
}
"""Encoders of pictures by id, as messages call them."""

SINGLE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "clip-l": {"sd3": ("sd3",), "hidream": ("hidream",), "*": ("sd15",)},
    "clip-g": {
        "stable_cascade": ("cascade-c", "cascade-b"),
        "sd3": ("sd3",),
        "hidream": ("hidream",),
        "*": ("sdxl-refiner",),
    },
    "clip-h": {"*": ("sd2", "svd")},
    "t5-xxl": {
        "sd3": ("sd3",),
        "hidream": ("hidream",),
        "*": ("flux1", "chroma", "chroma-radiance", "pixart", "pixart-alpha", "mochi", "ltxv", "cogvideox"),
    },
    "umt5-xxl": {"*": ("wan", "wan22-5b")},
    "t5-xxl-old": {"*": ("cosmos", "cosmos-predict2")},
    "t5-xl": {"*": ("aura-flow",)},
    "t5-base": {"*": ("stable-audio", "ace")},
    "t5-gemma": {"*": ("stable-audio-3",)},
    "gemma-2-2b": {"pixeldit": ("pixeldit", "pid"), "*": ("lumina2",)},
    "gemma-3-4b": {"*": ("lumina2",)},
    "gemma-3-12b": {"*": ("ltxav",)},
    "gemma-4": {"*": ("ltxav",)},
    "llama-3-8b": {"*": ("hidream",)},
    "qwen-2.5-vl-3b": {"*": ("omnigen2",)},
    "qwen-2.5-vl-7b": {"hunyuan_image": ("hunyuan-image",), "longcat_image": ("longcat-image",), "*": ("qwen-image",)},
    "qwen-3-0.6b": {"*": ("anima",)},
    "qwen-3-2b": {"*": ("ovis-image",)},
    "qwen-3-4b": {"flux": ("flux2",), "flux2": ("flux2",), "*": ("z-image",)},
    "qwen-3-8b": {"ideogram4": ("ideogram4",), "*": ("flux2",)},
    "qwen-3-vl-4b": {
        "flux": ("flux2",),
        "flux2": ("flux2",),
        "flux3": ("flux3",),
        "fibo2": ("fibo2",),
        "krea2": ("krea2",),
        "mage": ("mage-flow",),
    },
    "qwen-3-vl-8b": {
        "flux": ("flux2",),
        "flux2": ("flux2",),
        "ideogram4": ("ideogram4",),
        "boogu": ("boogu",),
        "joyimage": ("joyimage",),
        "qwen_image": ("qwen-image-21",),
    },
    "qwen-3-vl-32b": {"*": ("minimax-h3",)},
    "qwen-3.5-9b": {"moss_image": ("moss-image",)},
    "ace15-qwen": {"*": ("ace15",)},
    "ling-mini": {"*": ("ming-image",)},
    "minimax-music": {"*": ("minimax-music",)},
    "mistral-3-24b": {"*": ("flux2",)},
    "ministral-3-3b": {"*": ("ernie-image",)},
    "gpt-oss-20b": {"*": ("lens",)},
}
"""The families whose text one file gives, by encoder and the loader's `type`; ``*`` means every other type."""

TYPES: Mapping[str, tuple[str, ...]] = {
    "stable_diffusion": ("sd15", "sd2", "sdxl-refiner"),
    "stable_cascade": ("cascade-c", "cascade-b"),
    "sd3": ("sd3",),
    "stable_audio": ("stable-audio", "stable-audio-3"),
    "hunyuan_dit": ("hunyuan-dit",),
    "flux": ("flux1",),
    "flux2": ("flux2",),
    "flux3": ("flux3",),
    "moss_image": ("moss-image",),
    "fibo2": ("fibo2",),
    "mochi": ("mochi",),
    "ltxv": ("ltxv", "ltxav"),
    "hunyuan_video": ("hunyuan-video",),
    "hunyuan_video_15": ("hunyuan-video-15",),
    "hunyuan_image": ("hunyuan-image",),
    "pixart": ("pixart", "pixart-alpha", "chroma"),
    "cosmos": ("cosmos", "cosmos-predict2"),
    "lumina2": ("lumina2", "z-image"),
    "newbie": ("lumina2",),
    "wan": ("wan", "wan22-5b"),
    "hidream": ("hidream",),
    "chroma": ("chroma", "chroma-radiance"),
    "ace": ("ace", "ace15"),
    "omnigen2": ("omnigen2",),
    "qwen_image": ("qwen-image",),
    "ovis": ("ovis-image",),
    "kandinsky5": ("kandinsky5",),
    "kandinsky5_image": ("kandinsky5-image",),
    "longcat_image": ("longcat-image",),
    "cogvideox": ("cogvideox",),
    "lens": ("lens",),
    "pixeldit": ("pixeldit", "pid"),
    "ideogram4": ("ideogram4",),
    "boogu": ("boogu",),
    "krea2": ("krea2",),
    "joyimage": ("joyimage",),
    "mage": ("mage-flow",),
    "minimax": ("minimax-h3", "minimax-music"),
    "sdxl": ("sdxl",),
}
"""The families whose text a loader of this `type` gives when the files do not tell."""

_CLIP = "text_model.encoder.layers."
_T5_GATE = "encoder.block.23.layer.1.DenseReluDense.wi_1.weight"
_NORM = "model.layers.0.post_attention_layernorm.weight"
_Q_NORM = "model.layers.0.self_attn.q_norm.weight"
_K_BIAS = "model.layers.0.self_attn.k_proj.bias"
_GEMMA = "model.layers.0.post_feedforward_layernorm.weight"

TEXT_SIGNS: tuple[Sign, ...] = (
    Sign(("clip-g",), (f"{_CLIP}30.mlp.fc1.weight",)),
    Sign(("clip-h",), (f"{_CLIP}22.mlp.fc1.weight",)),
    Sign(("clip-l",), (f"{_CLIP}0.mlp.fc1.weight",)),
    Sign(("clip-g",), ("transformer.resblocks.31.ln_1.weight",)),
    Sign(("clip-h",), ("transformer.resblocks.22.ln_1.weight",)),
    Sign(("jina-clip-2",), ("model.encoder.layers.0.mixer.Wqkv.weight",)),
    Sign(("umt5-xxl",), (_T5_GATE, "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight")),
    Sign(("t5-xxl",), (_T5_GATE,), ((_T5_GATE, 0, 10240),)),
    Sign(("t5-xl",), (_T5_GATE,), ((_T5_GATE, 0, 5120),)),
    Sign(("t5-xxl-old",), ("encoder.block.23.layer.1.DenseReluDense.wi.weight",)),
    Sign(("byt5",), (), (("encoder.block.0.layer.0.SelfAttention.k.weight", 0, 384),)),
    Sign(("t5-base",), (), (("encoder.block.0.layer.0.SelfAttention.k.weight", 0, 768),)),
    Sign(("t5-gemma",), ("model.encoder.layers.0.pre_self_attn_layernorm.weight",)),
    Sign(
        ("gemma-4",), (_GEMMA, "model.layers.34.self_attn.q_norm.weight"), absent=("model.layers.5.self_attn.v_proj.",)
    ),
    Sign(("gemma-3-12b",), (_GEMMA, "model.layers.47.self_attn.q_norm.weight")),
    Sign(("gemma-3-4b",), (_GEMMA, _Q_NORM)),
    Sign(("gemma-2-2b",), (_GEMMA,)),
    Sign(("gpt-oss-20b",), ("layers.0.self_attn.sinks",)),
    Sign(("qwen-2.5-vl-3b",), (), ((_K_BIAS, 0, 256),)),
    Sign(("qwen-2.5-vl-7b",), (), ((_K_BIAS, 0, 512),)),
    Sign(
        ("qwen-3-vl-4b",),
        ("model.visual.deepstack_merger_list.0.norm.weight",),
        (("model.visual.merger.linear_fc2.weight", 0, 2560),),
    ),
    Sign(("qwen-3-vl-8b",), ("model.visual.deepstack_merger_list.0.norm.weight",)),
    Sign(("qwen-3-vl-32b",), ("visual.deepstack_merger_list.0.norm.weight", "model.layers.49.self_attn.q_proj.weight")),
    Sign(("qwen-3-4b",), (_Q_NORM,), ((_NORM, 0, 2560),)),
    Sign(("qwen-3-2b",), (_Q_NORM,), ((_NORM, 0, 2048),)),
    Sign(("qwen-3-8b",), (_Q_NORM,), ((_NORM, 0, 4096),)),
    Sign(("qwen-3-0.6b",), (_Q_NORM,), ((_NORM, 0, 1024),)),
    Sign(("mistral-3-24b",), (), ((_NORM, 0, 5120),)),
    Sign(("ministral-3-3b",), (), ((_NORM, 0, 3072),)),
    Sign(("llama-3-8b",), (), ((_NORM, 0, 4096),)),
)
"""Files of text encoders."""

_VISION = "vision_model.encoder.layers."

IMAGE_SIGNS: tuple[Sign, ...] = (
    Sign(("clip-vision-g",), (f"{_VISION}47.layer_norm1.weight",)),
    Sign(("clip-vision-h",), (f"{_VISION}30.layer_norm1.weight",)),
    Sign(("siglip",), (f"{_VISION}22.layer_norm1.weight",), ((f"{_VISION}0.layer_norm1.weight", 0, 1152),)),
    Sign(("clip-vision-l",), (f"{_VISION}22.layer_norm1.weight",)),
    Sign(("clip-vision-h",), ("visual.transformer.resblocks.31.attn.in_proj_weight",)),
    Sign(("clip-vision-l",), ("visual.transformer.resblocks.23.attn.in_proj_weight",)),
    Sign(("dino",), ("encoder.layer.23.layer_scale2.lambda1",)),
    Sign(("dino",), ("layer.23.attention.o_proj.bias",)),
)
"""Files of image encoders."""


def text_families(encoders: tuple[str | None, ...], type_: str | None) -> Families | None:
    """The families whose text these files give together; None if unknown.

    `encoders` has one entry per file, None for a file of unknown content; `type_` is the loader's input.
    """
    if len(encoders) == 3:
        return frozenset({"sd3"})
    if len(encoders) == 4:
        return frozenset({"hidream"})
    if len(encoders) == 1 and encoders[0] is not None:
        rows = SINGLE.get(encoders[0], {})
        found = rows.get(type_ or "*", rows.get("*"))
        return frozenset(found) if found else None
    # For an unknown type, ComfyUI treats two files as SDXL's, and one file as what the file itself says.
    found = TYPES.get(type_) if type_ else None
    return frozenset(found) if found else None
