"""The tensors that identify a VAE's latents: here the `families` of a sign are latent formats."""

from __future__ import annotations

from ryla_graphs.families.signs import Sign

_IN = "decoder.conv_in.weight"
_CONV = "decoder.conv_in.conv.weight"

VAES: tuple[Sign, ...] = (
    Sign(("minimax-music",), ("dec_in_proj.weight", "decoder.model.0.weight_g")),
    Sign(("seedvr2",), ("decoder.up_blocks.2.upsamplers.0.upscale_conv.weight",)),
    Sign(("sd15", "sdxl"), ("taesd_decoder.1.weight",), (("taesd_decoder.1.weight", 1, 4),)),
    Sign(("sd3", "flux"), ("taesd_decoder.1.weight",), (("taesd_decoder.1.weight", 1, 16),)),
    Sign(("cascade-c",), ("encoder.backbone.1.0.block.0.1.num_batches_tracked",)),
    Sign(("cascade-b",), ("vquantizer.codebook.weight",)),
    Sign(("flux2",), ("student.dconv_encoder.proj_out.weight",)),
    Sign(("hunyuan-image",), (_IN,), ((_IN, 1, 64),)),
    Sign(("flux2",), (_IN, "bn.running_mean")),
    Sign(("hunyuan-image-refiner",), (_IN,), ((_IN, 1, 32), (_IN, 4, 3))),
    # Nothing in a header tells the VAE of SD 1.5 from that of SDXL, or Flux.1's from SD3's.
    Sign(("sd15", "sdxl"), (_IN,), ((_IN, 1, 4),)),
    Sign(("sd3", "flux"), (_IN,), ((_IN, 1, 16),)),
    Sign(("stable-audio",), ("decoder.layers.1.layers.0.beta",)),
    Sign(("mochi",), ("decoder.blocks.2.blocks.3.stack.5.weight",)),
    Sign(("mochi",), ("blocks.2.blocks.3.stack.5.weight",)),
    Sign(("ltxv",), ("decoder.up_blocks.0.res_blocks.0.conv1.conv.weight",)),
    Sign(("hunyuan-video-15",), (_CONV,), ((_CONV, 1, 32),)),
    Sign(("cogvideox",), (_CONV, "decoder.mid_block.resnets.0.norm1.norm_layer.weight")),
    Sign(("hunyuan-video",), (_CONV,)),
    Sign(("cosmos",), ("decoder.unpatcher3d.wavelets",)),
    Sign(("wan22",), ("decoder.middle.0.residual.0.gamma", "decoder.upsamples.0.upsamples.0.residual.2.weight")),
    Sign(("wan21",), ("decoder.middle.0.residual.0.gamma",)),
    Sign(("hunyuan-3d",), ("geo_decoder.cross_attn_decoder.ln_1.bias",)),
    Sign(("ace",), ("vocoder.backbone.channel_layers.0.0.bias",)),
    Sign(("stable-audio-3",), ("decoder.layers.3.transformers.0.pre_norm.alpha",)),
    Sign(("minimax-h3",), ("decoder.transformer_blocks.0.scale1",)),
    Sign(("pixels",), ("pixel_space_vae",)),
    Sign(("triposplat",), ("gs.base_offset_scale", "octree.out_proj.weight")),
    Sign(("trellis2",), ("shape_dec.blocks.1.16.to_subdiv.weight",)),
)
"""Files of VAEs."""
