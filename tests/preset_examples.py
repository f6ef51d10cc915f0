"""Parameters for every preset and its variants, for golden graphs and simulated runs."""

from __future__ import annotations

from typing import Any

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
}
"""Golden file to preset and parameters."""
