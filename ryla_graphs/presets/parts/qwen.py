"""What the Qwen-Image presets share."""

from __future__ import annotations

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import CLIPLoader, KSampler, ModelSamplingAuraFlow, UNETLoader, VAEDecode, VAELoader
from ryla_graphs.presets.parameters import WeightDtype, WeightFile
from ryla_graphs.presets.parts.loras import LoraParams, apply_loras
from ryla_graphs.presets.parts.sampling import Conditionings, Loaded, Sampling
from ryla_graphs.sockets import Latent, QwenImage


class QwenParams(LoraParams, Sampling):
    """Parameters of every Qwen-Image picture. Any fine-tuned file of the family does."""

    cfg: float = Field(default=4.0, ge=1, le=30, description="Guidance; at 1 the negative prompt has no effect")
    shift: float = Field(
        default=3.1, ge=0, le=100, description="How long sampling stays with coarse structure; 3 is usual"
    )
    weight_dtype: WeightDtype = "default"
    clip_name: WeightFile = Field(
        default="qwen_2.5_vl_7b_fp8_scaled.safetensors", description="Qwen 2.5 VL 7B in models/text_encoders"
    )
    vae_name: WeightFile = Field(default="qwen_image_vae.safetensors", description="VAE in models/vae")


def load_qwen(p: QwenParams, unet_name: str) -> Loaded[QwenImage]:
    """The loaders of Qwen-Image, and its LoRAs."""
    loaded = Loaded(
        UNETLoader[QwenImage](unet_name=unet_name, weight_dtype=p.weight_dtype).named("qwen"),
        CLIPLoader[QwenImage](clip_name=p.clip_name, type="qwen_image").named("text-encoder"),
        VAELoader[QwenImage](vae_name=p.vae_name).named("vae"),
    )
    loaded = apply_loras(loaded, p.stack)
    return loaded._replace(model=ModelSamplingAuraFlow(model=loaded.model, shift=p.shift).named("shift"))


def sample_qwen(
    p: QwenParams, loaded: Loaded[QwenImage], text: Conditionings[QwenImage], canvas: Source[Latent]
) -> VAEDecode:
    """One picture, drawn on a canvas."""
    latent = KSampler(
        model=loaded.model,
        seed=p.seed,
        steps=p.steps,
        cfg=p.cfg,
        sampler_name="euler",
        scheduler="simple",
        positive=text.positive,
        negative=text.negative,
        latent_image=canvas,
        denoise=1.0,
    ).named("sampler")
    return VAEDecode(samples=latent, vae=loaded.vae).named("picture")
