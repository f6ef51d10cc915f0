"""Parameters for every preset and its variants, for golden graphs and simulated runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel

from ryla_graphs import presets
from ryla_graphs.presets.parameters import ActsWith, ReplacedBy

PROMPT = "portrait photo of a woman reading in a cafe, morning light"
NEGATIVE = "blurry, deformed, watermark"
FACE = {"prompt": PROMPT, "negativePrompt": NEGATIVE, "referenceImage": "reference.png", "seed": 42}
STACK = [
    {"loraId": "character.safetensors", "triggerWord": "ohwx"},
    {"loraId": "style", "loraStrength": 0.5, "triggerWord": "in ink"},
]
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "flux-dev": ("flux-dev", {"prompt": "a red bicycle", "seed": 42}),
    "flux-dev-true-cfg": (
        "flux-dev",
        {"prompt": "a red bicycle", "negativePrompt": "blurry", "cfg": 2.5, "guidance": 1.0, "seed": 42},
    ),
    "flux-dev-fp8-checkpoint": (
        "flux-dev",
        {"prompt": "a red bicycle", "fluxCheckpointName": "flux1-dev-fp8.safetensors", "cfg": 2.0, "seed": 42},
    ),
    "flux-schnell": ("flux-schnell", {"prompt": "a red bicycle", "seed": 42}),
    "flux-lora": ("flux-lora", {"prompt": "a portrait", "loraId": "character", "triggerWord": "ohwx", "seed": 42}),
    "flux-lora-stack": ("flux-lora", {"prompt": "a portrait", "loras": STACK, "textEncoder": True, "seed": 42}),
    "flux-lora-two": ("flux-lora", {"prompt": "a portrait", "loras": STACK, "seed": 42}),
    "flux-lora-with-clip": ("flux-lora", {"prompt": "a portrait", "loras": STACK[:1], "textEncoder": True, "seed": 42}),
    "z-image-turbo": ("z-image-turbo", {"prompt": "a red bicycle", "seed": 42}),
    "z-image-turbo-lora": (
        "z-image-turbo",
        {"prompt": "a red bicycle", "negativePrompt": "blurry", "cfg": 4.0, "loras": STACK, "seed": 42},
    ),
    "base-images": ("base-images", {"prompt": "a portrait", "count": 3, "seed": 42}),
    "flux-instantid": ("flux-instantid", FACE | {"width": 896, "height": 1152, "faceProvider": "GPU"}),
    "flux-instantid-face-only": ("flux-instantid", FACE | {"faceOnly": True}),
    "flux-pulid": ("flux-pulid", FACE),
    "z-image-instantid": ("z-image-instantid", FACE),
    "z-image-instantid-loras": (
        "z-image-instantid",
        FACE | {"faceOnly": True, "loraId": "style", "refineLoras": STACK},
    ),
    "sdxl-instantid": ("sdxl-instantid", FACE),
    "sdxl-instantid-posed": (
        "sdxl-instantid",
        FACE | {"poseImage": "pose.png", "loras": STACK, "textEncoder": True},
    ),
    "character-sheet": (
        "character-sheet",
        FACE | {"views": [{"name": "front", "prompt": "front view"}, {"name": "profile-left"}]},
    ),
    "character-sheet-face-only": (
        "character-sheet",
        FACE | {"faceOnly": True, "cfg": 2.0, "views": [{"name": "back"}, {"name": "sitting"}]},
    ),
    "face-swap": ("face-swap", {"baseImage": "scene.png", "referenceImage": "reference.png", "seed": 42}),
    "face-swap-masked": (
        "face-swap",
        {"baseImage": "scene.png", "referenceImage": "reference.png", "maskImage": "mask.png", "seed": 42},
    ),
    "flux-img2img": ("flux-img2img", {"prompt": "in oil", "baseImage": "scene.png", "seed": 42}),
    "flux-kontext": ("flux-kontext", {"prompt": "make it night", "image": "scene.png", "seed": 42}),
    "flux-kontext-references": (
        "flux-kontext",
        {"prompt": "put her into the scene", "cfg": 2.0, "negativePrompt": NEGATIVE, "guidance": 1.5, "seed": 42}
        | {"image": "scene.png", "image2": "reference.png", "image3": "pose.png", "loras": STACK},
    ),
    "flux-fill": (
        "flux-fill",
        {"prompt": "a red hat", "baseImage": "scene.png", "maskImage": "mask.png", "seed": 42},
    ),
    "flux-fill-transparent": ("flux-fill", {"prompt": "a red hat", "baseImage": "cut.png", "loras": STACK, "seed": 42}),
    "flux-fill-extended": (
        "flux-fill",
        {"prompt": "a wide beach", "baseImage": "scene.png", "left": 128, "bottom": 64, "feathering": 32, "seed": 42},
    ),
    "flux-controlnet": ("flux-controlnet", {"prompt": PROMPT, "controlImage": "pose.png", "seed": 42}),
    "flux-controlnet-depth": (
        "flux-controlnet",
        {"prompt": PROMPT, "controlImage": "pose.png", "control": "depth", "loras": STACK, "seed": 42},
    ),
    "flux-controlnet-pose": (
        "flux-controlnet",
        {"prompt": PROMPT, "controlImage": "pose.png", "control": "pose", "cfg": 2.0, "seed": 42},
    ),
    "flux-controlnet-map": (
        "flux-controlnet",
        {"prompt": PROMPT, "controlImage": "map.png", "controlIsMap": True, "seed": 42},
    ),
    "flux-redux": ("flux-redux", {"image": "scene.png", "seed": 42}),
    "flux-redux-mixture": (
        "flux-redux",
        {"prompt": "in ink", "image": "scene.png", "image2": "reference.png", "image3": "pose.png", "crop": "none"}
        | {"reduxStrength": 0.4, "loras": STACK, "seed": 42},
    ),
    "flux2-klein": ("flux2-klein", {"prompt": "a red bicycle", "seed": 42}),
    "flux2-klein-edit": (
        "flux2-klein",
        {"prompt": "put her into the scene", "image": "scene.png", "image2": "reference.png", "image3": "pose.png"}
        | {"seed": 42},
    ),
    "flux2-klein-base": (
        "flux2-klein",
        {"prompt": "make it night", "negativePrompt": NEGATIVE, "image": "scene.png", "loras": STACK, "steps": 20}
        | {"cfg": 5.0, "unetName": "flux-2-klein-base-4b.safetensors", "seed": 42},
    ),
    "qwen-image": ("qwen-image", {"prompt": "a red bicycle", "negativePrompt": "blurry", "seed": 42}),
    "qwen-image-lightning": (
        "qwen-image",
        {"prompt": "a red bicycle", "steps": 4, "cfg": 1.0, "loraStrength": 1.0, "seed": 42}
        | {"loraId": "Qwen-Image-2512-Lightning-4steps-V1.0-fp32", "loras": STACK},
    ),
    "qwen-image-edit": (
        "qwen-image-edit",
        {"prompt": "make it night", "negativePrompt": "blurry", "image": "scene.png", "seed": 42},
    ),
    "qwen-image-edit-lightning": (
        "qwen-image-edit",
        {"prompt": "put her into the scene", "image": "scene.png", "image2": "reference.png", "image3": "pose.png"}
        | {"loraId": "Qwen-Image-Edit-2511-Lightning-4steps-V1.0-bf16", "loraStrength": 1.0, "loras": STACK}
        | {"steps": 4, "cfg": 1.0, "seed": 42},
    ),
    "z-image-controlnet": ("z-image-controlnet", {"prompt": PROMPT, "controlImage": "pose.png", "seed": 42}),
    "z-image-controlnet-depth": (
        "z-image-controlnet",
        {"prompt": PROMPT, "controlImage": "pose.png", "control": "depth", "loras": STACK, "seed": 42},
    ),
    "z-image-controlnet-pose": (
        "z-image-controlnet",
        {"prompt": PROMPT, "controlImage": "pose.png", "control": "pose", "seed": 42},
    ),
    "seedvr2-upscale": ("seedvr2-upscale", {"image": "scene.png", "seed": 42}),
    "seedvr2-upscale-numz": ("seedvr2-upscale", {"image": "scene.png", "nodes": "numz", "seed": 42}),
    "wan-t2v": ("wan-t2v", {"prompt": "a fox running in snow", "negativePrompt": "static", "seed": 42}),
    "wan-i2v": (
        "wan-i2v",
        {"prompt": "she turns around", "negativePrompt": "static", "referenceImage": "reference.png", "seed": 42},
    ),
    "wan-i2v-lora": (
        "wan-i2v",
        {"prompt": "she turns around", "referenceImage": "reference.png", "loras": STACK, "seed": 42},
    ),
    "sdxl": ("sdxl", {"prompt": "a red bicycle", "negativePrompt": "blurry", "seed": 42}),
    "sdxl-loras": (
        "sdxl",
        {
            "prompt": "a red bicycle",
            "loras": STACK,
            "vaeName": "sdxl_vae.safetensors",
            "scheduler": "normal",
            "seed": 42,
        },
    ),
    "sdxl-canny": ("sdxl", {"prompt": "a castle", "controlImage": "scene.png", "controlnetEnd": 0.6, "seed": 42}),
    "sdxl-depth": ("sdxl", {"prompt": "a castle", "controlImage": "scene.png", "control": "depth", "seed": 42}),
    "sdxl-skeleton": (
        "sdxl",
        {"prompt": "a knight", "controlImage": "pose.png", "control": "pose", "controlIsMap": True, "seed": 42},
    ),
    "sd15": ("sd15", {"prompt": "a red bicycle", "seed": 42}),
    "sd15-pose": (
        "sd15",
        {"prompt": "a knight", "controlImage": "pose.png", "control": "pose", "clipSkip": 2, "seed": 42},
    ),
    "sdxl-inpaint": (
        "sdxl-inpaint",
        {"prompt": "a vase of tulips", "baseImage": "scene.png", "maskImage": "mask.png", "seed": 42},
    ),
    "sdxl-inpaint-alpha": (
        "sdxl-inpaint",
        {"prompt": "a vase of tulips", "baseImage": "cut-out.png", "denoise": 0.8, "growMask": 0, "seed": 42},
    ),
    "upscale": ("upscale", {"image": "scene.png"}),
    "upscale-tiled": (
        "upscale",
        {
            "image": "scene.png",
            "scale": 3,
            "tiledDiffusion": True,
            "loras": STACK,
            "vaeName": "sdxl_vae.safetensors",
            "seed": 42,
        },
    ),
    "face-detailer": ("face-detailer", {"image": "group.png", "negativePrompt": NEGATIVE, "seed": 42}),
    "face-detailer-outlines": (
        "face-detailer",
        {
            "image": "group.png",
            "samName": "sam_vit_b_01ec64.pth",
            "loras": STACK,
            "vaeName": "sdxl_vae.safetensors",
            "seed": 42,
        },
    ),
    "remove-background": ("remove-background", {"image": "reference.png"}),
    "remove-background-white": (
        "remove-background",
        {"image": "reference.png", "backgroundColor": "#ffffff", "saveMask": True},
    ),
    "remove-background-scene": (
        "remove-background",
        {"image": "reference.png", "backgroundImage": "scene.png"},
    ),
    "wan22-t2v": ("wan22-t2v", {"prompt": "a fox running in snow", "negativePrompt": "static", "seed": 42}),
    "wan22-t2v-four-steps": (
        "wan22-t2v",
        {
            "prompt": "a fox running in snow",
            "fourSteps": True,
            "loras": STACK[:1],
            "highNoiseLoras": [{"loraId": "motion_high", "triggerWord": "fast"}],
            "lowNoiseLoras": [{"loraId": "motion_low"}],
            "seed": 42,
        },
    ),
    "wan22-i2v": (
        "wan22-i2v",
        {"prompt": "she turns around", "negativePrompt": "static", "referenceImage": "reference.png", "seed": 42},
    ),
    "wan22-i2v-four-steps": (
        "wan22-i2v",
        {"prompt": "she turns around", "referenceImage": "reference.png", "fourSteps": True, "seed": 42},
    ),
    "ltx-video": ("ltx-video", {"prompt": "a fox running in snow", "negativePrompt": "static", "seed": 42}),
    "ltx-video-begun": (
        "ltx-video",
        {"prompt": "she turns around", "referenceImage": "reference.png", "loras": STACK[:1], "seed": 42},
    ),
}
"""Golden file to preset and parameters."""


def acting(preset: str, wished: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of some parameters that a preset has, and that have an effect beside the given ones."""
    parameters = presets.get(preset).parameters
    idle = {name for other, names in parameters.only_with.items() if to_camel(other) not in given for name in names}
    return {
        str(fact.alias): wished[str(fact.alias)]
        for name, fact in parameters.model_fields.items()
        if fact.alias in wished
        and name not in idle
        and not any(
            (to_camel(mark.other) in given) == isinstance(mark, ReplacedBy)
            for mark in fact.metadata
            if isinstance(mark, ActsWith | ReplacedBy)
        )
    }
