"""Text encoders that several families share."""

from __future__ import annotations

from ryla_graphs.weights.manifest.licences import APACHE, MIT
from ryla_graphs.weights.weight import HubFile, Weight

ROWS: tuple[Weight, ...] = (
    Weight(
        name="clip_l.safetensors",
        folder="text_encoders",
        content="text encoder",
        precision="fp16",
        size=246_144_152,
        sha256="660c6f5b1abae9dc498ac2d21e1347d2abdb0cf6c0c0c8576cd796491d9a6cdd",
        licence=MIT,
        sources=(HubFile("comfyanonymous/flux_text_encoders", "clip_l.safetensors"),),
    ),
    Weight(
        name="t5xxl_fp16.safetensors",
        folder="text_encoders",
        content="text encoder",
        precision="fp16",
        size=9_787_841_024,
        sha256="6e480b09fae049a72d2a8c5fbccb8d3e92febeb233bbe9dfe7256958a9167635",
        licence=APACHE,
        sources=(HubFile("comfyanonymous/flux_text_encoders", "t5xxl_fp16.safetensors"),),
    ),
    Weight(
        name="t5xxl_fp8_e4m3fn.safetensors",
        folder="text_encoders",
        content="text encoder",
        precision="fp8",
        size=4_893_934_904,
        sha256="7d330da4816157540d6bb7838bf63a0f02f573fc48ca4d8de34bb0cbfd514f09",
        licence=APACHE,
        sources=(HubFile("comfyanonymous/flux_text_encoders", "t5xxl_fp8_e4m3fn.safetensors"),),
    ),
    Weight(
        name="t5xxl_fp8_e4m3fn_scaled.safetensors",
        folder="text_encoders",
        content="text encoder",
        precision="fp8",
        size=5_157_348_688,
        sha256="a498f0485dc9536735258018417c3fd7758dc3bccc0a645feaa472b34955557a",
        licence=APACHE,
        sources=(HubFile("comfyanonymous/flux_text_encoders", "t5xxl_fp8_e4m3fn_scaled.safetensors"),),
    ),
)
