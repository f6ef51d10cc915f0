"""What a graph promises to deliver: the manifest that a runtime checks every run against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ryla_graphs.answers.words import OutputKind
from ryla_graphs.prompt import Link, PromptNode
from ryla_graphs.validation import View


@dataclass(frozen=True, slots=True)
class PromisedOutput:
    """One output node and what must come out of it."""

    node: str
    class_type: str
    kind: OutputKind
    at_least: int
    """How many files or texts the engine must report; 0 only if the node is known to report none."""
    optional: bool = False
    """Whether the run is still wanted if the engine skips this output because of an error upstream of it."""

    def to_dict(self) -> dict[str, Any]:
        facts = {"node": self.node, "class_type": self.class_type, "kind": self.kind, "at_least": self.at_least}
        return facts | {"optional": True} if self.optional else facts


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
    "ImageCompare": "image",
    "ImageCompositor": "image",
    "SaveImageWebsocket": "image",
    "ETN_SendImageWebSocket": "image",
    "SaveJpegWebsocket": "image",
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
    "SaveGaussianSplat": "3d",
    "SavePointCloud": "3d",
    "Preview3D": "3d",
    "Preview3DAdvanced": "3d",
    "PreviewGaussianSplat": "3d",
    "PreviewPointCloud": "3d",
    "SaveLatent": "latent",
    "CheckpointSave": "file",
    "CLIPSave": "file",
    "VAESave": "file",
    "ModelSave": "file",
    "ImageOnlyCheckpointSave": "file",
    "SaveLoRA": "file",
    "LoraSave": "file",
}
"""What each output node saves, observed on ComfyUI 0.33. A class that is not listed must report something."""

OVER_SOCKET = frozenset({"SaveImageWebsocket", "ETN_SendImageWebSocket", "SaveJpegWebsocket"})
"""Classes that send their pictures over the socket, like previews; the server neither stores nor records them."""

SILENT = frozenset(
    (
        # ComfyUI: nodes that write a data set to the server's disk, and partners' models, which pass on over links
        *("SaveImageDataSetToFolder", "SaveImageTextDataSetToFolder", "SaveTrainingDataset"),
        *("TencentTextToModelNode", "TencentImageToModelNode", "MeshyTextToModelNode", "MeshyRefineNode"),
        *("MeshyImageToModelNode", "MeshyMultiImageToModelNode", "MeshyRigModelNode", "MeshyAnimateModelNode"),
        *("MeshyTextureNode", "TripoTextToModelNode", "TripoImageToModelNode", "TripoMultiviewToModelNode"),
        *("TripoTextureNode", "TripoRefineNode", "TripoRigNode", "TripoRetargetNode", "TripoConversionNode"),
        # VideoHelperSuite, VRAM cleaners, Easy-Use, rgthree and others: free memory, clean up, count
        *("VHS_PruneOutputs", "RAMCleanup", "VRAMCleanup", "easy cleanGpuUsed", "easy clearCacheAll"),
        *("easy clearCacheKey", "easy globalSeed", "easy removeLocalImage", "LayerUtility: PurgeVRAM"),
        *("LayerUtility: PurgeVRAM V2", "GlobalSeed //Inspire", "GlobalSampler //Inspire", "SeedLogger //Inspire"),
        *("RemoveBackendData //Inspire", "RemoveBackendDataNumberKey //Inspire", "CacheBackendData //Inspire"),
        *("CacheBackendDataList //Inspire", "CacheBackendDataNumberKey //Inspire"),
        *("CacheBackendDataNumberKeyList //Inspire", "ShowCachedInfo //Inspire", "LoraBlockInfo //Inspire"),
        *("PromptExtractor //Inspire", "DummyOut", "VisualizeCUDAMemoryHistory", "GGUFUndo", "ttN seed"),
        # Impact: work on the queue and the page
        *("ImpactConditionalStopIteration", "ImpactControlBridge", "ImpactLogger", "ImpactNodeSetMuteState"),
        *("ImpactQueueTrigger", "ImpactQueueTriggerCountdown", "ImpactRemoteBoolean", "ImpactRemoteInt"),
        *("ImpactSetWidgetValue", "ImpactSleep", "ImpactValueSender", "ImageMaskSwitch"),
        # sounds, notes and timers of the page; consoles
        *("PlaySound|pysssss", "SystemNotification|pysssss", "FancyNoteNode", "FancyTimerNode", "ConsoleDebug+"),
        *("DebugTensorShape+", "Debug Number to Console", "Dictionary to Console", "Image Bounds to Console"),
        *("Text to Console", "LayerUtility: PrintInfo", "Evaluate Floats", "Evaluate Integers", "Evaluate Strings"),
        # values that pass on over links
        *("CR Increment Float", "CR Increment Integer", "CR Pipe Switch", "CR Schedule Input Switch", "CR Seed"),
        *("Cache Node", "Text Add Token by Input", "Text Add Tokens", "Text Parse Noodle Soup Prompts"),
        *("easy convertAnything", "easy imageToBase64", "AILab_UnbatchImages", "SeparateMasks"),
        *("CheckpointPerturbWeights", "LTXVGemmaEnhancePrompt", "LTXVHDRDecodePostprocess", "ReActorSetWeight"),
        *("Load image with metadata [Crystools]", "Metadata Overwrite (LoraManager)"),
        # nodes that write to the server's disk, or to another program
        *("SaveText|pysssss", "SaveStringKJ", "SaveTextWithPath", "SaveAudioWithPath", "SaveLatentsConditioning"),
        *("CR Save Text To File", "CR Output Schedule To File", "easy saveText", "easy saveTextLazy", "UNetSave"),
        *("SavePoseKpsAsJsonFile", "SaveLBW //Inspire", "Hy3DExportMesh", "IPAdapterSaveEmbeds", "ModelSaveKJ"),
        *("LoraExtractKJ", "LoraReduceRankKJ", "ReActorBuildFaceModel", "ReActorSaveFaceModel", "GGUFSave"),
        *("GGUFRun", "TENSORBoost", "TENSORCut", "CRT_LTX23AutoDownload", "ETN_KritaOutput", "Image Send HTTP"),
        *("Add To Playlist (mtb)", "Export With Ffmpeg (mtb)", "Model Pruner (mtb)", "Save Tensors (mtb)"),
        *("Postshot Export (mtb)", "Postshot Train (mtb)"),
    )
)
"""Output nodes that report nothing, according to their source."""

_ONE_EACH = frozenset({"SaveImage", "PreviewImage", "MaskPreview", "SaveImageAdvanced"}) | OVER_SOCKET
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
"""Classes that return as many images as they receive, and the input that receives them."""


def promised_outputs(view: View) -> tuple[PromisedOutput, ...]:
    """What each output node of a prompt must deliver, in the prompt's order."""
    return tuple(_promise(view, node) for node in view.nodes.values() if node.schema.output_node)


def _promise(view: View, node: PromptNode) -> PromisedOutput:
    class_type = node.schema.class_type
    return PromisedOutput(node.id, class_type, KINDS.get(class_type, "unknown"), _at_least(view, node))


def _at_least(view: View, node: PromptNode) -> int:
    class_type = node.schema.class_type
    kind = KINDS.get(class_type)
    if kind == "file" or class_type in SILENT:
        return 0
    if kind is None:
        # A node whose outputs are used has already delivered, to the node that takes them.
        return int(not any(view.is_used(node.id, slot) for slot in range(len(node.schema.outputs))))
    if class_type in _ONE_EACH:
        return _batch(view, node.wires.get("images") or node.wires.get("image"))
    return 1


def _batch(view: View, link: Link | None) -> int:
    """The least number of images that a link carries, as far as a chain of known classes reveals it."""
    nodes = view.nodes
    for _ in range(len(nodes)):  # bounded, since the links may form a cycle
        if link is None or link.node not in nodes:
            return 1
        source = nodes[link.node]
        class_type = source.schema.class_type
        if (name := _BATCH_SIZE.get(class_type)) is not None:
            size = view.literal(source, name)
            return size if isinstance(size, int) and size > 0 else 1
        link = source.wires.get(_CARRIES_BATCH.get(class_type, ""))
    return 1
