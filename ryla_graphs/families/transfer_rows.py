"""Where the outputs of node classes get their families when the defaults do not tell. One row per class.

`plans` makes the defaults from a class's own sockets: what comes in goes out, text comes from the text encoder,
a sampler's latent is its model's, a loader's output is what its file holds.
"""

from __future__ import annotations

from collections.abc import Mapping

from ryla_graphs.families.transfers import Always, Either, Empty, From, OfFile, TextEncoders, Transfer

Transfers = Mapping[str, Transfer | tuple[Transfer, ...]]
"""What the outputs of each class carry: one transfer for all outputs, or one for each."""

UNKNOWN = Always()
"""The output is unknown, and no rule may conclude anything from it."""


def _just(*families: str) -> Always:
    return Always(frozenset(families))


_SIXTEEN = ("sd3", "flux", "wan21", "hunyuan-video", "cosmos", "cogvideox", "seedvr2")
_CONTROL = (
    From(("positive", "control_net"), strength="strength"),
    From(("negative", "control_net"), strength="strength"),
)
_TEXT4 = tuple(f"clip_name{number}" for number in (1, 2, 3, 4))

_LOADERS: Transfers = {
    "CLIPLoader": TextEncoders(("clip_name",)),
    "CLIPLoaderGGUF": TextEncoders(("clip_name",)),
    "DualCLIPLoader": TextEncoders(_TEXT4[:2]),
    "DualCLIPLoaderGGUF": TextEncoders(_TEXT4[:2]),
    "TripleCLIPLoader": TextEncoders(_TEXT4[:3], type=None),
    "TripleCLIPLoaderGGUF": TextEncoders(_TEXT4[:3], type=None),
    "QuadrupleCLIPLoader": TextEncoders(_TEXT4, type=None),
    "QuadrupleCLIPLoaderGGUF": TextEncoders(_TEXT4, type=None),
    "LTXAVTextEncoderLoader": _just("ltxav"),
    "LTXVAudioVAELoader": UNKNOWN,
    "InstantIDModelLoader": _just("sdxl"),
    "IPAdapterModelLoader": OfFile("ipadapter_file", "ipadapter"),
    "InfuseNetLoader": _just("flux1"),
    "LoadWanVideoClipTextEncoder": UNKNOWN,
    "NunchakuFluxDiTLoader": _just("flux1"),
    "NunchakuQwenImageDiTLoader": _just("qwen-image"),
    "NunchakuTextEncoderLoader": _just("flux1"),
    "NunchakuTextEncoderLoaderV2": _just("flux1"),
    # Kolors is an SDXL that reads another text encoder.
    **dict.fromkeys(("MZ_ChatGLM3", "MZ_ChatGLM3_V2", "MZ_ChatGLM3_Advance_V2", "MZ_KolorsUNETLoader"), UNKNOWN),
    **dict.fromkeys(("MZ_KolorsUNETLoaderV2", "MZ_KolorsControlNetLoader", "MZ_IPAdapterModelLoaderKolors"), UNKNOWN),
    **dict.fromkeys(("MZ_KolorsCheckpointLoaderSimple", "MZ_KolorsCLIPVisionLoader"), UNKNOWN),
    "IDEmbeddingModelLoader": (_just("face-detector"), _just("face-recogniser"), _just("face-projection")),
}

_TEXT: Transfers = {
    "ControlNetApply": From(("conditioning", "control_net"), strength="strength"),
    "ControlNetApplyAdvanced": _CONTROL,
    "ControlNetApplySD3": _CONTROL,
    "ControlNetInpaintingAliMamaApply": _CONTROL,
    "ApplyInstantIDControlNet": (From(("positive",)), From(("negative",))),
    "ExtractIDEmbedding": _just("face-tokens"),
    "InfuseNetApply": (From(("positive",)), From(("negative",))),
    "StyleModelApply": From(("conditioning", "style_model")),
    "PiDConditioning": From(("positive",)),
    # These carry the features of a picture, not of a text.
    "LotusConditioning": UNKNOWN,
    "SV3D_Conditioning": UNKNOWN,
    "SVD_img2vid_Conditioning": (_just("svd"), _just("svd"), From(("vae",))),
}

_LATENTS: Transfers = {
    "EmptyLatentImage": Empty(("sd15", "sdxl", "sd-x4", "cascade-b")),
    "EmptySD3LatentImage": Empty(_SIXTEEN),
    "EmptyHunyuanLatentVideo": Empty(_SIXTEEN),
    "EmptyQwenImageLayeredLatentImage": Empty(("wan21",)),
    "EmptyFlux2LatentImage": Empty(("flux2",)),
    "EmptyMochiLatentVideo": Empty(("mochi",)),
    "EmptyLTXVLatentVideo": Empty(("ltxv",)),
    "EmptyCosmosLatentVideo": Empty(("cosmos",)),
    "EmptyHunyuanImageLatent": Empty(("hunyuan-image",)),
    "EmptyHunyuanVideo15Latent": Empty(("hunyuan-video-15",)),
    "EmptyChromaRadianceLatentImage": Empty(("pixels",)),
    "EmptyHiDreamO1LatentImage": Empty(("pixels",)),
    "EmptyAceStepLatentAudio": Empty(("ace",)),
    "EmptyAceStep1.5LatentAudio": Empty(("ace15",)),
    "EmptyMiniMaxMusic3LatentAudio": Empty(("minimax-music",)),
    "EmptyYuE2LatentAudio": Empty(("yue2",)),
    "EmptyLatentAudio": Empty(("stable-audio",)),
    "EmptyLatentHunyuan3Dv2": Empty(("hunyuan-3d",)),
    "StableCascade_EmptyLatentImage": (Empty(("cascade-c",)), Empty(("cascade-b",))),
    "StableCascade_StageC_VAEEncode": UNKNOWN,
    "StableCascade_SuperResolutionControlnet": UNKNOWN,
    "HunyuanRefinerLatent": (From(("positive",)), From(("negative",)), UNKNOWN),
    # LTX-2 computes picture and sound side by side.
    "LTXVConcatAVLatent": From(("video_latent",)),
    "LTXVSeparateAVLatent": (From(("av_latent",)), UNKNOWN),
    "LTXVAudioVAEEncode": UNKNOWN,
    "LTXVEmptyLatentAudio": UNKNOWN,
    "Kandinsky5ImageToVideo": (From(("positive",)), From(("negative",)), From(("vae",)), From(("vae",))),
    "TripoSplatConditioning": UNKNOWN,
    "VOIDWarpedNoise": UNKNOWN,
    "LoadLatent": UNKNOWN,
}

_PASSING: Transfers = {
    "ComfySwitchNode": Either(("on_false", "on_true"), switch="switch"),
    "VHS_Unbatch": From(("batched",)),
    "Any Switch (rgthree)": Either(("any_*",)),
    "ImpactSwitch": Either(("input*",)),
}

TRANSFERS: Transfers = {**_LOADERS, **_TEXT, **_LATENTS, **_PASSING}
"""All rows."""

APART: frozenset[str] = frozenset(
    {
        "PiDConditioning",
        "StableCascade_StageB_Conditioning",
        "HunyuanRefinerLatent",
        "HunyuanVideo15SuperResolution",
        "SAM3_Detect",
        "SAM3_VideoTrack",
        "ModelMergeSubtract",
        "CheckpointSave",
        "ImageOnlyCheckpointSave",
        "LoraSave",
        "ComfySwitchNode",
        "SDPoseKeypointExtractor",
        "Trellis2TextureStage",
        "Trellis2UpsampleStage",
    }
)
"""Classes whose inputs may come from different families."""

SOUND: frozenset[str] = frozenset({"audio_vae", "audio_latent"})
"""Sound inputs, whose family is independent of the picture's."""
