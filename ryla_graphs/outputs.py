"""What a graph promises to deliver: the manifest that a runtime holds every run against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ryla_graphs.prompt import Link
from ryla_graphs.validation import View

OutputKind = Literal["image", "video", "audio", "text", "3d", "latent", "file", "unknown"]


@dataclass(frozen=True, slots=True)
class PromisedOutput:
    """One output node and what must come out of it."""

    node: str
    class_type: str
    kind: OutputKind
    at_least: int
    """How many files or texts the engine must report; 0 where the node reports nothing by itself."""

    def to_dict(self) -> dict[str, Any]:
        return {"node": self.node, "class_type": self.class_type, "kind": self.kind, "at_least": self.at_least}


KINDS: Mapping[str, OutputKind] = {
    "SaveImage": "image",
    "PreviewImage": "image",
    "MaskPreview": "image",
    "SaveImageAdvanced": "image",
    "SaveAnimatedWEBP": "image",
    "SaveAnimatedPNG": "image",
    "SaveSVGNode": "image",
    "ImageSender": "image",
    "PreviewBridge": "image",
    "LossGraphNode": "image",
    "SaveVideo": "video",
    "SaveWEBM": "video",
    "VHS_VideoCombine": "video",
    "SAM3_TrackPreview": "video",
    "SaveAudio": "audio",
    "SaveAudioMP3": "audio",
    "SaveAudioOpus": "audio",
    "SaveAudioAdvanced": "audio",
    "PreviewAudio": "audio",
    "PreviewAny": "text",
    "SaveText": "text",
    "SaveGLB": "3d",
    "Save3DAdvanced": "3d",
    "SaveLatent": "latent",
    "CheckpointSave": "file",
    "CLIPSave": "file",
    "VAESave": "file",
    "ModelSave": "file",
    "ImageOnlyCheckpointSave": "file",
    "SaveLoRA": "file",
    "LoraSave": "file",
}
"""What each output node saves; observed on ComfyUI 0.33. A class that is not here promises nothing."""

_ONE_EACH = frozenset({"SaveImage", "PreviewImage", "MaskPreview", "SaveImageAdvanced"})
_BATCH_SIZE = {"EmptyImage": "batch_size"} | dict.fromkeys(
    ("EmptyLatentImage", "EmptySD3LatentImage", "EmptyFlux2LatentImage", "EmptyHunyuanImageLatent"), "batch_size"
)
_CARRIES_BATCH = {
    "VAEDecode": "samples",
    "VAEDecodeTiled": "samples",
    "VAEEncode": "pixels",
    "KSampler": "latent_image",
    "KSamplerAdvanced": "latent_image",
    "SamplerCustom": "latent_image",
    "SamplerCustomAdvanced": "latent_image",
    "LatentUpscale": "samples",
    "LatentUpscaleBy": "samples",
    "SetLatentNoiseMask": "samples",
    "ImageScale": "image",
    "ImageScaleBy": "image",
    "ImageInvert": "image",
    "ImageUpscaleWithModel": "image",
    "ImageCompositeMasked": "destination",
}
"""Classes that give as many as they are given, and the input that says how many."""


def promised_outputs(view: View) -> tuple[PromisedOutput, ...]:
    """The output nodes of a prompt, in its order, with what each must deliver."""
    return tuple(
        _promise(view, number, node.schema.class_type) for number, node in view.nodes.items() if node.schema.output_node
    )


def _promise(view: View, number: str, class_type: str) -> PromisedOutput:
    kind = KINDS.get(class_type, "unknown")
    if kind in ("unknown", "file"):
        return PromisedOutput(number, class_type, kind, 0)
    wires = view.nodes[number].wires
    at_least = _batch(view, wires.get("images", wires.get("image"))) if class_type in _ONE_EACH else 1
    return PromisedOutput(number, class_type, kind, at_least)


def _batch(view: View, link: Link | None) -> int:
    """How many images a link carries at least, as far as a chain of well-known classes tells."""
    seen: set[Link] = set()
    while link is not None and link not in seen and (source := view.source(link)) is not None:
        seen.add(link)
        if (name := _BATCH_SIZE.get(source.class_type)) is not None:
            size = view.literal(source, name)
            return size if isinstance(size, int) and size > 0 else 1
        link = source.wires.get(_CARRIES_BATCH.get(source.class_type, ""))
    return 1
