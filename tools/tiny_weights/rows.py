"""Which files: the parts of ComfyUI that each has the weights of, as ComfyUI makes them for the published file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tools.count_parameters import CONTROLNETS, VAES, Part

SD15, SDXL = "SD 1.5", "SDXL"
_WAN_VAE = "Wan 2.1, Qwen-Image"


@dataclass(frozen=True)
class File:
    """One file: parts of ComfyUI under prefixes, and what else makes ComfyUI recognise it."""

    parts: Mapping[str, Part]
    """By the prefix of their names in the file."""
    marks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Tensors that only a file of the real size has, by name, with the shape that is looked at."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    copies: tuple[str, ...] = ()
    """Other names of the same file."""
    stripped: str = ""
    """The beginning of the names in ComfyUI that the file does not have."""
    tokenizer: bool = False
    """Whether the file brings a sentencepiece model for its tokenizer."""


_FLUX: dict[str, Any] = {
    "in_channels": 16, "out_channels": 16, "vec_in_dim": 768, "context_in_dim": 4096, "hidden_size": 128,
    "mlp_ratio": 4.0, "num_heads": 1, "depth": 2, "depth_single_blocks": 2, "axes_dim": [16, 56, 56], "theta": 10000,
    "patch_size": 2, "qkv_bias": True, "guidance_embed": True, "txt_ids_dims": [], "image_model": "flux",
}  # fmt: skip
_FLUX2 = _FLUX | {
    "in_channels": 128, "out_channels": 128, "vec_in_dim": None, "context_in_dim": 7680, "mlp_ratio": 3.0,
    "axes_dim": [32, 32, 32, 32], "theta": 2000, "patch_size": 1, "qkv_bias": False, "guidance_embed": False,
    "global_modulation": True, "mlp_silu_act": True, "ops_bias": False, "image_model": "flux2",
}  # fmt: skip
_Z_IMAGE: dict[str, Any] = {
    "patch_size": 2, "in_channels": 16, "dim": 3840, "n_layers": 2, "qk_norm": True, "cap_feat_dim": 2560,
    "n_heads": 30, "n_kv_heads": 30, "axes_dims": [32, 48, 48], "axes_lens": [1536, 512, 512], "rope_theta": 256.0,
    "ffn_dim_multiplier": 8.0 / 3.0, "z_image_modulation": True, "time_scale": 1000.0, "pad_tokens_multiple": 32,
    "image_model": "lumina2",
}  # fmt: skip
_WAN: dict[str, Any] = {
    "model_type": "t2v", "dim": 128, "ffn_dim": 256, "num_heads": 1, "num_layers": 2, "in_dim": 16, "out_dim": 16,
    "patch_size": (1, 2, 2), "freq_dim": 256, "qk_norm": True, "cross_attn_norm": True,
}  # fmt: skip
_LTXV: dict[str, Any] = {
    "num_layers": 2, "attention_head_dim": 64, "num_attention_heads": 2, "cross_attention_dim": 128,
    "caption_channels": 4096, "in_channels": 128, "positional_embedding_max_pos": [20, 2048, 2048],
}  # fmt: skip
_LTX_RES = ["res_x", {"num_layers": 1, "inject_noise": False}]
_LTX_BLOCKS = [["compress_space_res", {"multiplier": 2}], ["compress_time_res", {"multiplier": 2}]]
_LTX_VAE: dict[str, Any] = {
    "dims": 3, "in_channels": 3, "out_channels": 3, "latent_channels": 128, "norm_layer": "pixel_norm",
    "patch_size": 4, "latent_log_var": "uniform", "causal_decoder": False, "timestep_conditioning": True,
    "encoder_base_channels": 32, "decoder_base_channels": 32, "_class_name": "CausalVideoAutoencoder",
    "encoder_blocks": [*_LTX_BLOCKS, *2 * [["compress_all_res", {"multiplier": 2}]], ["res_x", {"num_layers": 1}]],
    "decoder_blocks": [
        *3 * [_LTX_RES, ["compress_all", {"residual": True, "multiplier": 2}]],
        _LTX_RES,
    ],
}  # fmt: skip
_UNET: dict[str, Any] = {
    "image_size": 32, "in_channels": 4, "out_channels": 4, "model_channels": 320, "use_spatial_transformer": True,
    "legacy": False,
}  # fmt: skip
UNETS: Mapping[str, Mapping[str, Any]] = {
    SD15: _UNET | {
        "num_res_blocks": [2, 2, 2, 2], "channel_mult": [1, 2, 4, 4], "num_heads": 8, "context_dim": 768,
        "transformer_depth": [1, 1, 1, 1, 1, 1, 0, 0], "transformer_depth_middle": 1,
        "transformer_depth_output": [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
    },
    SDXL: _UNET | {
        "num_res_blocks": [2, 2, 2], "channel_mult": [1, 2, 4], "num_head_channels": 64, "context_dim": 2048,
        "transformer_depth": [0, 0, 2, 2, 10, 10], "transformer_depth_middle": 10, "adm_in_channels": 2816,
        "transformer_depth_output": [0, 0, 0, 2, 2, 2, 10, 10, 10], "num_classes": "sequential",
        "use_linear_in_transformer": True,
    },
}  # fmt: skip
_BIG = {"unet_config": json.dumps({"model_channels": 320})}


def _ldm(kind: str, **more: Any) -> Part:
    return Part("ldm.modules.diffusionmodules.openaimodel", "UNetModel", {**UNETS[kind], **more})


def _flux(**more: Any) -> Part:
    return Part("ldm.flux.model", "Flux", _FLUX | more)


def _model(part: Part, **metadata: Any) -> File:
    return File({"": part}, metadata=metadata)


def _vae(name: str, more: str = "") -> Part:
    """A VAE whose decoder is as small as `sizes` makes the encoders; `more` is added to that size, as JSON."""
    part = VAES[name]
    return part._replace(made=json.loads(json.dumps(part.made).replace('"ch": 128', f'"ch": 32{more}')))


_CLIP_L, _T5 = Part("sd1_clip", "SDClipModel"), Part("text_encoders.sd3_clip", "T5XXLModel")
_T5_MARK = {"encoder.block.23.layer.1.DenseReluDense.wi_1.weight": (10240, 1)}
_CLIP_G = Part("sdxl_clip", "SDXLClipG")
_SDXL_PARTS = {
    "model.diffusion_model.": _ldm(SDXL),
    "conditioner.embedders.0.": _CLIP_L,
    "conditioner.embedders.1.model.": _CLIP_G,
    "first_stage_model.": _vae("SD 1.5, SDXL"),
}


def _encoder(part: Part, **marks: tuple[int, ...]) -> File:
    return File({"": part}, marks=marks, stripped="transformer.")


FILES: Mapping[str, File] = {
    "diffusion_models/flux1-dev.safetensors": File(
        {"": _flux()}, copies=("diffusion_models/flux1-dev-kontext_fp8_scaled.safetensors",)
    ),
    "diffusion_models/flux1-schnell.safetensors": _model(_flux(guidance_embed=False)),
    "diffusion_models/flux1-fill-dev.safetensors": _model(_flux(in_channels=96)),
    "diffusion_models/flux-2-klein-4b.safetensors": _model(Part("ldm.flux.model", "Flux", _FLUX2)),
    "diffusion_models/z_image_turbo_bf16.safetensors": _model(
        Part("ldm.lumina.model", "NextDiT", _Z_IMAGE), unet_config=json.dumps(_Z_IMAGE)
    ),
    "diffusion_models/qwen_image_2512_fp8_e4m3fn.safetensors": File(
        {"": Part("ldm.qwen_image.model", "QwenImageTransformer2DModel", {"num_layers": 2})},
        copies=("diffusion_models/qwen_image_edit_2511_fp8mixed.safetensors",),
    ),
    "diffusion_models/wan2.1_t2v_1.3B_fp16.safetensors": File(
        {"": Part("ldm.wan.model", "WanModel", _WAN)},
        copies=(
            "diffusion_models/wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors",
            "diffusion_models/wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors",
        ),
    ),
    "diffusion_models/wan2.1_i2v_480p_14B_fp16.safetensors": _model(
        Part("ldm.wan.model", "WanModel", _WAN | {"model_type": "i2v", "in_dim": 36})
    ),
    "diffusion_models/wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors": File(
        {"": Part("ldm.wan.model", "WanModel", _WAN | {"in_dim": 36})},
        copies=("diffusion_models/wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors",),
    ),
    "diffusion_models/seedvr2_3b_int8_convrot.safetensors": File(
        {"": Part("ldm.seedvr.model", "NaDiT", {
            "norm_eps": 1e-5, "num_layers": 32, "mlp_type": "swiglu", "vid_out_norm": True,
        })},
        marks={"blocks.31.mlp.all.proj_in_gate.weight": (1, 1)},
    ),
    "text_encoders/clip_l.safetensors": _encoder(_CLIP_L),
    "text_encoders/t5xxl_fp16.safetensors": _encoder(_T5, **_T5_MARK),
    "text_encoders/umt5_xxl_fp8_e4m3fn_scaled.safetensors": replace(
        _encoder(Part("text_encoders.wan", "UMT5XXlModel"), **_T5_MARK), tokenizer=True
    ),
    "text_encoders/qwen_3_4b.safetensors": _encoder(Part("text_encoders.flux", "Qwen3_4BModel")),
    "text_encoders/qwen_2.5_vl_7b_fp8_scaled.safetensors": _encoder(
        Part("text_encoders.qwen_image", "Qwen25_7BVLIModel")
    ),
    "vae/ae.safetensors": _model(_vae("Flux.1, SD3")),
    "vae/flux2-vae.safetensors": _model(_vae("Flux.2", ', "batch_norm_latent": true')),
    "vae/wan_2.1_vae.safetensors": File(
        {"": VAES[_WAN_VAE]._replace(made={**VAES[_WAN_VAE].made, "dim": 16})},
        copies=("vae/qwen_image_vae.safetensors",),
    ),
    "vae/seedvr2_ema_vae_fp16.safetensors": _model(Part("ldm.seedvr.vae", "VideoAutoencoderKLWrapper")),
    "clip_vision/clip_vision_h.safetensors": File(
        {"": Part("clip_vision_config_h.json", "CLIPVisionModelProjection")},
        marks={"vision_model.encoder.layers.30.layer_norm1.weight": (1280,)},
    ),
    "clip_vision/sigclip_vision_patch14_384.safetensors": File(
        {"": Part("clip_vision_siglip_384.json", "CLIPVisionModelProjection")},
        marks={"vision_model.encoder.layers.22.layer_norm1.weight": (1152,)},
    ),
    "style_models/flux1-redux-dev.safetensors": _model(Part("ldm.flux.redux", "ReduxImageEncoder")),
    "checkpoints/flux1-dev-fp8.safetensors": File(
        {
            "model.diffusion_model.": _flux(),
            "text_encoders.clip_l.": _CLIP_L,
            "text_encoders.t5xxl.": _T5,
            "vae.": _vae("Flux.1, SD3"),
        },
        marks={f"text_encoders.t5xxl.transformer.{name}": shape for name, shape in _T5_MARK.items()},
    ),
    "checkpoints/sd_xl_base_1.0.safetensors": File(
        _SDXL_PARTS, metadata=_BIG, copies=("checkpoints/RealVisXL_V5.0_fp16.safetensors",)
    ),
    "checkpoints/v1-5-pruned-emaonly-fp16.safetensors": File(
        {
            "model.diffusion_model.": _ldm(SD15),
            "cond_stage_model.": _CLIP_L,
            "first_stage_model.": _vae("SD 1.5, SDXL"),
        },
        metadata=_BIG,
    ),
    "checkpoints/sdpose_wholebody_fp16.safetensors": File(
        {
            "model.diffusion_model.": _ldm(
                SD15, heatmap_head=True, context_dim=1024, num_head_channels=64, num_heads=-1,
                # The nodes look for 640 channels.
                channel_mult=[1, 10, 1, 1], use_linear_in_transformer=True,
            ),
            "first_stage_model.": _vae("SD 1.5, SDXL"),
        },
        metadata=_BIG,
    ),
    "checkpoints/ltx-video-2b-v0.9.5.safetensors": File(
        {
            "model.diffusion_model.": Part("ldm.lightricks.model", "LTXVModel", _LTXV),
            "vae.": Part("ldm.lightricks.vae.causal_video_autoencoder", "VideoVAE", {"config": _LTX_VAE}),
        },
        metadata={"config": json.dumps({"transformer": _LTXV, "vae": _LTX_VAE})},
    ),
    "controlnet/FLUX.1-dev-ControlNet-Union-Pro-2.0.safetensors": _model(
        Part("ldm.flux.controlnet", "ControlNetFlux", _FLUX | {"depth_single_blocks": 0, "latent_input": True})
    ),
    "controlnet/control_v11p_sd15_canny_fp16.safetensors": File(
        {"control_model.": CONTROLNETS[SD15]},
        copies=(
            "controlnet/control_v11f1p_sd15_depth_fp16.safetensors",
            "controlnet/control_v11p_sd15_openpose_fp16.safetensors",
        ),
    ),
    "controlnet/xinsir-controlnet-union-sdxl-1.0-promax.safetensors": File(
        {"control_model.": CONTROLNETS[SDXL]}, copies=("controlnet/instantid/diffusion_pytorch_model.safetensors",)
    ),
    "model_patches/Z-Image-Turbo-Fun-Controlnet-Union.safetensors": _model(
        Part("ldm.lumina.controlnet", "ZImage_Control")
    ),
    "geometry_estimation/depth_anything_3_mono_large.safetensors": _model(
        Part("ldm.depth_anything_3.model", "DepthAnything3Net")
    ),
    "upscale_models/RealESRGAN_x4plus.safetensors": _model(
        Part("spandrel.architectures.ESRGAN.__arch.RRDB", "RRDBNet", {"num_filters": 16, "num_blocks": 1})
    ),
    "background_removal/birefnet.safetensors": _model(Part("background_removal/birefnet.json", "BiRefNet")),
}  # fmt: skip
LORAS: Mapping[str, str] = {
    "loras/tiny_flux.safetensors": "diffusion_models/flux1-dev.safetensors",
    "loras/tiny_sdxl.safetensors": "checkpoints/sd_xl_base_1.0.safetensors",
    "loras/sdxl_style.safetensors": "checkpoints/sd_xl_base_1.0.safetensors",
}
"""LoRAs, by the file whose diffusion model they act on."""
