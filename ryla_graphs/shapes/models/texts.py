"""Text encoders: the length and width of their output, and which texts their tokenizer takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ryla_graphs.shapes.unknown import Unknown, Whole

_CHUNK = 75
"""Tokens that CLIP reads at once, in addition to its start and end tokens."""
_WHY = "only its tokenizer knows how many tokens a text has"


@dataclass(frozen=True, slots=True)
class TextModel:
    """What a set of text encoders gives together."""

    texts: tuple[str, ...]
    """The names under which its tokenizer gives the texts of its encoders."""
    width: int | None
    least: int = 1
    """The number of tokens that it pads to."""
    chunks: bool = False
    """Whether it reads 75 tokens at a time, and each makes 77."""
    after: int = 0
    """Tokens that stand before those of the text and are always there."""
    keys: tuple[str, ...] = ()
    """The keys that it gives besides the pooled text."""

    def length(self, text: str) -> Whole:
        """How many tokens a text becomes; unknown if only the tokenizer could tell."""
        # No text has more tokens than letters, or fewer than one for every few letters.
        most = len(text.encode()) + 2
        if self.chunks:
            return self.after + 77 if most - 2 <= _CHUNK else self.after + 77 * _chunks(text)
        if most <= self.least:
            return self.after + self.least
        return Unknown(_WHY, self.after + self.least, self.after + most)

    def entry(self, text: str, **more: Any) -> tuple[tuple[Whole, ...], dict[str, Any]]:
        """One entry of a conditioning: the shape of the text, and its further keys."""
        width = Unknown("nothing is known about this text encoder", 1, math.inf) if self.width is None else self.width
        return (1, self.length(text), width), {"pooled_output": None, **dict.fromkeys(self.keys), **more}


def _chunks(text: str) -> int:
    """About how many chunks CLIP needs for a long text: a token is about four letters."""
    words = len(text.split()) * 4 // 3
    return max(1, -(-words // _CHUNK))


_MASK = ("attention_mask",)

TEXTS: Mapping[str, TextModel] = {
    "sd15": TextModel(("l",), 768, chunks=True),
    "sd2": TextModel(("h",), 1024, chunks=True),
    "svd": TextModel(("h",), 1024, chunks=True),
    "sdxl": TextModel(("g", "l"), 2048, chunks=True),
    "sdxl-refiner": TextModel(("g",), 1280, chunks=True),
    "cascade-c": TextModel(("g",), 1280, chunks=True),
    "cascade-b": TextModel(("g",), 1280, chunks=True),
    "sd3": TextModel(("g", "l", "t5xxl"), 4096, 77, after=77),
    "hunyuan-dit": TextModel(("hydit_clip", "mt5xl"), 1024, 77, keys=("conditioning_mt5xl", "attention_mask")),
    "flux1": TextModel(("l", "t5xxl"), 4096, 256),
    "chroma": TextModel(("t5xxl",), 4096, 1),
    "pixart": TextModel(("t5xxl",), 4096, 1),
    "pixart-alpha": TextModel(("t5xxl",), 4096, 1),
    "mochi": TextModel(("t5xxl",), 4096, 256, keys=_MASK),
    "ltxv": TextModel(("t5xxl",), 4096, 128, keys=_MASK),
    "cogvideox": TextModel(("t5xxl",), 4096, 226),
    "cosmos": TextModel(("t5xxl",), 1024, 512, keys=_MASK),
    "cosmos-predict2": TextModel(("t5xxl",), 1024, 512, keys=_MASK),
    "wan": TextModel(("umt5xxl",), 4096, 512),
    "wan22-5b": TextModel(("umt5xxl",), 4096, 512),
    "aura-flow": TextModel(("pile_t5xl",), 2048, 256),
    "stable-audio": TextModel(("t5base",), 768, 128),
    "hunyuan-video": TextModel(("l", "llama"), 4096, keys=_MASK),
    "hunyuan-image": TextModel(("qwen25_7b",), 3584, keys=_MASK),
    "hunyuan-video-15": TextModel(("qwen25_7b",), 3584, keys=_MASK),
    "qwen-image": TextModel(("qwen25_7b",), 3584, keys=_MASK),
    "longcat-image": TextModel(("qwen25_7b",), 3584, keys=_MASK),
    "kandinsky5": TextModel(("l", "qwen25_7b"), 3584, keys=_MASK),
    "kandinsky5-image": TextModel(("l", "qwen25_7b"), 3584, keys=_MASK),
    "lumina2": TextModel(("gemma2_2b",), 2304, keys=_MASK),
    "z-image": TextModel(("qwen3_4b",), 2560),
    "omnigen2": TextModel(("qwen25_3b",), 2048, keys=_MASK),
    "ovis-image": TextModel(("qwen3_2b",), 2048, keys=_MASK),
    "hidream": TextModel(("l", "g", "t5xxl", "llama"), 4096, 128, keys=("conditioning_llama3",)),
    "flux2": TextModel(("mistral3_24b",), 15_360, keys=_MASK),
    "ernie-image": TextModel(("ministral3_3b",), 3072, keys=_MASK),
    "anima": TextModel(("qwen3_06b", "t5xxl"), 1024, keys=("t5xxl_ids", "t5xxl_weights")),
    "krea2": TextModel(("qwen3vl_4b",), 2560, keys=_MASK),
    "ace": TextModel(("lyrics", "umt5base"), 768, keys=("conditioning_lyrics",)),
    "ltxav": TextModel(("gemma3_12b",), 3840, 1024),
}
"""Text encoders by the family whose text they give."""

T5_ALONE: Mapping[str, str] = {
    "ltxv": "ltxv",
    "pixart": "pixart",
    "chroma": "chroma",
    "wan": "wan",
    "cogvideox": "cogvideox",
}
"""The family whose text encoder a lone T5-XXL is loaded as, by the loader's type; for other types it is Mochi."""
