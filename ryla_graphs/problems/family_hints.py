"""Hints as data: how to load what a family needs, and what to use instead of an adapter that it lacks."""

from __future__ import annotations

from collections.abc import Collection, Mapping

_FLUX_TEXT = "DualCLIPLoader(clip_name1='clip_l.safetensors', clip_name2='t5xxl_fp16.safetensors', type='flux')"

TEXT: Mapping[str, str] = {
    "sd15": "the checkpoint's own CLIP",
    "sd2": "the checkpoint's own CLIP",
    "sdxl": "the checkpoint's own CLIP, or DualCLIPLoader(type='sdxl')",
    "sdxl-refiner": "the refiner checkpoint's own CLIP",
    "sd3": "TripleCLIPLoader with clip_l, clip_g and t5xxl",
    "flux1": _FLUX_TEXT,
    "flux2": "CLIPLoader(type='flux2') with mistral_3_small for dev, qwen_3_4b for Klein 4B, qwen_3_8b for Klein 9B",
    "chroma": "CLIPLoader(clip_name='t5xxl_fp16.safetensors', type='chroma')",
    "lumina2": "CLIPLoader(type='lumina2') with gemma_2_2b",
    "z-image": "CLIPLoader(clip_name='qwen_3_4b.safetensors', type='lumina2')",
    "hidream": "QuadrupleCLIPLoader with clip_l, clip_g, t5xxl and llama_3.1_8b",
    "qwen-image": "CLIPLoader(clip_name='qwen_2.5_vl_7b_fp8_scaled.safetensors', type='qwen_image')",
    "wan": "CLIPLoader(clip_name='umt5_xxl_fp8_e4m3fn_scaled.safetensors', type='wan')",
    "wan22-5b": "CLIPLoader(clip_name='umt5_xxl_fp8_e4m3fn_scaled.safetensors', type='wan')",
    "hunyuan-video": "DualCLIPLoader(type='hunyuan_video') with clip_l and llava_llama3",
    "ltxv": "CLIPLoader(clip_name='t5xxl_fp16.safetensors', type='ltxv')",
}
"""How to load the text encoder of a family."""

VAE: Mapping[str, str] = {
    "sd15": "the checkpoint's own VAE, or vae-ft-mse-840000-ema-pruned.safetensors",
    "sdxl": "the checkpoint's own VAE, or sdxl_vae.safetensors",
    "sd3": "the checkpoint's own VAE",
    "flux": "VAELoader(vae_name='ae.safetensors')",
    "flux2": "VAELoader(vae_name='flux2-vae.safetensors')",
    "wan21": "wan_2.1_vae.safetensors for Wan, qwen_image_vae.safetensors for Qwen-Image",
    "wan22": "VAELoader(vae_name='wan2.2_vae.safetensors')",
    "hunyuan-video": "VAELoader(vae_name='hunyuan_video_vae_bf16.safetensors')",
    "ltxv": "the checkpoint's own VAE",
}
"""The VAE of a latent format."""

FACE: Mapping[str, str] = {
    "flux1": "use preset `flux-instantid` (two stages: Flux.1 makes the picture, SDXL with InstantID the face), "
    "or PuLID for Flux (preset `flux-pulid`)",
    "z-image": "use preset `z-image-instantid` (two stages: Z-Image makes the picture, SDXL with InstantID the face)",
    "sdxl": "on SDXL use InstantID (preset `sdxl-instantid`)",
}
"""How to put a face on a family's pictures."""

STAGES = "to go on from another model's picture, decode it and encode it again, since only an IMAGE may change families"


def text_for(families: Collection[str]) -> str:
    """How to load the text encoder for a model."""
    ways = list(dict.fromkeys(TEXT[name] for name in TEXT if name in families))
    return ways[0] if len(ways) == 1 else "the text encoder that belongs to the model"


def vae_for(formats: Collection[str]) -> str:
    """The VAE for these latents."""
    ways = list(dict.fromkeys(VAE[name] for name in VAE if name in formats))
    return ways[0] if len(ways) == 1 else "the VAE that belongs to the model"


def face_for(families: Collection[str]) -> str:
    """How to put a face on a picture of a family."""
    ways = [FACE[name] for name in FACE if name in families]
    return ways[0] if ways else "make the picture with SDXL, or add the face in a second stage on SDXL with InstantID"
