"""Output nodes: most pass on what they save."""

from __future__ import annotations

import json
from typing import Any

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.rules.common import passes, rows
from ryla_graphs.shapes.unknown import Unknown

rows(
    passes,
    {
        "SaveImage": "images",
        "SaveImageAdvanced": "images",
        "PreviewImage": "images",
        "MaskPreview": "mask",
        "MaskPreview+": "mask",
        "LayerMask: MaskPreview": "mask",
        "SaveAnimatedWEBP": "images",
        "SaveAnimatedPNG": "images",
        "SaveSVGNode": "svg",
        "SaveText": "text",
        "SaveVideo": "video",
        "SaveWEBM": "images",
        "SaveAudio": "audio",
        "SaveAudioAdvanced": "audio",
        "SaveAudioMP3": "audio",
        "SaveAudioOpus": "audio",
        "PreviewAudio": "audio",
        "SaveLatent": "samples",
    },
)


@rule("PreviewAny")
def preview_any(source: Any = None) -> Any:
    """The text for any value: texts and numbers as they are, else JSON, or a description for shapes."""
    if isinstance(source, (str, Unknown)):
        return source
    if source is None or isinstance(source, (int, float)):
        return str(source)
    try:
        return json.dumps(source, indent=4, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return f"simulated {type(source).__name__.lower()}"
