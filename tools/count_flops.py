"""Count the operations that one evaluation of each model costs: `python -m tools.count_flops CHECKOUT`.

CHECKOUT is ComfyUI's folder; run it with a Python that has what ComfyUI needs. The models are built without memory for
their weights, torch counts the operations at several sizes, and a line and a parabola through them give the figures of
``ryla_graphs/plan/architectures.py``: operations a token, and a token and token.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

SIDES = (64, 96, 128, 160)
"""Sides of the latents that pictures are counted at."""
FRAMES = (1, 5, 11, 21)
"""Latent frames that videos of 832x480 are counted at."""


class Model(NamedTuple):
    """A model class of ComfyUI, how to make it, and how to call it."""

    module: str
    name: str
    made: Mapping[str, Any]
    called: Callable[[Callable[..., Any], int], tuple[Any, ...]]
    """Makes the arguments of a call, given a maker of empty tensors and a size."""
    tokens: Callable[[int], int]
    sizes: tuple[int, ...] = SIDES


_FLUX = {
    "in_channels": 16, "out_channels": 16, "context_in_dim": 4096, "hidden_size": 3072, "mlp_ratio": 4.0,
    "num_heads": 24, "depth": 19, "depth_single_blocks": 38, "axes_dim": [16, 56, 56], "theta": 10000, "patch_size": 2,
    "qkv_bias": True, "txt_ids_dims": [],
}  # fmt: skip
_FLUX2 = {
    "image_model": "flux2", "in_channels": 128, "out_channels": 128, "vec_in_dim": None, "mlp_ratio": 3.0,
    "axes_dim": [32, 32, 32, 32], "theta": 2000, "patch_size": 1, "qkv_bias": False, "txt_ids_dims": [3],
    "global_modulation": True, "mlp_silu_act": True, "ops_bias": False,
}  # fmt: skip
_LUMINA = {"patch_size": 2, "in_channels": 16, "qk_norm": True}
_WAN = {
    "patch_size": (1, 2, 2), "freq_dim": 256, "window_size": (-1, -1), "qk_norm": True, "cross_attn_norm": True,
    "eps": 1e-6,
}  # fmt: skip
_UNET = {
    "image_size": 32, "in_channels": 4, "model_channels": 320, "use_spatial_transformer": True, "legacy": False,
}  # fmt: skip


def _flux2(hidden: int, double: int, single: int, context: int) -> Model:
    made = _FLUX2 | {
        "hidden_size": hidden, "num_heads": hidden // 128, "depth": double, "depth_single_blocks": single,
        "context_in_dim": context, "guidance_embed": hidden == 6144,
    }  # fmt: skip
    return Model(
        "comfy.ldm.flux.model", "Flux", made,
        lambda z, side: (z(1, 128, side // 2, side // 2), z(1), z(1, 512, context), None, z(1)),
        lambda side: side * side // 4 + 512,
    )  # fmt: skip


def _wan(dim: int, ffn: int, layers: int, channels: int = 16) -> Model:
    made = _WAN | {
        "model_type": "t2v", "dim": dim, "ffn_dim": ffn, "num_heads": dim // 128, "num_layers": layers,
        "in_dim": channels, "out_dim": channels,
    }  # fmt: skip
    return Model(
        "comfy.ldm.wan.model", "WanModel", made,
        lambda z, frames: (z(1, channels, frames, 60, 104), z(1), z(1, 512, 4096)),
        lambda frames: frames * 30 * 52, FRAMES,
    )  # fmt: skip


def _sd3(depth: int, *, dual: bool = False) -> Model:
    made = {
        "input_size": None, "pos_embed_scaling_factor": None, "pos_embed_max_size": 192, "patch_size": 2,
        "in_channels": 16, "depth": depth, "adm_in_channels": 2048, "qk_norm": "rms",
        "x_block_self_attn_layers": list(range(13)) if dual else [],
        "context_embedder_config": {"params": {"in_features": 4096, "out_features": 64 * depth}}
        | {"target": "torch.nn.Linear"},
    }  # fmt: skip
    return Model(
        "comfy.ldm.modules.diffusionmodules.mmdit", "MMDiT", made,
        lambda z, side: (z(1, 16, side, side), z(1), z(1, 2048), z(1, 154, 4096)),
        lambda side: side * side // 4 + 154,
    )  # fmt: skip


def _ltxv(layers: int, head: int) -> Model:
    return Model(
        "comfy.ldm.lightricks.model", "LTXVModel",
        {"num_layers": layers, "attention_head_dim": head, "cross_attention_dim": 32 * head},
        lambda z, frames: (z(1, 128, frames, 16, 24), z(1), z(1, 128, 4096), None),
        lambda frames: frames * 16 * 24, FRAMES,
    )  # fmt: skip


MODELS: Mapping[str, Model] = {
    "flux1": Model(
        "comfy.ldm.flux.model", "Flux",
        _FLUX | {"image_model": "flux", "vec_in_dim": 768, "guidance_embed": True},
        lambda z, side: (z(1, 16, side, side), z(1), z(1, 256, 4096), z(1, 768), z(1)),
        lambda side: side * side // 4 + 256,
    ),
    "chroma": Model(
        "comfy.ldm.chroma.model", "Chroma",
        _FLUX | {"in_channels": 64, "out_channels": 64, "in_dim": 64, "out_dim": 3072, "hidden_dim": 5120,
                 "n_layers": 5, "vec_in_dim": None},
        lambda z, side: (z(1, 16, side, side), z(1), z(1, 256, 4096), z(1)),
        lambda side: side * side // 4 + 256,
    ),
    "flux2 dev": _flux2(6144, 8, 48, 15360),
    "flux2 klein 9b": _flux2(4096, 8, 24, 12288),
    "flux2 klein 4b": _flux2(3072, 5, 20, 7680),
    "z-image": Model(
        "comfy.ldm.lumina.model", "NextDiT",
        _LUMINA | {"dim": 3840, "cap_feat_dim": 2560, "n_layers": 30, "n_heads": 30, "n_kv_heads": 30,
                   "axes_dims": [32, 48, 48], "axes_lens": [1536, 512, 512], "ffn_dim_multiplier": 8 / 3,
                   "z_image_modulation": True, "pad_tokens_multiple": 32},
        lambda z, side: (z(1, 16, side, side), z(1), z(1, 256, 2560), 256),
        lambda side: side * side // 4 + 256,
    ),
    "lumina2": Model(
        "comfy.ldm.lumina.model", "NextDiT",
        _LUMINA | {"dim": 2304, "cap_feat_dim": 2304, "n_layers": 26, "n_heads": 24, "n_kv_heads": 8,
                   "axes_dims": [32, 32, 32], "axes_lens": [300, 512, 512], "ffn_dim_multiplier": 4.0},
        lambda z, side: (z(1, 16, side, side), z(1), z(1, 256, 2304), 256),
        lambda side: side * side // 4 + 256,
    ),
    "qwen-image": Model(
        "comfy.ldm.qwen_image.model", "QwenImageTransformer2DModel", {},
        lambda z, side: (z(1, 16, 1, side, side), z(1), z(1, 256, 3584), None),
        lambda side: side * side // 4 + 256,
    ),
    "wan 1.3b": _wan(1536, 8960, 30),
    "wan 14b": _wan(5120, 13824, 40),
    "wan22-5b": _wan(3072, 14336, 30, 48),
    "hunyuan-video": Model(
        "comfy.ldm.hunyuan_video.model", "HunyuanVideo",
        {"in_channels": 16, "out_channels": 16, "patch_size": [1, 2, 2], "vec_in_dim": 768, "axes_dim": [16, 56, 56],
         "meanflow": False, "meanflow_sum": False, "context_in_dim": 4096, "hidden_size": 3072, "mlp_ratio": 4.0,
         "num_heads": 24, "depth": 20, "depth_single_blocks": 40, "theta": 256, "qkv_bias": True, "byt5": False,
         "guidance_embed": True, "use_cond_type_embedding": False, "vision_in_dim": None},
        lambda z, frames: (z(1, 16, frames, 60, 104), z(1), z(1, 256, 4096), z(1, 768), None, None, z(1)),
        lambda frames: frames * 30 * 52 + 256, FRAMES,
    ),
    "ltxv 2b": _ltxv(28, 64),
    "ltxv 13b": _ltxv(48, 128),
    "sd3 medium": _sd3(24, dual=True),
    "sd3 large": _sd3(38),
    "sdxl": Model(
        "comfy.ldm.modules.diffusionmodules.openaimodel", "UNetModel",
        _UNET | {"out_channels": 4, "num_head_channels": 64, "num_res_blocks": [2, 2, 2], "channel_mult": [1, 2, 4],
                 "transformer_depth": [0, 0, 2, 2, 10, 10], "transformer_depth_output": [0, 0, 0, 2, 2, 2, 10, 10, 10],
                 "transformer_depth_middle": 10, "context_dim": 2048, "adm_in_channels": 2816,
                 "num_classes": "sequential", "use_linear_in_transformer": True},
        lambda z, side: (z(1, 4, side, side), z(1), z(1, 77, 2048), z(1, 2816)),
        lambda side: side * side,
    ),
    "sd15": Model(
        "comfy.ldm.modules.diffusionmodules.openaimodel", "UNetModel",
        _UNET | {"out_channels": 4, "num_heads": 8, "num_head_channels": -1, "num_res_blocks": [2, 2, 2, 2],
                 "channel_mult": [1, 2, 4, 4], "transformer_depth": [1, 1, 1, 1, 1, 1, 0, 0],
                 "transformer_depth_output": [1] * 9 + [0] * 3, "transformer_depth_middle": 1, "context_dim": 768},
        lambda z, side: (z(1, 4, side, side), z(1), z(1, 77, 768)),
        lambda side: side * side,
    ),
}  # fmt: skip
"""The shapes that ComfyUI finds for the published files of each family."""


def main() -> None:
    """Print a row for each model."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.path.insert(0, sys.argv.pop())
    arguments = import_module("comfy.cli_args").args
    arguments.cpu = arguments.use_pytorch_cross_attention = True
    print("| model | parameters | operations a token | a token and token |")
    print("|---|---|---|---|")
    for name, model in MODELS.items():
        parameters, linear, quadratic = _counted(model)
        print(f"| {name} | {parameters / 1e9:.2f}e9 | {linear / 1e9:.4g}e9 | {quadratic:,.0f} |", flush=True)


def _counted(model: Model) -> tuple[int, float, float]:
    torch = import_module("torch")
    counter = import_module("torch.utils.flop_counter").FlopCounterMode
    kind = {"device": "meta", "dtype": torch.bfloat16}
    operations = import_module("comfy.ops").disable_weight_init
    made = getattr(import_module(model.module), model.name)(**model.made, operations=operations, **kind)
    points: list[tuple[int, float]] = []
    for size in model.sizes:
        with counter(display=False) as count, torch.no_grad():
            made(*model.called(lambda *shape: torch.zeros(*shape, **kind), size))
        points.append((model.tokens(size), count.get_total_flops()))
    return sum(each.numel() for each in made.parameters()), *_parabola(points)


def _parabola(points: list[tuple[int, float]]) -> tuple[float, float]:
    """The factors of n and n² of the parabola through the first, the middle and the last point."""
    (x0, y0), (x1, y1), (x2, y2) = points[0], points[len(points) // 2], points[-1]
    steep = (y2 - y1) / (x2 - x1) - (y1 - y0) / (x1 - x0)
    quadratic = steep / (x2 - x0)
    return (y1 - y0) / (x1 - x0) - quadratic * (x0 + x1), quadratic


if __name__ == "__main__":
    main()
