"""Loaders: what a file's name tells about the model."""

from __future__ import annotations

from typing import Any

from ryla_graphs.families import BUILTIN
from ryla_graphs.shapes.models import clip_of, clip_of_files, model_of, vae_of
from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.values import Opaque

_CHECKPOINTS = "checkpoints"


@rule("CheckpointLoaderSimple", "CheckpointLoader")
def load_checkpoint(ckpt_name: Any) -> tuple[Any, Any, Any]:
    return model_of(_CHECKPOINTS, ckpt_name), clip_of(_CHECKPOINTS, ckpt_name), vae_of(_CHECKPOINTS, ckpt_name)


@rule("unCLIPCheckpointLoader")
def load_unclip_checkpoint(ckpt_name: Any) -> tuple[Any, Any, Any, Any]:
    return *load_checkpoint(ckpt_name), _vision_in(ckpt_name)


@rule("ImageOnlyCheckpointLoader")
def load_image_only_checkpoint(ckpt_name: Any) -> tuple[Any, Any, Any]:
    return model_of(_CHECKPOINTS, ckpt_name), _vision_in(ckpt_name), vae_of(_CHECKPOINTS, ckpt_name)


_WITH_VISION = frozenset({"svd", "stable-zero123", "sd2", "hunyuan3d"})
"""Families whose checkpoints may hold an encoder of pictures."""


def _vision_in(name: Any) -> Opaque | None:
    found = BUILTIN.names.of(_CHECKPOINTS, name) if isinstance(name, str) else None
    return None if found is not None and not found.families & _WITH_VISION else Opaque("CLIP_VISION")


@rule("DiffusersLoader")
def load_diffusers(model_path: Any) -> tuple[Any, Any, Any]:
    return model_of("diffusers", model_path), clip_of("diffusers", model_path), vae_of("diffusers", model_path)


@rule("UNETLoader")
def load_model(unet_name: Any) -> Opaque:
    return model_of("diffusion_models", unet_name)


@rule("VAELoader")
def load_vae(vae_name: Any) -> Opaque:
    return vae_of("vae", vae_name)


@rule("LTXVAudioVAELoader")
def load_audio_vae() -> Opaque:
    return vae_of("vae", "ltx-audio")


@rule("CLIPLoader")
def load_clip(clip_name: Any, type: Any = "stable_diffusion") -> Opaque:  # noqa: A002 - the input's own name
    return clip_of_files((clip_name,), type)


@rule("DualCLIPLoader")
def load_two_clips(clip_name1: Any, clip_name2: Any, type: Any) -> Opaque:  # noqa: A002 - the input's own name
    return clip_of_files((clip_name1, clip_name2), type)


@rule("TripleCLIPLoader")
def load_three_clips(clip_name1: Any, clip_name2: Any, clip_name3: Any) -> Opaque:
    return clip_of_files((clip_name1, clip_name2, clip_name3), None)


@rule("QuadrupleCLIPLoader")
def load_four_clips(clip_name1: Any, clip_name2: Any, clip_name3: Any, clip_name4: Any) -> Opaque:
    return clip_of_files((clip_name1, clip_name2, clip_name3, clip_name4), None)


@rule("LTXAVTextEncoderLoader")
def load_ltxav_clip(text_encoder: Any, ckpt_name: Any) -> Opaque:
    return clip_of_files((text_encoder, ckpt_name), "ltxv")


def _loads(socket: str) -> Any:
    return lambda: Opaque(socket)


for class_type, socket in {
    "AudioEncoderLoader": "AUDIO_ENCODER",
    "CLIPVisionLoader": "CLIP_VISION",
    "ControlNetLoader": "CONTROL_NET",
    "DiffControlNetLoader": "CONTROL_NET",
    "FrameInterpolationModelLoader": "INTERP_MODEL",
    "GLIGENLoader": "GLIGEN",
    "LatentUpscaleModelLoader": "LATENT_UPSCALE_MODEL",
    "LoadBackgroundRemovalModel": "BACKGROUND_REMOVAL",
    "LoadDA3Model": "DA3_MODEL",
    "LoadMediaPipeFaceLandmarker": "FACE_DETECTION_MODEL",
    "LoadMoGeModel": "MOGE_MODEL",
    "ModelPatchLoader": "MODEL_PATCH",
    "OpticalFlowLoader": "OPTICAL_FLOW",
    "PhotoMakerLoader": "PHOTOMAKER",
    "StyleModelLoader": "STYLE_MODEL",
}.items():
    rule(class_type)(_loads(socket))
