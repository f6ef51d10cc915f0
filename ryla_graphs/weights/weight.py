"""`Weight`: what is known about one weight file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Precision = Literal["fp32", "fp16", "bf16", "fp8", "int8", "fp4", "mixed"]
Content = Literal[
    "diffusion model",
    "checkpoint",
    "text encoder",
    "vae",
    "lora",
    "controlnet",
    "adapter",
    "clip vision",
    "face",
    "detector",
    "upscaler",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """Under which terms a file may be used."""

    name: str
    """An SPDX identifier where there is one, such as `Apache-2.0`."""
    commercial: bool
    """Whether it may be used commercially."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One file, and where it belongs. What nobody has published is None, never guessed."""

    name: str
    """The name in the loader's input, folders included: ``instantid/diffusion_pytorch_model.safetensors``."""
    folder: str
    """The folder below ComfyUI's ``models``: ``diffusion_models``."""
    content: Content
    family: str | None
    """The model family it is of, as `ryla_graphs.families` calls it; None for what serves any."""
    licence: Licence
    repository: str | None = None
    """The Hugging Face repository, ``black-forest-labs/FLUX.1-dev``; None where it is not there."""
    path: str | None = None
    """The file's path in the repository."""
    revision: str = "main"
    size: int | None = None
    """In bytes; exact where `exact_size`, else rounded as published."""
    exact_size: bool = True
    sha256: str | None = None
    precision: Precision = "fp16"
    variant: str | None = None
    """Which member of the family: ``dev``, ``schnell``."""
    gated: bool = False
    """Whether the repository wants its terms accepted and a token."""
    parts: dict[str, int] = field(default_factory=dict)
    """The bytes of what an all-in-one checkpoint holds: ``diffusion model``, ``text encoder``, ``vae``."""

    @property
    def pickled(self) -> bool:
        """Whether loading it may run code: it is a pickle, not safetensors."""
        return self.name.endswith((".bin", ".pt", ".pth", ".ckpt"))

    def to_dict(self) -> dict[str, Any]:
        """What is known, as JSON-ready data."""
        return {key: value for key, value in asdict(self).items() if value not in (None, {})}
