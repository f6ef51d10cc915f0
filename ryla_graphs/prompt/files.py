"""Which inputs name files: weights, LoRAs, and what lies in the server's input folder.

Learnt from the file lists that ComfyUI 0.33 and the packs give in ``/object_info``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.catalogs import bundled
from ryla_graphs.prompt.nodes import ForeignNode
from ryla_graphs.prompt.prompt import Prompt

LOADERS: Mapping[str, Mapping[str, str]] = {
    "AudioEncoderLoader": {"audio_encoder_name": "audio_encoders"},
    "CLIPLoader": {"clip_name": "text_encoders"},
    "CLIPLoaderGGUF": {"clip_name": "text_encoders"},
    "CLIPVisionLoader": {"clip_name": "clip_vision"},
    "CheckpointLoader": {"ckpt_name": "checkpoints"},
    "CheckpointLoaderKJ": {"ckpt_name": "checkpoints"},
    "CheckpointLoaderSimple": {"ckpt_name": "checkpoints"},
    "ControlNetLoader": {"control_net_name": "controlnet"},
    "CreateHookLora": {"lora_name": "loras"},
    "CreateHookLoraModelOnly": {"lora_name": "loras"},
    "CreateHookModelAsLora": {"ckpt_name": "checkpoints"},
    "CreateHookModelAsLoraModelOnly": {"ckpt_name": "checkpoints"},
    "DiTBlockLoraLoader": {"lora_name": "loras"},
    "DiffControlNetLoader": {"control_net_name": "controlnet"},
    "DiffusionModelLoaderKJ": {"model_name": "diffusion_models"},
    "DiffusionModelSelector": {"model_name": "diffusion_models"},
    "DualCLIPLoader": {"clip_name1": "text_encoders", "clip_name2": "text_encoders"},
    "DualCLIPLoaderGGUF": {"clip_name1": "text_encoders", "clip_name2": "text_encoders"},
    "FrameInterpolationModelLoader": {"model_name": "frame_interpolation"},
    "GLIGENLoader": {"gligen_name": "gligen"},
    "HypernetworkLoader": {"hypernetwork_name": "hypernetworks"},
    "IPAdapterModelLoader": {"ipadapter_file": "ipadapter"},
    "IDEmbeddingModelLoader": {"image_proj_model_name": "infinite_you"},
    "ImageOnlyCheckpointLoader": {"ckpt_name": "checkpoints"},
    "InfuseNetLoader": {"controlnet_name": "infinite_you"},
    "InstantIDModelLoader": {"instantid_file": "instantid"},
    "LTX2LoraLoaderAdvanced": {"lora_name": "loras"},
    "LTXAVTextEncoderLoader": {"text_encoder": "text_encoders", "ckpt_name": "checkpoints"},
    "LTXVAudioVAELoader": {"ckpt_name": "checkpoints"},
    "LatentUpscaleModelLoader": {"model_name": "latent_upscale_models"},
    "LoadBackgroundRemovalModel": {"bg_removal_name": "background_removal"},
    "LoadDA3Model": {"model_name": "geometry_estimation"},
    "LoadMediaPipeFaceLandmarker": {"model_name": "detection"},
    "LoadMoGeModel": {"model_name": "geometry_estimation"},
    "Lora Loader Stack (rgthree)": {f"lora_0{number}": "loras" for number in (1, 2, 3, 4)},
    "LoraLoader": {"lora_name": "loras"},
    "LoraLoaderBypass": {"lora_name": "loras"},
    "LoraLoaderBypassModelOnly": {"lora_name": "loras"},
    "LoraLoaderModelOnly": {"lora_name": "loras"},
    "LoraReduceRankKJ": {"lora_name": "loras"},
    "ModelPatchLoader": {"name": "model_patches"},
    "ONNXDetectorProvider": {"model_name": "onnx"},
    "OpticalFlowLoader": {"model_name": "optical_flow"},
    "PhotoMakerLoader": {"photomaker_model_name": "photomaker"},
    "PulidFluxModelLoader": {"pulid_file": "pulid"},
    "PulidModelLoader": {"pulid_file": "pulid"},
    "QuadrupleCLIPLoader": {f"clip_name{number}": "text_encoders" for number in (1, 2, 3, 4)},
    "QuadrupleCLIPLoaderGGUF": {f"clip_name{number}": "text_encoders" for number in (1, 2, 3, 4)},
    "SeedVR2LoadDiTModel": {"model": "SEEDVR2"},
    "SeedVR2LoadVAEModel": {"model": "SEEDVR2"},
    "StyleModelLoader": {"style_model_name": "style_models"},
    "TrainLoraNode": {"existing_lora": "loras"},
    "TripleCLIPLoader": {f"clip_name{number}": "text_encoders" for number in (1, 2, 3)},
    "TripleCLIPLoaderGGUF": {f"clip_name{number}": "text_encoders" for number in (1, 2, 3)},
    "UNETLoader": {"unet_name": "diffusion_models"},
    "UltralyticsDetectorProvider": {"model_name": "ultralytics"},
    "UnetLoaderGGUF": {"unet_name": "diffusion_models"},
    "UnetLoaderGGUFAdvanced": {"unet_name": "diffusion_models"},
    "UpscaleModelLoader": {"model_name": "upscale_models"},
    "VAELoader": {"vae_name": "vae"},
    "VAELoaderKJ": {"vae_name": "vae"},
    "unCLIPCheckpointLoader": {"ckpt_name": "checkpoints"},
}
"""Class to input to the folder below ``models`` whose files it lists; of other packs the recordings say it."""

_NO_WEIGHTS = ("input", "output", "font", "configs", "embeddings", "luts", "custom_nodes/")
"""Folders, or their beginnings, of files that are no weights."""


def weight_folders(class_type: str) -> Mapping[str, str]:
    """The inputs of a class that name weight files, and the folder below ``models`` that each lists."""
    found = LOADERS.get(class_type)
    return _recorded_folders(class_type) if found is None else found


@lru_cache(maxsize=4096)
def _recorded_folders(class_type: str) -> Mapping[str, str]:
    if class_type not in bundled():
        return {}
    listing = ((spec.name, min(spec.folders, key=len, default="")) for spec in bundled()[class_type].every_input())
    return {name: folder for name, folder in listing if folder and not folder.startswith(_NO_WEIGHTS)}


def _is_file(class_type: str, name: str, value: str) -> bool:
    """Whether the value of such an input is a file, and not one of the choices beside the files: ``None``."""
    if value in NOT_FILES:
        return False
    if class_type in LOADERS or "." in value:
        return True
    return not any(spec.name == name and value in spec.choices for spec in bundled()[class_type].every_input())


NOT_FILES: frozenset[str] = frozenset({"None", "[None]", "pixel_space", "taesd", "taesdxl", "taesd3", "taef1", "taef2"})
"""Choices beside the files: nothing, no VAE at all, and the small VAEs made of two files in ``vae_approx``."""


class NamedFile(NamedTuple):
    """An input that names a file."""

    node: str
    class_type: str
    input: str
    folder: str
    """The folder below ``models``; for input files ``input``."""
    name: str


def weights_named(prompt: Prompt) -> Iterator[NamedFile]:
    """The weight files that loaders name, LoRAs included, in the prompt's order.

    A name behind a primitive or a switch is found too. One that only a run can tell is left out.
    """
    for node in prompt.nodes.values():
        for name, folder in weight_folders(node.class_type).items():
            value = prompt.literal(node, name)
            if isinstance(value, str) and _is_file(node.class_type, name, value):
                yield NamedFile(node.id, node.class_type, name, folder, value)
    for foreign in prompt.foreign.values():
        yield from _of_foreign(foreign)


def _of_foreign(node: ForeignNode) -> Iterator[NamedFile]:
    """The same for a class that this catalog lacks, but whose loader is known."""
    for name, folder in weight_folders(node.class_type).items():
        value = node.inputs.get(name)
        if isinstance(value, str) and _is_file(node.class_type, name, value):
            yield NamedFile(node.id, node.class_type, name, folder, value)


_NO_FILE = "none"
"""What loaders of 3D files have in their list for no file at all."""


def input_files(prompt: Prompt) -> Iterator[NamedFile]:
    """The files of the server's input folder that a prompt names, in the prompt's order."""
    for node in prompt.nodes.values():
        for name, value in node.inputs.items():
            if isinstance(value, str) and value != _NO_FILE and takes_input_file(node.schema, name):
                yield NamedFile(node.id, node.class_type, name, "input", value)


def takes_input_file(schema: NodeSchema, name: str) -> bool:
    """Whether an input takes a file of the server's input folder."""
    validator = schema.behaviour.validator
    if validator is not None and validator.rule == "input file" and name == validator.inputs[0]:
        return True
    return any(spec.name == name and spec.upload is not None for spec in schema.inputs)
