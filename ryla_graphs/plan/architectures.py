"""What a model of each family costs: operations per step, memory besides its weights, and the precisions it runs in.

`linear` and `quadratic` were counted by torch's FLOP counter over ComfyUI 0.33's own model classes
(`python -m tools.count_flops`), parameters of the others by `python -m tools.count_parameters`. If neither builds a
model, its makers' figures are used. `memory` is the factor that ComfyUI 0.33 itself uses to estimate a step's memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ryla_graphs.plan.canvas import Canvas


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """One model of a family. Tokens are the patches of all frames, plus the text attended to with them."""

    family: str
    variant: str
    """A word of the file's name or variant that tells it from others of its family; empty if it is alone."""
    parameters: float
    linear: float
    """Operations per token; 0 if not counted."""
    quadratic: float
    """Operations per pair of tokens: attention."""
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
    """Whether ComfyUI runs it in fp16 on cards without bf16; otherwise it uses fp32."""
    unet: bool = False
    fewest: float | None = None
    """Parameters of the smallest published model of this row, if they differ."""

    @property
    def references(self) -> bool:
        """Whether it attends to the latents of pictures besides the one it draws."""
        return self.family in _REFERRING

    @property
    def least(self) -> float:
        """The fewest parameters of any model in this row."""
        return self.fewest or self.parameters

    def latent_frames(self, canvas: Canvas) -> int:
        """Latent frames of one item of the batch."""
        return (canvas.frames - 1) // self.frames + 1

    def operations(self, canvas: Canvas, references: Sequence[Canvas] = ()) -> float:
        """Operations of one evaluation over the whole batch; each item sees all references."""
        tokens = self._patches(canvas) * self.latent_frames(canvas) + self.text_tokens
        if self.references:
            tokens += sum(self._patches(each) for each in references)
        return canvas.batch * (self.linear * tokens + self.quadratic * tokens**2)

    def _patches(self, canvas: Canvas) -> int:
        return -(-canvas.width // self.patch) * -(-canvas.height // self.patch)

    def activation(self, canvas: Canvas, references: Sequence[Canvas] = (), *, bytes_each: int) -> int:
        """ComfyUI's estimate of the bytes that an evaluation needs besides the weights; it counts references once."""
        area = self._latents(canvas) * self.latent_frames(canvas) * canvas.batch
        if self.references:
            area += sum(self._latents(each) for each in references)
        return int(area * bytes_each * 0.01 * self.memory * 2**20)

    def _latents(self, canvas: Canvas) -> int:
        return (canvas.width // self.latent) * (canvas.height // self.latent)


_REFERRING = frozenset({"flux1", "flux2", "qwen-image", "z-image"})
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
        family="flux1",
        variant="",
        parameters=11.90e9,
        linear=12.91e9,
        quadratic=700_416,
        memory=3.1,
        text_tokens=256,
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
        fewest=14.29e9,
        linear=24.54e9,
        quadratic=819_200,
        memory=2.304,
        frames=4,
    ),
    # VACE runs eight more blocks besides the forty, or fifteen besides the thirty.
    Architecture(
        family="wan",
        variant="vace_1.3b",
        parameters=2.154e9,
        linear=3.9e9,
        quadratic=276_480,
        memory=0.829,
        frames=4,
    ),
    Architecture(
        family="wan",
        variant="vace_14b",
        parameters=17.34e9,
        linear=29.45e9,
        quadratic=983_040,
        memory=2.765,
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
    # Attention in windows, and the weights applied to each patch: calculated from the shape, not counted.
    Architecture(family="seedvr2", variant="3b", parameters=3.39e9, linear=5.5e9, quadratic=0, memory=2.0, frames=4),
    Architecture(family="seedvr2", variant="7b", parameters=8.24e9, linear=8.9e9, quadratic=0, memory=2.0, frames=4),
    # Only their parameters and ComfyUI's factor are known; the operations of a step were not counted.
    Architecture(
        family="sdxl-refiner", variant="", parameters=2.26e9, linear=0, quadratic=0, memory=1.0, patch=8, unet=True
    ),
    Architecture(family="svd", variant="", parameters=1.525e9, linear=0, quadratic=0, memory=2.0, patch=8, unet=True),
    Architecture(
        family="cascade-c",
        variant="",
        parameters=3.589e9,
        fewest=1.0e9,
        linear=0,
        quadratic=0,
        memory=2.0,
        patch=42,
        latent=42,
        fp16=False,
    ),
    Architecture(
        family="cascade-b",
        variant="",
        parameters=1.563e9,
        fewest=0.7e9,
        linear=0,
        quadratic=0,
        memory=2.0,
        patch=8,
        latent=4,
    ),
    Architecture(
        family="hidream", variant="", parameters=17.11e9, linear=0, quadratic=0, memory=2.0, text_tokens=256, fp16=False
    ),
    Architecture(
        family="cosmos-predict2", variant="2b", parameters=1.956e9, linear=0, quadratic=0, memory=0.95, frames=4
    ),
    Architecture(
        family="cosmos-predict2", variant="14b", parameters=14.27e9, linear=0, quadratic=0, memory=2.375, frames=4
    ),
    Architecture(family="anima", variant="", parameters=2.091e9, linear=0, quadratic=0, memory=1.33),
    Architecture(
        family="hunyuan-video-15",
        variant="",
        parameters=8.7e9,
        fewest=8.0e9,
        linear=0,
        quadratic=0,
        memory=4.0,
        latent=16,
        frames=4,
    ),
    Architecture(
        family="hunyuan-image",
        variant="",
        parameters=17.5e9,
        fewest=16.5e9,
        linear=0,
        quadratic=0,
        memory=8.7,
        patch=32,
        latent=32,
        fp16=False,
    ),
    Architecture(
        family="chroma-radiance", variant="", parameters=8.95e9, linear=0, quadratic=0, memory=0.044, latent=1
    ),
    Architecture(
        family="ltxav",
        variant="19b",
        parameters=19.5e9,
        fewest=18.5e9,
        linear=0,
        quadratic=0,
        memory=9.86,
        patch=32,
        latent=32,
        frames=8,
        fp16=False,
    ),
    Architecture(
        family="ltxav",
        variant="22b",
        parameters=22.5e9,
        fewest=20.5e9,
        linear=0,
        quadratic=0,
        memory=9.86,
        patch=32,
        latent=32,
        frames=8,
        fp16=False,
    ),
)


def _by_family() -> dict[str, tuple[Architecture, ...]]:
    found: dict[str, tuple[Architecture, ...]] = {}
    for row in _ROWS:
        found[row.family] = (*found.get(row.family, ()), row)
    return found


ARCHITECTURES: Mapping[str, tuple[Architecture, ...]] = _by_family()
"""The known models, by family."""


def architectures(family: str, name: str = "") -> tuple[Architecture, ...]:
    """The models of a family that a file's name and variant may mean; empty for a family without rows here."""
    rows = ARCHITECTURES.get(family, ())
    named = [row for row in rows if row.variant and _names(row.variant, name.lower())]
    wider = {row.variant for row in named for other in named if row is not other and row.variant in other.variant}
    return tuple(row for row in named if row.variant not in wider) or rows


def _names(variant: str, name: str) -> bool:
    """Whether a name mentions a variant: ``1.3b`` may be written ``1_3b``, and is not ``3b``."""
    if variant == "14b" and re.search(r"wan[._]?2[._]?2", name):
        return True  # Wan 2.2 has no other size; its 5B is a family of its own
    written = re.escape(variant).replace(r"\.", "[._]")
    return re.search(rf"(?<![\d.]){written}", name) is not None


def architecture(family: str, name: str = "") -> Architecture | None:
    """The model of a family that a file's name and variant indicate; the largest if they leave it open."""
    return max(architectures(family, name), key=lambda row: row.parameters, default=None)
