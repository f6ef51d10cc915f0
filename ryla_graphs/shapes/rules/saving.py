"""Output nodes: most hand on what they save."""

from __future__ import annotations

import json
from typing import Any

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.rules.common import passes, rows

rows(
    passes,
    {
        "SaveImage": "images",
        "SaveImageAdvanced": "images",
        "PreviewImage": "images",
        "MaskPreview": "mask",
        "SaveAnimatedWEBP": "images",
        "SaveAnimatedPNG": "images",
        "SaveVideo": "video",
        "SaveAudio": "audio",
        "PreviewAudio": "audio",
        "SaveLatent": "samples",
    },
)


@rule("PreviewAny")
def preview_any(source: Any = None) -> str:
    """The text of anything: of plain values as JSON has it, of shapes what they are."""
    if isinstance(source, str):
        return source
    try:
        return json.dumps(source)
    except TypeError:
        return f"simulated {type(source).__name__.lower()}"


@rule("SaveText")
def save_text(text: Any) -> str:
    return str(text)
