"""What VAEs cost: operations per pixel, and memory besides their weights, by ComfyUI 0.33's own formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ryla_graphs.plan.canvas import Canvas


@dataclass(frozen=True, slots=True, kw_only=True)
class Vae:
    """What decoding and encoding cost, with memory as ComfyUI itself estimates it."""

    decode_bytes: float
    """Bytes that decoding needs at once, per pixel and per byte of precision."""
    encode_bytes: float
    decode_operations: float
    """Operations per pixel and frame."""
    encode_operations: float
    attention: float = 0.0
    """Operations per pair of pixels of one frame."""
    frames_at_once: int | None = 1
    """How many frames count for memory; None for all of them."""

    def operations(self, canvas: Canvas, *, decode: bool) -> float:
        """Operations for all frames of the batch."""
        each = self.decode_operations if decode else self.encode_operations
        pixels = canvas.width * canvas.height
        return canvas.batch * canvas.frames * pixels * (each + self.attention * pixels)

    def activation(self, canvas: Canvas, *, bytes_each: int, decode: bool) -> int:
        """The bytes it needs besides its weights; a batch that does not fit at once is split."""
        frames = canvas.frames if self.frames_at_once is None else min(self.frames_at_once, canvas.frames)
        each = self.decode_bytes if decode else self.encode_bytes
        return int(canvas.width * canvas.height * frames * bytes_each * each)


_PICTURES = Vae(
    decode_bytes=2178,
    encode_bytes=1767,
    decode_operations=9.46e6,
    encode_operations=4.13e6,
    attention=0.5,
)

VAES: Mapping[str, Vae] = {
    "sd15": _PICTURES,
    "sdxl": _PICTURES,
    "sd3": _PICTURES,
    "flux": _PICTURES,
    "flux2": _PICTURES,
    "wan21": Vae(decode_bytes=7000, encode_bytes=6000, decode_operations=8.48e6, encode_operations=5.04e6),
    "wan22": Vae(decode_bytes=8000, encode_bytes=3300, decode_operations=8.48e6, encode_operations=5.04e6),
    "hunyuan-video": Vae(
        decode_bytes=2800,
        encode_bytes=1400,
        decode_operations=8.48e6,
        encode_operations=5.04e6,
        frames_at_once=8,
    ),
    "seedvr2": _PICTURES,
    "ltxv": Vae(decode_bytes=75, encode_bytes=10, decode_operations=2e6, encode_operations=1e6, frames_at_once=None),
}
"""By the latents they make, as `ryla_graphs.families` names them.

The operations of some are not counted: Wan 2.2 and Hunyuan are assumed to equal Wan 2.1, LTX-Video a quarter
of it.
"""
