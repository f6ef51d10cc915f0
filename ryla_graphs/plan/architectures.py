"""What a model of each family costs: operations a step, memory beside its weights, and the precisions it runs in.

`linear` and `quadratic` were counted by torch's FLOP counter over ComfyUI 0.33's own model classes
(`python -m tools.count_flops`); `memory` is the factor by which ComfyUI 0.33 itself reckons what a step needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ryla_graphs.plan.canvas import Canvas


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """One model of a family. Tokens are patches of all frames and the text that is attended to with them."""

    family: str
    variant: str
    """A word of the file's name or variant that tells it from others of its family; empty where it is alone."""
    parameters: float
    linear: float
    """Operations a token."""
    quadratic: float
    """Operations a token and token: attention."""
    memory: float
    """ComfyUI's factor: MiB for each hundred latent pixels of two bytes."""
    patch: int = 16
    """The side of a token, in pixels."""
    text_tokens: int = 0
    latent: int = 8
    """The side of a latent pixel, in pixels."""
    frames: int = 1
    """How many frames of a video one latent frame holds; 1 for pictures."""
    fp16: bool = True
    """Whether ComfyUI runs it in fp16 where there is no bf16; else it takes fp32."""
    unet: bool = False

    def latent_frames(self, canvas: Canvas) -> int:
        """Latent frames of one item of the batch."""
        return (canvas.frames - 1) // self.frames + 1

    def operations(self, canvas: Canvas) -> float:
        """Operations of one evaluation over the whole batch."""
        side = self.patch
        patches = -(-canvas.width // side) * -(-canvas.height // side)
        tokens = patches * self.latent_frames(canvas) + self.text_tokens
        return canvas.batch * (self.linear * tokens + self.quadratic * tokens**2)

    def activation(self, canvas: Canvas, *, bytes_each: int) -> int:
        """What ComfyUI reckons that an evaluation needs beside the weights, in bytes."""
        pixels = (canvas.width // self.latent) * (canvas.height // self.latent)
        area = pixels * self.latent_frames(canvas) * canvas.batch
        return int(area * bytes_each * 0.01 * self.memory * 2**20)


_ROWS = (
    Architecture(
        family="sd15", variant="", parameters=0.86e9, linear=165.5e6, quadratic=7301, memory=1.0, patch=8, unet=True
    ),
    Architecture(
        family="sd2", variant="", parameters=0.87e9, linear=165.5e6, quadratic=7301, memory=1.0, patch=8, unet=True
    ),
    Architecture(
        family="sdxl", variant="", parameters=2.567e9, linear=363.6e6, quadratic=2800, memory=0.8, patch=8, unet=True
    ),
    Architecture(
        family="sd3",
        variant="medium",
        parameters=2.24e9,
        linear=1.58e9,
        quadratic=227_328,
        memory=1.6,
        text_tokens=154,
    ),
    Architecture(
        family="sd3", variant="large", parameters=8.06e9, linear=5.395e9, quadratic=369_664, memory=1.6, text_tokens=154
    ),
    Architecture(
        family="flux1", variant="", parameters=11.90e9, linear=12.91e9, quadratic=700_416, memory=3.1, text_tokens=256
    ),
    Architecture(
        family="flux2",
        variant="dev",
        parameters=32.22e9,
        linear=54.97e9,
        quadratic=1_376_260,
        memory=29.26,
        text_tokens=512,
        latent=16,
    ),
    Architecture(
        family="flux2",
        variant="9b",
        parameters=9.08e9,
        linear=13.96e9,
        quadratic=524_288,
        memory=19.51,
        text_tokens=512,
        latent=16,
    ),
    Architecture(
        family="flux2",
        variant="4b",
        parameters=3.88e9,
        linear=6.136e9,
        quadratic=307_200,
        memory=14.63,
        text_tokens=512,
        latent=16,
    ),
    Architecture(
        family="chroma", variant="", parameters=8.90e9, linear=12.91e9, quadratic=700_416, memory=3.2, text_tokens=256
    ),
    Architecture(
        family="lumina2",
        variant="",
        parameters=2.61e9,
        linear=4.351e9,
        quadratic=258_048,
        memory=1.4,
        text_tokens=128,
        fp16=False,
    ),
    Architecture(
        family="z-image",
        variant="",
        parameters=6.155e9,
        linear=11.31e9,
        quadratic=491_520,
        memory=2.8,
        text_tokens=128,
        fp16=False,
    ),
    Architecture(
        family="qwen-image",
        variant="",
        parameters=20.43e9,
        linear=13.59e9,
        quadratic=737_280,
        memory=1.8,
        text_tokens=128,
        fp16=False,
    ),
    Architecture(
        family="wan",
        variant="1.3b",
        parameters=1.419e9,
        linear=2.596e9,
        quadratic=184_320,
        memory=0.691,
        frames=4,
    ),
    Architecture(
        family="wan",
        variant="14b",
        parameters=16.4e9,
        linear=24.54e9,
        quadratic=819_200,
        memory=2.304,
        frames=4,
    ),
    Architecture(
        family="wan22-5b",
        variant="",
        parameters=5.0e9,
        linear=8.873e9,
        quadratic=368_640,
        memory=1.383,
        patch=32,
        latent=16,
        frames=4,
    ),
    Architecture(
        family="hunyuan-video",
        variant="",
        parameters=12.82e9,
        linear=13.59e9,
        quadratic=737_280,
        memory=1.8,
        text_tokens=256,
        frames=4,
        fp16=False,
    ),
    Architecture(
        family="ltxv",
        variant="2b",
        parameters=1.92e9,
        linear=3.319e9,
        quadratic=229_376,
        memory=5.5,
        patch=32,
        latent=32,
        frames=8,
        fp16=False,
    ),
    Architecture(
        family="ltxv",
        variant="13b",
        parameters=13.04e9,
        linear=22.65e9,
        quadratic=786_432,
        memory=11.0,
        patch=32,
        latent=32,
        frames=8,
        fp16=False,
    ),
    # Attention in windows, and the weights that each patch meets: reckoned from the shape, not counted.
    Architecture(
        family="seedvr2",
        variant="3b",
        parameters=3.39e9,
        linear=5.5e9,
        quadratic=0,
        memory=2.0,
        frames=4,
    ),
    Architecture(
        family="seedvr2",
        variant="7b",
        parameters=8.24e9,
        linear=8.9e9,
        quadratic=0,
        memory=2.0,
        frames=4,
    ),
)


def _by_family() -> dict[str, tuple[Architecture, ...]]:
    found: dict[str, tuple[Architecture, ...]] = {}
    for row in _ROWS:
        found[row.family] = (*found.get(row.family, ()), row)
    return found


ARCHITECTURES: Mapping[str, tuple[Architecture, ...]] = _by_family()
"""The models that are known, by family."""


def architecture(family: str, name: str = "") -> Architecture | None:
    """The model of a family that a file's name and variant speak of.

    The largest where they do not tell; None for a family whose cost nobody counted.
    """
    rows = ARCHITECTURES.get(family, ())
    told = [row for row in rows if row.variant and row.variant in name.lower()]
    return max(told or rows, key=lambda row: row.parameters, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vae:
    """What decoding and encoding cost, in ComfyUI's own reckoning of memory."""

    decode_bytes: float
    """Bytes a pixel and byte of precision that decoding needs at once."""
    encode_bytes: float
    decode_operations: float
    """Operations a pixel and frame."""
    encode_operations: float
    attention: float = 0.0
    """Operations a pixel and pixel of one frame."""
    frames_at_once: int | None = 1
    """How many frames count for memory; None for all of them."""

    def operations(self, canvas: Canvas, *, decode: bool) -> float:
        """Operations for all frames of the batch."""
        each = self.decode_operations if decode else self.encode_operations
        pixels = canvas.width * canvas.height
        return canvas.batch * canvas.frames * pixels * (each + self.attention * pixels)

    def activation(self, canvas: Canvas, *, bytes_each: int, decode: bool) -> int:
        """What it needs beside its weights, in bytes; a batch that does not fit at once is taken apart."""
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

Nobody counted the operations of some: Wan 2.2's and Hunyuan's are taken to be Wan 2.1's, LTX-Video's a
quarter of it.
"""
