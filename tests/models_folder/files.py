"""Small weight files, sound and broken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

WIDTHS = {"F32": 4, "F16": 2, "BF16": 2, "U8": 1}


def tensors(shapes: Mapping[str, tuple[int, ...]], dtype: str = "F16") -> dict[str, Any]:
    """A header for tensors of these shapes, one behind the other."""
    header: dict[str, Any] = {}
    end = 0
    for name, shape in shapes.items():
        size = WIDTHS[dtype]
        for axis in shape:
            size *= axis
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    return header


def encoded(header: Any, data: bytes | None = None) -> bytes:
    """A safetensors file with this header; `data` is by default what the header asks for."""
    text = json.dumps(header).encode()
    if data is None:
        spans = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        data = bytes(max(spans, default=0))
    return len(text).to_bytes(8, "little") + text + data


FLUX = tensors({"double_blocks.0.img_attn.norm.key_norm.scale": (128,), "img_in.weight": (3072, 64)})
LORA = tensors({"lora_unet_double_blocks_0_img_attn_proj.lora_down.weight": (4, 3072)})
CLIP_L = tensors({"text_model.encoder.layers.0.mlp.fc1.weight": (3072, 768)})


def write(path: Path, content: bytes) -> Path:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
