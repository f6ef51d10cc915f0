"""The tensors that identify a model of each family: one row per family or variant; the first match decides.

Facts: the names and shapes by which ComfyUI 0.33 tells models apart.
"""

from __future__ import annotations

from typing import NamedTuple


class Sign(NamedTuple):
    """Tensors that a file of a family has, without their common prefix."""

    families: tuple[str, ...]
    tensors: tuple[str, ...]
    """The file has all of these; a name that ends in a dot or a number is a prefix."""
    sizes: tuple[tuple[str, int, int], ...] = ()
    """Tensor, axis and size: all of these must hold."""
    absent: tuple[str, ...] = ()
    variant: str | None = None


def _unet(family: str, *sizes: tuple[str, int, int], variant: str | None = None) -> Sign:
    return Sign((family,), ("input_blocks.0.0.weight",), sizes, variant=variant)


_IN = "input_blocks.0.0.weight"
_LABEL = "label_emb.0.0.weight"
_CROSS = "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
_CROSS_DEEP = "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
_FLUX = "double_blocks.0.img_attn.norm.key_norm."
_GUIDANCE = "guidance_in.in_layer.weight"
_HUNYUAN = "txt_in.individual_token_refiner.blocks.0.norm1.weight"
_WAN = "head.modulation"
_WAN_IN = "patch_embedding.weight"
_NEXT_DIT = ("cap_embedder.1.weight", "noise_refiner.0.attention.k_norm.weight")
_DIFFUSERS_UNET = ("conv_in.weight", "down_blocks.0.")

DIFFUSION: tuple[Sign, ...] = (
    Sign(("minimax-music",), ("cond_layer_logits", "latent_conditioners.0.weight")),
    Sign(("sd3",), ("joint_blocks.0.context_block.attn.qkv.weight",)),
    Sign(("cascade-c",), ("clf.1.weight", "clip_txt_mapper.weight")),
    Sign(("cascade-b",), ("clf.1.weight", "clip_mapper.weight")),
    Sign(("trellis2",), ("img2shape.t_embedder.mlp.0.weight",)),
    Sign(("trellis2",), ("shape2txt.t_embedder.mlp.0.weight",)),
    Sign(("stable-audio-3",), ("transformer.rotary_pos_emb.inv_freq",), (("postprocess_conv.weight", 0, 256),)),
    Sign(("stable-audio",), ("transformer.rotary_pos_emb.inv_freq",)),
    Sign(("aura-flow",), ("double_layers.0.attn.w1q.weight",)),
    Sign(("hunyuan-dit",), ("mlp_t5.0.weight",)),
    Sign(("hunyuan-video-15",), (_HUNYUAN, "vision_in.proj.0.weight")),
    Sign(("hunyuan-image-refiner",), (_HUNYUAN,), (("img_in.proj.weight", 4, 1),), ("vector_in.",)),
    Sign(("hunyuan-image",), (_HUNYUAN,), absent=("vector_in.",)),
    Sign(("hunyuan-video",), (_HUNYUAN,)),
    Sign(("flux2",), (_FLUX, "double_stream_modulation_img.lin.weight"), (("img_in.weight", 0, 6144),), variant="dev"),
    Sign(
        ("flux2",),
        (_FLUX, "double_stream_modulation_img.lin.weight"),
        (("txt_in.weight", 1, 7680),),
        variant="klein-4b",
    ),
    Sign(
        ("flux2",),
        (_FLUX, "double_stream_modulation_img.lin.weight"),
        (("txt_in.weight", 1, 12288),),
        variant="klein-9b",
    ),
    Sign(("flux2",), (_FLUX, "double_stream_modulation_img.lin.weight")),
    Sign(("chroma-radiance",), (_FLUX, "distilled_guidance_layer.", "nerf_blocks.0.norm.")),
    Sign(("chroma",), (_FLUX, "distilled_guidance_layer.")),
    Sign(("ovis-image",), (_FLUX, "double_blocks.0.img_mlp.gate_proj.weight", "txt_norm.")),
    Sign(("longcat-image",), (_FLUX, "txt_in.weight"), (("txt_in.weight", 1, 3584),), ("vector_in.",)),
    Sign(("flux1",), (_FLUX, "img_in.weight"), (("img_in.weight", 1, 384),), variant="fill"),
    Sign(("flux1",), (_FLUX, "img_in.weight"), (("img_in.weight", 1, 128),), variant="control"),
    Sign(("flux1",), (_FLUX, "img_in.weight"), absent=(_GUIDANCE,), variant="schnell"),
    Sign(("flux1",), (_FLUX, "img_in.weight", _GUIDANCE)),
    Sign(("mochi",), ("t5_yproj.weight",)),
    Sign(("minimax-h3",), ("video_patch_proj.weight", "audio_patch_proj.weight")),
    Sign(("pixart",), ("adaln_single.emb.timestep_embedder.linear_1.bias", "pos_embed.proj.bias")),
    Sign(("ltxav",), ("adaln_single.emb.timestep_embedder.linear_1.bias", "audio_adaln_single.linear.weight")),
    Sign(("ltxv",), ("adaln_single.emb.timestep_embedder.linear_1.bias",)),
    Sign(("ace",), ("genre_embedder.weight",)),
    Sign(("pixart-alpha",), ("t_block.1.weight", "ar_embedder.mlp.0.weight")),
    Sign(("pixart",), ("t_block.1.weight",)),
    Sign(("cosmos",), ("blocks.block0.blocks.0.block.attn.to_q.0.weight",)),
    Sign(("pid",), ("lq_proj.latent_proj.0.weight",)),
    Sign(("pixeldit",), ("core.pixel_embedder.proj.weight",)),
    Sign(("z-image",), _NEXT_DIT, (("cap_embedder.1.weight", 0, 3840),)),
    Sign(("lumina2",), _NEXT_DIT),
    Sign(("cogvideox",), ("blocks.0.norm1.linear.weight",)),
    Sign(("seedvr2",), ("blocks.35.mlp.vid.proj_out.weight",), (("blocks.35.mlp.vid.proj_out.weight", 0, 3072),)),
    Sign(("seedvr2",), ("blocks.31.mlp.all.proj_in_gate.weight",)),
    Sign(("wan22-5b",), (_WAN,), ((_WAN_IN, 1, 48),)),
    Sign(("wan",), (_WAN, "vace_patch_embedding.weight"), variant="vace"),
    Sign(("wan",), (_WAN, "control_adapter.conv.weight"), variant="camera"),
    Sign(("wan",), (_WAN, "casual_audio_encoder.encoder.final_linear.weight"), variant="s2v"),
    Sign(("wan",), (_WAN, "audio_proj.audio_proj_glob_1.layer.bias"), variant="humo"),
    Sign(("wan",), (_WAN, "face_adapter.fuser_blocks.0.k_norm.weight"), variant="animate"),
    Sign(("wan",), (_WAN,), ((_WAN_IN, 1, 16),), variant="t2v"),
    Sign(("wan",), (_WAN,), ((_WAN_IN, 1, 36),), variant="i2v"),
    Sign(("wan",), (_WAN,)),
    Sign(("hunyuan3d",), ("latent_in.weight",)),
    Sign(("hunyuan3d",), ("t_embedder.mlp.2.weight", "blocks.0.attn1.k_norm.weight")),
    Sign(("triposplat",), ("cam_out_layer.weight", "repo_layers.0.final_map.weight")),
    Sign(("hidream-o1",), ("t_embedder1.mlp.0.weight", "x_embedder.proj1.weight")),
    Sign(("hidream",), ("caption_projection.0.linear.weight",)),
    Sign(("anima",), ("blocks.0.mlp.layer1.weight", "llm_adapter.blocks.0.cross_attn.q_proj.weight")),
    Sign(("cosmos-predict2",), ("blocks.0.mlp.layer1.weight",)),
    Sign(("boogu",), ("double_stream_layers.0.img_instruct_attn.processor.img_to_q.weight",)),
    Sign(("omnigen2",), ("time_caption_embed.timestep_embedder.linear_1.bias",)),
    Sign(("lens",), ("transformer_blocks.0.attn.norm_added_q.weight", "transformer_blocks.0.img_mlp.w1.weight")),
    Sign(("mage-flow",), ("txt_norm.weight",), (("txt_norm.weight", 0, 2560), ("proj_out.weight", 0, 128))),
    Sign(("qwen-image",), ("txt_norm.weight", "img_in.weight")),
    Sign(("qwen-image-21",), ("transformer_blocks.0.attn.norm_q.weight", "txt_in.in_layer.weight", "img_in.weight")),
    Sign(("yue2",), ("vae2llm.weight", "llm2vae.weight", "latent_pos_embed.pe")),
    Sign(("ideogram4",), ("embed_image_indicator.weight",)),
    Sign(("krea2",), ("txtfusion.projector.weight",)),
    Sign(("kandinsky5-image",), ("visual_transformer_blocks.0.",), (("visual_embeddings.in_layer.weight", 0, 2560),)),
    Sign(("kandinsky5",), ("visual_transformer_blocks.0.cross_attention.key_norm.weight",)),
    Sign(("ace15",), ("encoder.lyric_encoder.layers.0.input_layernorm.weight",)),
    Sign(("rt-detr",), ("encoder.pan_blocks.1.cv4.conv.weight",)),
    Sign(("depth-anything-3",), ("backbone.embeddings.patch_embeddings.projection.weight",)),
    Sign(("ernie-image",), ("layers.0.mlp.linear_fc2.weight",)),
    Sign(("sam3",), ("detector.backbone.vision_backbone.trunk.blocks.0.attn.qkv.weight",)),
    Sign(("joyimage",), ("double_blocks.0.attn.img_attn_qkv.weight", "condition_embedder.time_embedder.")),
    _unet("sdxl", (_LABEL, 1, 2816), (_IN, 1, 9), variant="inpaint"),
    _unet("sdxl", (_LABEL, 1, 2816)),
    _unet("sdxl-refiner", (_LABEL, 1, 2560)),
    _unet("lotus", (_LABEL, 1, 4)),
    _unet("svd", (_LABEL, 1, 768)),
    _unet("stable-zero123", (_IN, 1, 8), ("cc_projection.weight", 0, 768)),
    _unet("sd-x4-upscaler", (_IN, 1, 7)),
    _unet("sd15", (_CROSS, 1, 768), (_IN, 1, 9), variant="inpaint"),
    _unet("sd15", (_CROSS, 1, 768), (_IN, 1, 8), variant="instructpix2pix"),
    _unet("sd15", (_CROSS, 1, 768)),
    _unet("sd2", (_CROSS, 1, 1024), (_IN, 1, 9), variant="inpaint"),
    _unet("sd2", (_CROSS, 1, 1024), (_IN, 1, 5), variant="depth"),
    _unet("sd2", (_CROSS, 1, 1024)),
    _unet("sdxl", (_CROSS_DEEP, 1, 2048)),
    # As diffusers names the tensors; ComfyUI converts these when it loads them.
    Sign(("sdxl",), _DIFFUSERS_UNET, (("add_embedding.linear_1.weight", 1, 2816),)),
    Sign(("sdxl-refiner",), _DIFFUSERS_UNET, (("add_embedding.linear_1.weight", 1, 2560),)),
    Sign(("sd15",), _DIFFUSERS_UNET, (("down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight", 1, 768),)),
    Sign(("sd2",), _DIFFUSERS_UNET, (("down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight", 1, 1024),)),
    Sign(("sd3",), ("transformer_blocks.0.attn.add_q_proj.weight", "pos_embed.pos_embed")),
    Sign(
        ("flux1",),
        ("transformer_blocks.0.attn.norm_added_k.weight", "single_transformer_blocks.0."),
        (("x_embedder.weight", 1, 64), ("context_embedder.weight", 1, 4096)),
    ),
    Sign(
        ("flux2",),
        ("transformer_blocks.0.attn.norm_added_k.weight", "single_transformer_blocks.0."),
        (("x_embedder.weight", 1, 128),),
    ),
)
"""Diffusion models, below the prefix that checkpoints and some bare files put before all tensors."""

CONTROL: tuple[Sign, ...] = (
    Sign(("hunyuan-dit",), ("after_proj_list.18.bias",)),
    Sign(("sdxl",), ("lora_controlnet", "label_emb.0.0.down")),
    Sign(("sd15", "sd2"), ("lora_controlnet",)),
    Sign(("sdxl",), ("controlnet_cond_embedding.conv_in.weight",), (("add_embedding.linear_1.weight", 1, 2816),)),
    Sign(
        ("sd15",),
        ("controlnet_cond_embedding.conv_in.weight",),
        (("down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight", 1, 768),),
    ),
    Sign(
        ("sd2",),
        ("controlnet_cond_embedding.conv_in.weight",),
        (("down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight", 1, 1024),),
    ),
    Sign(("flux1",), ("controlnet_blocks.0.weight", "double_blocks.0.img_attn.norm.key_norm.scale")),
    Sign(("sd3",), ("controlnet_blocks.0.weight", "pos_embed_input.proj.weight")),
    Sign(("qwen-image",), ("controlnet_blocks.0.weight", "transformer_blocks.0.img_mlp.net.0.proj.weight")),
    Sign(("flux1",), ("controlnet_blocks.0.weight", "controlnet_x_embedder.weight")),
    Sign(("flux1",), ("controlnet_blocks.0.linear.weight",)),
    Sign(("qwen-image",), ("control_blocks.0.after_proj.weight", "control_img_in.weight")),
    Sign(("sdxl",), ("zero_convs.0.0.weight",), ((_LABEL, 1, 2816),)),
    Sign(("sd15",), ("zero_convs.0.0.weight",), ((_CROSS, 1, 768),)),
    Sign(("sd2",), ("zero_convs.0.0.weight",), ((_CROSS, 1, 1024),)),
)
"""ControlNets. Some have their tensors below ``control_model.``."""

ADAPTERS: tuple[Sign, ...] = (
    Sign(("flux1",), ("pulid_ca.0.",)),
    Sign(("flux1",), ("pulid_encoder.", "pulid_ca.")),
    Sign(("sd15",), ("image_proj.", "ip_adapter.1.to_k_ip.weight"), (("ip_adapter.1.to_k_ip.weight", 1, 768),)),
    Sign(("sdxl",), ("image_proj.", "ip_adapter.1.to_k_ip.weight"), (("ip_adapter.1.to_k_ip.weight", 1, 2048),)),
    Sign(("flux1",), ("redux_up.weight", "redux_down.weight")),
    Sign(("z-image",), ("control_all_x_embedder.2-1.weight",)),
    Sign(("qwen-image",), ("controlnet_blocks.0.y_rms.weight",)),
    Sign(("flux1",), ("feature_embedder.mid_layer_norm.bias",)),
    Sign(("wan",), ("controlnet_patch_embedding.weight",)),
    Sign(("wan",), ("audio_proj.proj1.weight",)),
    Sign(("sdxl",), ("control_model.input_hint_block.0.weight",)),
    Sign(("flux1",), ("double_blocks.0.processor.ip_adapter_double_stream_k_proj.weight",)),
)
"""Adapters and patches that act on a model: PuLID, IP-Adapter, Redux, USO, and what `ModelPatchLoader` loads."""
