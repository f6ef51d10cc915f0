"""The model families, as data: what messages call them, and the latents they compute with.

A family is a set of models that take the same text, the same latents and the same LoRAs. What a link carries
is named by the families it serves: a VAE serves every family with its latents.
Facts: ComfyUI 0.33's own tables of models and latents; of newer families, how the official templates use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ryla_graphs.problems import NotFound

FamilyId = str
Families = frozenset[FamilyId]


@dataclass(frozen=True, slots=True)
class LatentFormat:
    """What the numbers of a latent mean. Two formats of the same shape still do not mix: the picture is garbage."""

    name: str
    channels: int | None
    """None if they are not published."""
    label: str
    """The name in messages: ``SDXL's 4-channel latents``."""


@dataclass(frozen=True, slots=True)
class Family:
    """One row of `FAMILIES`."""

    id: FamilyId
    label: str
    latents: str | None
    """The name of its `LatentFormat`; None for models that do not compute with latents."""
    pooled: int | None = None
    """The width of the pooled text vector it takes; None for models that take none."""
    variants: tuple[str, ...] = ()
    samples: bool = True
    """Whether a sampler can use it; other models merely travel on MODEL sockets."""
    unet: bool = False
    """Whether it is a U-Net with cross-attention, which IP-Adapter and InstantID patch; others are transformers."""


LATENT_FORMATS: Mapping[str, LatentFormat] = {
    row.name: row
    for row in (
        LatentFormat("sd15", 4, "SD 1.5's 4-channel latents"),
        LatentFormat("sdxl", 4, "SDXL's 4-channel latents"),
        LatentFormat("sd-x4", 4, "the x4 upscaler's 4-channel latents"),
        LatentFormat("cascade-c", 16, "Stable Cascade's stage C latents"),
        LatentFormat("cascade-b", 4, "Stable Cascade's stage B latents"),
        LatentFormat("sd3", 16, "SD3's 16-channel latents"),
        LatentFormat("flux", 16, "Flux.1's 16-channel latents"),
        LatentFormat("flux2", 128, "Flux.2's 128-channel latents"),
        LatentFormat("wan21", 16, "Wan 2.1's 16-channel latents"),
        LatentFormat("wan22", 48, "Wan 2.2 5B's 48-channel latents"),
        LatentFormat("qwen-image-21", 64, "Qwen-Image 2.1's 64-channel latents"),
        LatentFormat("ming", None, "Ming Image's latents"),
        LatentFormat("hunyuan-video", 16, "Hunyuan Video's 16-channel latents"),
        LatentFormat("hunyuan-video-15", 32, "Hunyuan Video 1.5's 32-channel latents"),
        LatentFormat("hunyuan-image", 64, "Hunyuan Image's 64-channel latents"),
        LatentFormat("hunyuan-image-refiner", 64, "the Hunyuan Image refiner's 64-channel latents"),
        LatentFormat("hunyuan-3d", 64, "Hunyuan 3D's latents"),
        LatentFormat("ltxv", 128, "LTX-Video's 128-channel latents"),
        LatentFormat("mochi", 12, "Mochi's 12-channel latents"),
        LatentFormat("cosmos", 16, "Cosmos' 16-channel latents"),
        LatentFormat("cogvideox", 16, "CogVideoX's 16-channel latents"),
        LatentFormat("seedvr2", 16, "SeedVR2's 16-channel latents"),
        LatentFormat("minimax-h3", 24, "MiniMax H3's 24-channel latents"),
        LatentFormat("stable-audio", 64, "Stable Audio's latents"),
        LatentFormat("stable-audio-3", 256, "Stable Audio 3's latents"),
        LatentFormat("ace", 8, "ACE-Step's latents"),
        LatentFormat("ace15", 64, "ACE-Step 1.5's latents"),
        LatentFormat("yue2", None, "YuE2's latents"),
        LatentFormat("minimax-music", 128, "MiniMax Music's latents"),
        LatentFormat("trellis2", 32, "Trellis 2's latents"),
        LatentFormat("triposplat", 16, "TripoSplat's latents"),
        LatentFormat("pixels", 3, "pixels, without a VAE's latents"),
    )
}

_ROWS = (
    Family("sd15", "SD 1.5", "sd15", unet=True, variants=("inpaint", "instructpix2pix")),
    Family("sd2", "SD 2", "sd15", unet=True, variants=("inpaint", "depth", "unclip")),
    Family("sdxl", "SDXL", "sdxl", pooled=1280, unet=True, variants=("inpaint", "turbo", "lightning")),
    Family("sdxl-refiner", "the SDXL refiner", "sdxl", pooled=1280, unet=True),
    Family("svd", "Stable Video Diffusion", "sd15", unet=True),
    Family("stable-zero123", "Stable Zero123", "sd15", unet=True),
    Family("lotus", "Lotus", "sd15", unet=True),
    Family("sd-x4-upscaler", "the SD x4 upscaler", "sd-x4", unet=True),
    Family("cascade-c", "Stable Cascade (stage C)", "cascade-c", pooled=1280),
    Family("cascade-b", "Stable Cascade (stage B)", "cascade-b", pooled=1280),
    Family("sd3", "SD3", "sd3", pooled=2048),
    Family("aura-flow", "AuraFlow", "sdxl"),
    Family("pixart", "PixArt Sigma", "sdxl"),
    Family("pixart-alpha", "PixArt Alpha", "sd15"),
    Family("hunyuan-dit", "HunyuanDiT", "sdxl", pooled=1024),
    Family("flux1", "Flux.1", "flux", pooled=768, variants=("dev", "schnell", "fill", "control", "kontext", "krea")),
    Family("flux2", "Flux.2", "flux2", variants=("dev", "klein-4b", "klein-9b")),
    Family("flux3", "FLUX 3", "flux2", variants=("klein", "klein-base")),
    Family("chroma", "Chroma", "flux"),
    Family("chroma-radiance", "Chroma Radiance", "pixels"),
    Family("lumina2", "Lumina 2", "flux"),
    Family("z-image", "Z-Image", "flux", variants=("turbo", "base", "edit")),
    Family("hidream", "HiDream", "flux", pooled=2048, variants=("full", "dev", "fast", "e1")),
    Family("hidream-o1", "HiDream O1", "pixels"),
    Family("longcat-image", "LongCat-Image", "flux"),
    Family("omnigen2", "OmniGen2", "flux"),
    Family("boogu", "Boogu-Image", "flux"),
    Family("ovis-image", "Ovis-Image", "flux"),
    Family("kandinsky5", "Kandinsky 5 video", "hunyuan-video", pooled=768),
    Family("kandinsky5-image", "Kandinsky 5 image", "flux", pooled=768),
    Family("ernie-image", "ERNIE-Image", "flux2"),
    Family("ideogram4", "Ideogram 4", "flux2"),
    Family("lens", "Lens", "flux2", variants=("turbo",)),
    Family("moss-image", "MOSS-Image", "flux2", variants=("base", "sft")),
    Family("fibo2", "FIBO 2", "flux2", variants=("dev", "edit-turbo")),
    Family("ming-image", "Ming Image", "ming"),
    Family("mage-flow", "Mage-Flow", "flux2"),
    Family("qwen-image", "Qwen-Image", "wan21", variants=("edit", "layered")),
    Family("qwen-image-21", "Qwen-Image 2.1", "qwen-image-21", variants=("turbo",)),
    Family("krea2", "Krea 2", "wan21"),
    Family("joyimage", "JoyImage", "wan21"),
    Family("anima", "Anima", "wan21"),
    Family("pixeldit", "PixelDiT", "pixels"),
    Family("pid", "PiD", "pixels"),
    Family("wan", "Wan", "wan21", variants=("t2v", "i2v", "vace", "camera", "s2v", "humo", "animate")),
    Family("wan22-5b", "Wan 2.2 5B", "wan22"),
    Family("hunyuan-video", "Hunyuan Video", "hunyuan-video", pooled=768),
    Family("hunyuan-video-15", "Hunyuan Video 1.5", "hunyuan-video-15"),
    Family("hunyuan-image", "Hunyuan Image 2.1", "hunyuan-image"),
    Family("hunyuan-image-refiner", "the Hunyuan Image refiner", "hunyuan-image-refiner"),
    Family("ltxv", "LTX-Video", "ltxv"),
    Family("ltxav", "LTX-2", "ltxv"),
    Family("mochi", "Mochi", "mochi"),
    Family("cosmos", "Cosmos", "cosmos"),
    Family("cosmos-predict2", "Cosmos Predict2", "wan21"),
    Family("cogvideox", "CogVideoX", "cogvideox"),
    Family("seedvr2", "SeedVR2", "seedvr2"),
    Family("minimax-h3", "MiniMax H3", "minimax-h3"),
    Family("hunyuan3d", "Hunyuan 3D", "hunyuan-3d"),
    Family("trellis2", "Trellis 2", "trellis2", variants=("pixal3d",)),
    Family("triposplat", "TripoSplat", "triposplat"),
    Family("stable-audio", "Stable Audio", "stable-audio"),
    Family("stable-audio-3", "Stable Audio 3", "stable-audio-3"),
    Family("ace", "ACE-Step", "ace"),
    Family("ace15", "ACE-Step 1.5", "ace15"),
    Family("yue2", "YuE2", "yue2"),
    Family("minimax-music", "MiniMax Music", "minimax-music"),
    # These travel on model sockets but are not models.
    Family("sam3", "SAM 3, a segmentation model", None, samples=False),
    Family("rt-detr", "RT-DETR, an object detector", None, samples=False),
    Family("sdpose", "SD-Pose, a pose model", None, samples=False),
    Family("depth-anything-3", "Depth Anything 3, a depth model", None, samples=False),
    Family("face-detector", "a face detector", None, samples=False),
    Family("face-recogniser", "a face recogniser", None, samples=False),
    Family("face-projection", "a projection of faces to tokens", None, samples=False),
    Family("face-tokens", "the tokens of a face", None, samples=False),
)

FAMILIES: Mapping[FamilyId, Family] = {row.id: row for row in _ROWS}
"""All families by id, in the order in which messages list them."""


def family(name: FamilyId) -> Family:
    """The family with this id; raises `NotFound` with the nearest ones."""
    if name not in FAMILIES:
        raise NotFound.among("model family", name, FAMILIES)
    return FAMILIES[name]


@lru_cache(maxsize=512)
def with_latents(*formats: str) -> Families:
    """The families that compute with these latents."""
    return frozenset(row.id for row in _ROWS if row.latents in formats)


def latents_of(families: Iterable[FamilyId]) -> frozenset[str]:
    """The latent formats of these families."""
    return frozenset(row.latents for name in families if (row := FAMILIES.get(name)) and row.latents)
