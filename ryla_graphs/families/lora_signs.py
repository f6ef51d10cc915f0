"""The words and tensors by which a LoRA shows which family it was trained on.

Trainers write what they trained on into the metadata. If they do not, the names of the layers tell, and the width of
a layer distinguishes families with the same names. Facts: kohya's, diffusers' and ComfyUI's own spellings.
"""

from __future__ import annotations

from typing import NamedTuple

METADATA: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    (r"flux[-_. ]?2", ("flux2",), None),
    (r"flux[-_. ]?3", ("flux3",), None),
    (r"flux.*kontext", ("flux1",), "kontext"),
    (r"flux.*schnell", ("flux1",), "schnell"),
    (r"flux.*krea", ("flux1",), "krea"),
    (r"flux.*fill", ("flux1",), "fill"),
    (r"flux", ("flux1",), None),
    (r"chroma", ("chroma",), None),
    (r"z[-_ ]?image", ("z-image",), None),
    (r"lumina", ("lumina2",), None),
    (r"hidream", ("hidream",), None),
    (r"qwen[-_ ]?image[-_ ]?2[-_.]1", ("qwen-image-21",), None),
    (r"qwen[-_ ]?image", ("qwen-image",), None),
    (r"moss[-_ ]?image", ("moss-image",), None),
    (r"fibo[-_ ]?2", ("fibo2",), None),
    (r"wan.*2[._]2.*5b", ("wan22-5b",), None),
    (r"^wan|wan[-_ ]?2[._]?[12]", ("wan",), None),
    (r"hunyuan[-_ ]?video[-_ ]?1[._]5", ("hunyuan-video-15",), None),
    (r"hunyuan[-_ ]?video|^hv", ("hunyuan-video",), None),
    (r"hunyuan[-_ ]?image", ("hunyuan-image",), None),
    (r"ltx[-_ ]?(video|v)?[-_ ]?2(?!b)", ("ltxav",), None),
    (r"ltx", ("ltxv",), None),
    (r"sdxl.*refiner|stable-diffusion-xl.*refiner", ("sdxl-refiner",), None),
    (r"sdxl|stable-diffusion-xl|pony|illustrious|noobai", ("sdxl",), None),
    (r"sd[-_ ]?v?3|stable-diffusion-v?3", ("sd3",), None),
    (r"sd[-_ ]?v?2|stable-diffusion-v?2", ("sd2",), None),
    (r"sd[-_ ]?v?1|stable-diffusion-v?1", ("sd15",), None),
)
"""Patterns of ``modelspec.architecture`` and ``ss_base_model_version``, the families and the variant they tell."""


class LoraSign(NamedTuple):
    """A pattern that the name of at least one tensor of a LoRA matches."""

    families: tuple[str, ...]
    pattern: str
    width: int | None = None
    """The layer's input or output has this width."""


_UP = r"\.(lora_up|lora_B|lora\.up|hada_w1_a|lokr_w1)"
_DOWN = r"\.(lora_down|lora_A|lora\.down)"
_UNET = r"^(lora_unet|unet)"
_FLUX_LIKE = ("flux1", "chroma")
_SINGLE = r"single_(transformer_)?blocks[._]"

TENSORS: tuple[LoraSign, ...] = (
    LoraSign(("flux2",), r"double_stream_modulation|to_qkv_mlp_proj"),
    LoraSign(("chroma",), r"distilled_guidance_layer"),
    LoraSign(
        ("hunyuan-video", "hunyuan-video-15", "hunyuan-image"), r"individual_token_refiner|token_refiner[._]blocks"
    ),
    LoraSign(("hidream",), r"double_stream_blocks|single_stream_blocks"),
    LoraSign(("sd3",), r"joint_blocks"),
    LoraSign(("qwen-image",), r"transformer_blocks[._]\d+[._](img_mlp|txt_mlp|img_mod|txt_mod)"),
    LoraSign(("flux2",), rf"single_blocks[._]\d+[._]linear1{_UP}", 27648),
    LoraSign(("flux2",), rf"(single_blocks[._]\d+[._]linear1|double_blocks[._]\d+[._]img_attn[._]qkv){_DOWN}", 6144),
    LoraSign(("flux2",), rf"(single_blocks[._]\d+[._]linear1|double_blocks[._]\d+[._]img_attn[._]qkv){_DOWN}", 4096),
    LoraSign(("flux2",), r"single_blocks[._]4\d[._]"),
    # 40 single and 20 double blocks, where Flux.1 has 38 and 19.
    LoraSign(("hunyuan-video",), rf"{_SINGLE}39[._]|double_blocks[._]19[._]"),
    LoraSign(_FLUX_LIKE, rf"single_blocks[._]\d+[._]linear1{_UP}", 21504),
    LoraSign(_FLUX_LIKE, r"single_transformer_blocks[._]\d+[._](attn[._]to_[qkv]|proj_mlp)"),
    LoraSign(
        (*_FLUX_LIKE, "flux2", "hunyuan-video"), r"(double|single)_blocks[._]\d+[._](img_|txt_|linear|modulation)"
    ),
    LoraSign(("z-image",), rf"layers[._]\d+[._]attention[._](qkv|to_q|to_k|to_v){_DOWN}", 3840),
    LoraSign(("lumina2",), rf"layers[._]\d+[._]attention[._](qkv|to_q|to_k|to_v){_DOWN}", 2304),
    LoraSign(
        ("lumina2", "z-image"), r"(diffusion_model\.|transformer\.|lora_unet_)layers[._]\d+[._](attention|feed_forward)"
    ),
    LoraSign(("wan22-5b",), rf"blocks[._]\d+[._](self|cross)_attn[._]q{_DOWN}", 3072),
    LoraSign(("wan",), rf"blocks[._]\d+[._](self|cross)_attn[._]q{_DOWN}", 5120),
    LoraSign(("wan",), rf"blocks[._]\d+[._](self|cross)_attn[._]q{_DOWN}", 1536),
    LoraSign(("wan", "wan22-5b"), r"blocks[._]\d+[._](self|cross)_attn[._][qkvo][._]"),
    LoraSign(("sd3",), rf"transformer_blocks[._]\d+[._]attn[._]add_[qkv]_proj{_DOWN}", 1536),
    LoraSign(("sd3",), rf"transformer_blocks[._]\d+[._]attn[._]add_[qkv]_proj{_DOWN}", 2432),
    LoraSign((*_FLUX_LIKE, "flux2", "hunyuan-video"), r"single_transformer_blocks[._]\d+"),
    LoraSign(
        (*_FLUX_LIKE, "flux2", "hunyuan-video", "qwen-image"),
        r"transformer_blocks[._]\d+[._]attn[._](to_add_out|add_[qkv]_proj)",
    ),
    LoraSign(
        (*_FLUX_LIKE, "flux2", "hunyuan-video", "qwen-image", "sd3"),
        r"(diffusion_model|transformer)\.transformer_blocks\.\d+\.attn\.to_",
    ),
    LoraSign(("sdxl",), rf"{_UNET}.*attn2[._](to_k|to_v|processor).*{_DOWN}", 2048),
    LoraSign(("sd2",), rf"{_UNET}.*attn2[._](to_k|to_v|processor).*{_DOWN}", 1024),
    LoraSign(("sd15",), rf"{_UNET}.*attn2[._](to_k|to_v|processor).*{_DOWN}", 768),
    LoraSign(("sdxl",), rf"lora_te2_|{_UNET}.*(input|output|down|up|middle|mid)_blocks?.*transformer_blocks[._][1-9]"),
    LoraSign(("sd15", "sd2", "sdxl"), rf"{_UNET}[._](input|output|middle|down|up|mid)_block"),
    LoraSign(("ltxv", "ltxav"), rf"transformer_blocks[._]\d+[._]attn1[._]to_q{_DOWN}", 2048),
    LoraSign(("ltxv", "ltxav"), rf"transformer_blocks[._]\d+[._]attn1[._]to_q{_DOWN}", 4096),
)
"""The first match decides."""
