"""How many bits a weight has, by a file's name: ``flux1-dev-Q4_K_S.gguf``, ``t5xxl_fp8_e4m3fn_scaled.safetensors``.

GGUF stores blocks of weights with their scales; the format decides the bits of a block. Files mix formats: those whose
names end in M, L or XL keep some tensors in more bits, and all keep small tensors in 16 or 32.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ryla_graphs.weights.weight import Precision


class Quantisation(NamedTuple):
    """How a file's weights are stored, as far as its name tells."""

    name: str
    """The usual spelling: ``Q4_K_S``, ``fp8_e4m3fn_scaled``, ``bf16``."""
    precision: Precision
    least_bits: float
    most_bits: float
    """Bits per weight, averaged over a file, without embeddings that stay in 16 bits."""

    @property
    def keeps_embeddings(self) -> bool:
        """Whether text encoders with such weights keep their table of embeddings in 16 bits."""
        return self.most_bits < 16


_BLOCKS: Mapping[str, float] = {
    "q2_k": 2.625, "q3_k": 3.4375, "q4_k": 4.5, "q5_k": 5.5, "q6_k": 6.5625, "q8_k": 9.125,
    "q4_0": 4.5, "q4_1": 5.0, "q5_0": 5.5, "q5_1": 6.0, "q8_0": 8.5, "q8_1": 9.0,
    "iq1_s": 1.5625, "iq1_m": 1.75, "iq2_xxs": 2.0625, "iq2_xs": 2.3125, "iq2_s": 2.5625, "iq2_m": 2.5625,
    "iq3_xxs": 3.0625, "iq3_xs": 3.25, "iq3_s": 3.4375, "iq3_m": 3.4375, "iq4_xs": 4.25, "iq4_nl": 4.5,
    "tq1_0": 1.6875, "tq2_0": 2.0625,
}  # fmt: skip
"""Bits per weight in GGUF's blocks, scales included: the size of a block divided by its number of weights."""
_BARE: Mapping[str, str] = {"q2": "q2_k", "q3": "q3_k", "q4": "q4_k", "q5": "q5_k", "q6": "q6_k", "q8": "q8_0"}
_MIXED: Mapping[str, float] = {"": 1.06, "s": 1.06, "m": 1.16, "l": 1.28, "xl": 1.28}
"""The factor by which a file may be larger than its blocks, by the last part of its name."""
_COARSE = 1.3
"""The same for blocks below three bits, whose files keep more tensors unquantised."""

_GGUF = re.compile(
    r"(?<![a-z0-9])(?P<block>i?q[1-8]|tq[12])"
    r"(?:_(?P<kind>k|0|1|nl|xxs|xs|s|m))?(?:_(?P<mix>xl|xs|s|m|l))?(?![a-z0-9])"
)

_NAMES: tuple[tuple[str, Precision, float, float], ...] = (
    (r"nvfp4|mxfp4|fp4_e2m1", "fp4", 4.25, 6.5),
    (r"fp4[-_]?mixed", "mixed", 4.5, 8.5),
    (r"fp4", "fp4", 4.25, 6.5),
    (r"w4a(?:4|8|16)|int4|uint4|nf4|bnb4?|gptq|awq", "int4", 4.25, 6.5),
    (r"w8a8|int8(?:_convrot)?", "int8", 8, 8.75),
    (r"mxfp8", "fp8", 8.25, 8.75),
    (r"fp8[-_]?mixed", "mixed", 8, 10),
    (r"(?:fp8|float8)[-_]?(?:e4m3fn|e5m2|e4m3)(?:[-_](?:scaled|fast))*", "fp8", 8, 8.4),
    (r"e4m3fn|e5m2|(?:fp8|float8)(?:[-_]scaled)?", "fp8", 8, 8.4),
    (r"bf16", "bf16", 16, 16),
    (r"fp16|f16", "fp16", 16, 16),
    (r"fp32|f32|float32", "fp32", 32, 32),
)  # fmt: skip
_WORDS: tuple[tuple[re.Pattern[str], Precision, float, float], ...] = tuple(
    (re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])|(?:{pattern})(?=\.[a-z]+$)"), precision, least, most)
    for pattern, precision, least, most in _NAMES
)


def quantisation(name: str) -> Quantisation | None:
    """How the weights of a file are stored, by its name; None if the name does not say.

    >>> quantisation("flux1-dev-Q4_K_S.gguf").name
    'Q4_K_S'
    >>> quantisation("ae.safetensors") is None
    True
    """
    plain = name.lower()
    return _gguf(plain) or _word(plain)


def _gguf(name: str) -> Quantisation | None:
    for found in _GGUF.finditer(name):
        block, kind, mix = found["block"], found["kind"], found["mix"]
        key = f"{block}_{kind}" if kind else _BARE.get(block, "")
        if key not in _BLOCKS:
            continue
        last = mix or (kind if kind in ("s", "m") else "")
        bits = _BLOCKS[key]
        factor = max(_MIXED.get(last, _MIXED[""]), _COARSE if bits < 3 else 1)
        return Quantisation(found[0].upper(), "gguf", bits, bits * factor)
    return None


def _word(name: str) -> Quantisation | None:
    for pattern, precision, least, most in _WORDS:
        if found := pattern.search(name):
            return Quantisation(found[0].strip("-_"), precision, least, most)
    return None
