"""What file names mean in folders with their own patterns: LoRAs, ControlNets, encoders, VAEs."""

from __future__ import annotations

from ryla_graphs.families.generations import NEWER
from ryla_graphs.families.model_names import MODELS
from ryla_graphs.families.patterns import FilePattern, in_folder, latents, named, text

LORAS = in_folder(
    "loras",
    named("flux", "flux3", pattern=r"flux-?3(?![0-9])"),
    named("gemma-3-12b", "ltxav"),
    named("removal-timestep", "flux1", variant="fill"),
    named("marigold", "qwen-image", pattern=r"marigold-v2"),
    named("qwen", "qwen-image-21", pattern=r"qwen-?image-2-1"),
    named("ace-plus", "flux1", variant="fill"),
    named("flux", "flux1", "flux2", "chroma", pattern=r"flux(?!-?[0-9])"),
    named("qwen", "qwen-image"),
)
"""LoRAs; a plain ``flux`` may mean either generation."""

CONTROLNETS = in_folder(
    "controlnet",
    named("instantid", "sdxl"),
    named("infusenet", "flux1"),
    named("control-v11", "sd15"),
    named("sdxl", "sdxl"),
    named("sd15", "sd15"),
    named("flux", "flux1", pattern=r"flux(?!-?[23])"),
    named("qwen", "qwen-image-21", pattern=r"qwen-?image-2-1"),
    named("qwen", "qwen-image"),
    named("cascade", "cascade-c"),
)
"""ControlNets."""


TEXTS = in_folder(
    "text_encoders",
    text("ace15", "ace15-qwen", r"qwen.*ace15"),
    text("ace15", ""),
    text("prompt-", "prompt-enhancer", r"prompt-(enhancer|upsampler)"),
    text("ling-mini", "ling-mini"),
    text("minimax-music", "minimax-music", r"minimax-music-?3.*encoder"),
    text("ovis", "qwen-3-2b", r"^ovis-2-5"),
    text("qwen", "prompt-enhancer", r"qwen-image-2-1-pe"),
    text("qwen", "qwen-3.5-2b", r"qwen-?3-5-2b"),
    text("qwen", "qwen-3.5-4b", r"qwen-?3-5-4b"),
    text("qwen", "qwen-3.5-9b", r"qwen-?3-5-9b"),
    text("qwen", "qwen-3.8-27b", r"qwen-?3-8-27b"),
    text("clip-l", "clip-l", r"clip-l(?![a-z])"),
    text("clip-g", "clip-g", r"clip-g(?![a-z])"),
    text("clip-h", "clip-h", r"clip-h(?![a-z])"),
    text("umt5", "umt5-xxl", r"umt5.*xxl"),
    text("oldt5", "t5-xxl-old"),
    text("t5gemma", "t5-gemma"),
    text("byt5", "byt5"),
    text("t5", "t5-xl", r"pile-?t5-?xl"),
    text("t5", "t5-xxl", r"(?<![a-z])t5-?(v1-1-)?xxl"),
    text("t5-base", "t5-base"),
    text("gemma", "gemma-2-2b", r"gemma-?2-2b"),
    text("gemma", "gemma-3-4b", r"gemma-?3-4b"),
    text("gemma", "gemma-3-12b", r"gemma-?3-12b"),
    text("gemma", "gemma-4", r"gemma-?4-"),
    text("llava", "llava-llama-3", r"llava-?llama-?3"),
    text("llama", "llama-3-8b", r"llama-?3(-1)?-8b"),
    text("qwen", "qwen-2.5-vl-7b", r"qwen-?2-5-vl-7b"),
    text("qwen", "qwen-2.5-vl-3b", r"qwen-?2-5-vl-(3b|fp16)"),
    text("qwen", "qwen-3-vl-4b", r"qwen-?3-?vl-4b"),
    text("qwen", "qwen-3-vl-8b", r"qwen-?3-?vl-8b"),
    text("qwen", "qwen-3-vl-32b", r"qwen-?3-?vl-32b"),
    text("qwen", "qwen-3-4b", r"qwen-?3-4b"),
    text("qwen", "qwen-3-8b", r"qwen-?3-8b"),
    text("qwen", "qwen-3-0.6b", r"qwen-?3-0-?6b"),
    text("mistral", "mistral-3-24b", r"mistral-?(3-)?small"),
    text("ministral", "ministral-3-3b", r"ministral-?3-3b"),
    text("gpt-oss", "gpt-oss-20b"),
    text("jina", "jina-clip-2", r"jina-clip-v?2"),
)
"""Text encoders."""

VISIONS = in_folder(
    "clip_vision",
    text("dino", "dino"),
    text("clip", "siglip", r"sig-?clip"),
    text("siglip", "siglip"),
    text("vit-h", "clip-vision-h"),
    text("clip-vision-h", "clip-vision-h"),
    text("vit-big", "clip-vision-g", r"vit-big-?g"),
    text("clip-vision-g", "clip-vision-g"),
    text("vit-l", "clip-vision-l", r"vit-l(arge)?-"),
    text("clip-vision-l", "clip-vision-l"),
)
"""Image encoders."""


VAES = in_folder(
    "vae",
    latents("audio", pattern=r"audio-?vae"),
    latents("pixel-space", "pixels"),
    latents("flux", "flux2", pattern=r"flux-?2"),
    latents("small-decoder", "flux2", pattern=r"full-encoder-small-decoder"),
    latents("mage", "flux2", pattern=r"mage-flow"),
    latents("ming", "ming", pattern=r"ming-image"),
    latents("ae", "flux", pattern=r"^ae$|flux.*(vae|ae)$|ultraflux"),
    latents("flux", "flux", pattern=r"flux-?1"),
    latents("taef1", "flux"),
    latents("wan", "wan22", pattern=r"wan-?2-?2"),
    latents("wan", "wan21", pattern=r"(?<![a-z])wan-?(alpha-?)?2-?1"),
    latents("qwen", "qwen-image-21", pattern=r"qwen-image-2-1"),
    latents("qwen", "wan21", pattern=r"qwen-image"),
    latents("marigold", "wan21", pattern=r"marigold-v2"),
    latents("xl", "sdxl", pattern=r"sdxl|sd-xl|taesdxl"),
    latents("sd3", "sd3", pattern=r"sd3"),
    latents("taesd", "sd15", pattern=r"^taesd$"),
    latents("vae-ft-", "sd15"),
    latents("kl-f8", "sd15"),
    latents("hunyuan", "hunyuan-video-15", pattern=r"hunyuan-?video-?1-?5"),
    latents("hunyuan", "hunyuan-image-refiner", pattern=r"hunyuan-?image.*refiner"),
    latents("hunyuan", "hunyuan-image", pattern=r"hunyuan-?image"),
    latents("hunyuan", "hunyuan-video", pattern=r"hunyuan-?video"),
    latents("mochi", "mochi"),
    latents("cosmos", "cosmos", pattern=r"cosmos-?cv8"),
    latents("ltx", "ltxv"),
    latents("ace", "ace15", pattern=r"(?<![a-z])ace-?(step-?)?1-5"),
    latents("seedvr2", "seedvr2"),
    latents("minimax", "minimax-h3", pattern=r"h3-?video"),
    latents("minimax", "minimax-music", pattern=r"minimax-music-?3"),
    latents("trellis", "trellis2", pattern=r"trellis-?2"),
    latents("triposplat", "triposplat"),
    latents("cogvideo", "cogvideox"),
)
"""VAEs: the name tells whose latents they read and make."""

PATTERNS: tuple[FilePattern, ...] = (*NEWER, *LORAS, *CONTROLNETS, *TEXTS, *VISIONS, *VAES, *MODELS)
"""All patterns. Those of a folder come before the general ones, and the general ones do not apply in the folders of
encoders and VAEs."""
