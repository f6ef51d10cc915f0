"""Count the parameters of text encoders, VAEs and vision models: `python -m tools.count_parameters CHECKOUT`.

CHECKOUT is ComfyUI's folder; run it with a Python that has what ComfyUI needs. The models are built without memory for
their weights, in the shapes that ComfyUI builds them in for the published files. The figures stand in
``ryla_graphs/weights/sizes.py``, those of diffusion models in ``ryla_graphs/plan/architectures.py``; models whose
operations are counted too are in `tools.count_flops`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple


class Part(NamedTuple):
    """A class of ComfyUI, and how to make it."""

    module: str
    name: str
    made: Mapping[str, Any] = {}


_PICTURES = {
    "double_z": True, "resolution": 256, "in_channels": 3, "out_ch": 3, "ch": 128, "ch_mult": [1, 2, 4, 4],
    "num_res_blocks": 2, "attn_resolutions": [], "dropout": 0.0,
}  # fmt: skip
_WAN = {
    "dim_mult": [1, 2, 4, 4], "num_res_blocks": 2, "attn_scales": [], "temperal_downsample": [False, True, True],
    "dropout": 0.0,
}  # fmt: skip
_HUNYUAN = {
    "block_out_channels": [128, 256, 512, 1024, 1024], "in_channels": 3, "out_channels": 3, "num_res_blocks": 2,
    "ffactor_spatial": 16, "ffactor_temporal": 4, "downsample_match_channel": True, "upsample_match_channel": True,
    "z_channels": 32,
}  # fmt: skip


def _engine(module: str, config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "regularizer_config": {"target": "comfy.ldm.models.autoencoder.DiagonalGaussianRegularizer"},
        "encoder_config": {"target": f"{module}.Encoder", "params": config},
        "decoder_config": {"target": f"{module}.Decoder", "params": config},
    }


_KL, _ENGINE = "comfy.ldm.models.autoencoder", "AutoencodingEngine"
_BLOCKS = "comfy.ldm.modules.diffusionmodules.model"

ENCODERS: Mapping[str, Part] = {
    "clip_l": Part("sd1_clip", "SDClipModel"),
    "clip_g": Part("sdxl_clip", "SDXLClipG"),
    "clip_h (SD 2)": Part("text_encoders.sd2_clip", "SD2ClipHModel"),
    "t5xxl": Part("text_encoders.sd3_clip", "T5XXLModel"),
    "old t5xxl": Part("text_encoders.cosmos", "T5XXLModel"),
    "t5 base": Part("text_encoders.sa_t5", "T5BaseModel"),
    "pile t5 xl": Part("text_encoders.aura_t5", "PT5XlModel"),
    "umt5 xxl": Part("text_encoders.wan", "UMT5XXlModel"),
    "umt5 base": Part("text_encoders.ace", "UMT5BaseModel"),
    "byt5 small": Part("text_encoders.hunyuan_image", "ByT5SmallModel"),
    "qwen 2.5 vl 7b": Part("text_encoders.qwen_image", "Qwen25_7BVLIModel"),
    "qwen 2.5 vl 3b": Part("text_encoders.omnigen2", "Qwen25_3BModel"),
    "qwen 3 0.6b": Part("text_encoders.anima", "Qwen3_06BModel"),
    "qwen 3 1.7b (ACE 1.5)": Part("text_encoders.ace15", "Qwen3_2B_ACE15"),
    "qwen 3 4b (ACE 1.5)": Part("text_encoders.ace15", "Qwen3_4B_ACE15"),
    "qwen 3 4b": Part("text_encoders.flux", "Qwen3_4BModel"),
    "qwen 3 8b": Part("text_encoders.flux", "Qwen3_8BModel"),
    "qwen 3 vl 4b": Part("text_encoders.qwen3vl", "Qwen3VLClipModel", {"model_type": "qwen3vl_4b"}),
    "qwen 3 vl 8b": Part("text_encoders.qwen3vl", "Qwen3VLClipModel", {"model_type": "qwen3vl_8b"}),
    "qwen 3 vl 32b (MiniMax H3)": Part("text_encoders.minimax", "MiniMaxH3ClipModel"),
    "qwen 3.5 2b": Part("text_encoders.qwen35", "Qwen35ClipModel", {"model_type": "qwen35_2b"}),
    "qwen 3.5 4b": Part("text_encoders.qwen35", "Qwen35ClipModel", {"model_type": "qwen35_4b"}),
    "qwen 3.5 9b": Part("text_encoders.qwen35", "Qwen35ClipModel", {"model_type": "qwen35_9b"}),
    "mistral 3 24b": Part("text_encoders.flux", "Mistral3_24BModel"),
    "mistral 3 24b, 30 layers": Part(
        "text_encoders.flux", "Mistral3_24BModel", {"model_options": {"num_layers": 30}}
    ),
    "ministral 3 3b": Part("text_encoders.ernie", "Ministral3_3BModel"),
    "llama 3.1 8b": Part("text_encoders.hunyuan_video", "LLAMAModel"),
    "gemma 2 2b": Part("text_encoders.lumina2", "Gemma2_2BModel"),
    "gemma 3 4b": Part("text_encoders.lumina2", "Gemma3_4BModel"),
    "gemma 3 4b with vision": Part("text_encoders.lumina2", "Gemma3_4B_Vision_Model"),
    "gemma 3 12b": Part("text_encoders.lt", "Gemma3_12BModel"),
    "t5gemma b": Part("text_encoders.sa3", "T5GemmaSDClipModel"),
    "jina clip 2": Part("text_encoders.jina_clip_2", "JinaClip2TextModel"),
    "ovis 2.5 2b": Part("text_encoders.ovis", "Ovis25_2BModel"),
}  # fmt: skip

VISION: Mapping[str, str] = {
    "clip vision l": "clip_vision_config_vitl.json",
    "clip vision h": "clip_vision_config_h.json",
    "clip vision g": "clip_vision_config_g.json",
    "siglip 384": "clip_vision_siglip_384.json",
    "siglip 512": "clip_vision_siglip_512.json",
    "llava's vision": "clip_vision_config_vitl_336_llava.json",
}

VAES: Mapping[str, Part] = {
    "SD 1.5, SDXL": Part(f"{_KL[6:]}", "AutoencoderKL", {"ddconfig": _PICTURES | {"z_channels": 4}, "embed_dim": 4}),
    "Flux.1, SD3": Part(_KL[6:], _ENGINE, _engine(_BLOCKS, _PICTURES | {"z_channels": 16})),
    "Flux.2": Part(_KL[6:], "AutoencoderKL", {"ddconfig": _PICTURES | {"z_channels": 32}, "embed_dim": 32}),
    "Wan 2.1, Qwen-Image": Part("ldm.wan.vae", "WanVAE", _WAN | {"dim": 96, "z_dim": 16}),
    "Wan 2.2": Part("ldm.wan.vae2_2", "WanVAE", _WAN | {"dim": 160, "z_dim": 48}),
    "HunyuanVideo": Part(
        _KL[6:], "AutoencoderKL",
        {"ddconfig": _PICTURES | {"z_channels": 16, "conv3d": True, "time_compress": 4}, "embed_dim": 16},
    ),
    "HunyuanVideo 1.5": Part(_KL[6:], _ENGINE, _engine("comfy.ldm.hunyuan_video.vae_refiner", _HUNYUAN)),
    "HunyuanImage 2.1": Part(
        _KL[6:], _ENGINE,
        _engine("comfy.ldm.hunyuan_video.vae", _HUNYUAN | {
            "block_out_channels": [128, 256, 512, 512, 1024, 1024], "ffactor_spatial": 32, "z_channels": 64,
        }),
    ),
    "LTX-Video 0.9": Part("ldm.lightricks.vae.causal_video_autoencoder", "VideoVAE", {"version": 0}),
    "LTX-Video 0.9.1": Part("ldm.lightricks.vae.causal_video_autoencoder", "VideoVAE", {"version": 1}),
    "LTX-Video 0.9.5": Part("ldm.lightricks.vae.causal_video_autoencoder", "VideoVAE", {"version": 2}),
    "Mochi": Part("ldm.genmo.vae.model", "VideoVAE"),
    "CogVideoX": Part("ldm.cogvideo.vae", "AutoencoderKLCogVideoX", {"latent_channels": 16}),
    "Stable Cascade, stage A": Part("ldm.cascade.stage_a", "StageA"),
    "Stable Cascade, stage C": Part("ldm.cascade.stage_c_coder", "StageC_coder"),
    "Hunyuan 3D": Part("ldm.hunyuan3d.vae", "ShapeVAE"),
    "Mage-Flow": Part("ldm.mage_flow.vae", "MageVAE"),
}  # fmt: skip

_CONTROL: dict[str, Any] = {
    "image_size": 32, "in_channels": 4, "hint_channels": 3, "model_channels": 320, "use_spatial_transformer": True,
    "legacy": False,
}  # fmt: skip
CONTROLNETS: Mapping[str, Part] = {
    "SD 1.5": Part("cldm.cldm", "ControlNet", _CONTROL | {
        "num_heads": 8, "num_res_blocks": [2, 2, 2, 2], "channel_mult": [1, 2, 4, 4], "context_dim": 768,
        "transformer_depth": [1, 1, 1, 1, 1, 1, 0, 0], "transformer_depth_middle": 1,
    }),
    "SDXL": Part("cldm.cldm", "ControlNet", _CONTROL | {
        "num_head_channels": 64, "num_res_blocks": [2, 2, 2], "channel_mult": [1, 2, 4], "context_dim": 2048,
        "transformer_depth": [0, 0, 2, 2, 10, 10], "transformer_depth_middle": 10, "adm_in_channels": 2816,
        "num_classes": "sequential", "use_linear_in_transformer": True,
    }),
    "T2I-Adapter, SD 1.5": Part("t2i_adapter.adapter", "Adapter", {
        "cin": 64 * 3, "channels": [320, 640, 1280, 1280], "nums_rb": 2, "ksize": 1, "sk": True, "use_conv": False,
    }),
}  # fmt: skip

_UNET: dict[str, Any] = {
    "image_size": 32, "in_channels": 4, "out_channels": 4, "num_heads": -1, "num_head_channels": 64,
    "use_spatial_transformer": True, "legacy": False, "use_linear_in_transformer": True, "num_classes": "sequential",
}  # fmt: skip
_COSMOS: dict[str, Any] = {
    "max_img_h": 240, "max_img_w": 240, "max_frames": 128, "in_channels": 16, "out_channels": 16, "patch_spatial": 2,
    "patch_temporal": 1, "concat_padding_mask": True, "crossattn_emb_channels": 1024, "pos_emb_cls": "rope3d",
    "use_adaln_lora": True, "adaln_lora_dim": 256,
}  # fmt: skip
DIFFUSION: Mapping[str, Part] = {
    "SDXL refiner": Part("ldm.modules.diffusionmodules.openaimodel", "UNetModel", _UNET | {
        "model_channels": 384, "num_res_blocks": [2, 2, 2, 2], "channel_mult": [1, 2, 4, 4], "context_dim": 1280,
        "transformer_depth": [0, 0, 4, 4, 4, 4, 0, 0], "transformer_depth_middle": 4, "adm_in_channels": 2560,
        "transformer_depth_output": [0, 0, 0, 4, 4, 4, 4, 4, 4, 0, 0, 0],
    }),
    "SVD": Part("ldm.modules.diffusionmodules.openaimodel", "UNetModel", _UNET | {
        "in_channels": 8, "model_channels": 320, "num_res_blocks": [2, 2, 2, 2], "channel_mult": [1, 2, 4, 4],
        "context_dim": 1024, "adm_in_channels": 768, "transformer_depth": [1, 1, 1, 1, 1, 1, 0, 0],
        "transformer_depth_output": [1] * 9 + [0] * 3, "transformer_depth_middle": 1, "use_temporal_attention": True,
        "use_temporal_resblock": True, "extra_ff_mix_layer": True, "use_spatial_context": True,
        "merge_strategy": "learned_with_images", "merge_factor": 0.0, "video_kernel_size": [3, 1, 1],
    }),
    "Stable Cascade, stage C": Part("ldm.cascade.stage_c", "StageC"),
    "Stable Cascade, stage B": Part("ldm.cascade.stage_b", "StageB"),
    "HiDream": Part("ldm.hidream.model", "HiDreamImageTransformer2DModel", {
        "axes_dims_rope": [64, 32, 32], "caption_channels": [4096, 4096], "in_channels": 16, "out_channels": 16,
        "llama_layers": [*range(32), *[31] * 16], "patch_size": 2,
    }),
    "Cosmos Predict2 2B": Part("ldm.cosmos.predict2", "MiniTrainDIT", _COSMOS | {
        "model_channels": 2048, "num_blocks": 28, "num_heads": 16,
    }),
    "Cosmos Predict2 14B": Part("ldm.cosmos.predict2", "MiniTrainDIT", _COSMOS | {
        "model_channels": 5120, "num_blocks": 36, "num_heads": 40,
    }),
    "Anima": Part("ldm.anima.model", "Anima", _COSMOS | {"model_channels": 2048, "num_blocks": 28, "num_heads": 16}),
}  # fmt: skip

TABLES = ("embed_tokens.weight", "shared.weight", "token_embedding.weight")
"""The names of parameters that are a table of embeddings."""


def main() -> None:
    """Print a row for each model."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    checkout = sys.argv.pop()
    sys.path.insert(0, checkout)
    import_module("comfy.cli_args").args.cpu = True
    torch = import_module("torch")
    operations = import_module("comfy.ops").disable_weight_init
    placed = {"device": "meta", "dtype": torch.float16}
    print("| model | parameters | of them embeddings |\n|---|---:|---:|")
    for name, part in ENCODERS.items():
        _row(name, partial(_class(part), **placed, **part.made))
    for name, file in VISION.items():
        config = json.loads((Path(checkout) / "comfy" / file).read_text())
        kind = import_module("comfy.clip_vision").IMAGE_ENCODERS[config.get("model_type", "clip_vision_model")]
        _row(name, partial(kind, config, torch.float16, "meta", operations))
    for name, part in (*VAES.items(), *CONTROLNETS.items(), *DIFFUSION.items()):
        more = {"operations": operations} if part.name == "ControlNet" or name in DIFFUSION else {}
        _row(name, partial(_class(part), **part.made, **more))


def _class(part: Part) -> Any:
    module = part.module if part.module.startswith("comfy.") else f"comfy.{part.module}"
    return getattr(import_module(module), part.name)


def _row(name: str, make: Any) -> None:
    torch = import_module("torch")
    try:
        with torch.device("meta"):
            made = make()
    except Exception as error:  # noqa: BLE001 - the next ComfyUI may build some otherwise; the others count all the same
        print(f"| {name} | {type(error).__name__}: {error} | |", flush=True)
        return
    sizes = {key: each.numel() for key, each in made.named_parameters()}
    tables = sum(size for key, size in sizes.items() if key.endswith(TABLES))
    print(f"| {name} | {sum(sizes.values()) / 1e6:,.1f} M | {tables / 1e6:,.1f} M |", flush=True)


if __name__ == "__main__":
    main()
