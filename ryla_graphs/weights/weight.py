"""`Weight`: what is known about one weight file, and where to download it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Precision = Literal["fp32", "fp16", "bf16", "fp8", "int8", "int4", "fp4", "gguf", "mixed"]
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
    "other",
]

CONTENTS: Mapping[str, Content] = {
    "checkpoints": "checkpoint",
    "clip_vision": "clip vision",
    "controlnet": "controlnet",
    "diffusion_models": "diffusion model",
    "loras": "lora",
    "model_patches": "adapter",
    "style_models": "adapter",
    "text_encoders": "text encoder",
    "unet": "diffusion model",
    "upscale_models": "upscaler",
    "vae": "vae",
}
"""What files contain, by their folder below ``models``."""

PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
"""Endings of files that Python's pickle reads: loading one may run code."""


UNKNOWN = "unknown"
"""The name of a licence that was not looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """The licence of a file."""

    name: str
    """An SPDX identifier if there is one, such as `Apache-2.0`."""
    commercial: bool
    """Whether it may be used commercially as it is, without asking anyone."""
    restriction: str | None = None
    """What it asks or forbids beyond naming the author, in a few words; None for permissive ones."""
    url: str | None = None
    """The URL of its text."""

    @property
    def is_known(self) -> bool:
        """Whether the licence was looked up; if not, the other fields mean nothing."""
        return self.name != UNKNOWN


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file in a repository on Hugging Face."""

    repository: str
    """``black-forest-labs/FLUX.1-dev``."""
    path: str
    """The file's path in it."""
    gated: bool = False
    """Whether the repository requires accepted terms and a token."""

    @property
    def url(self) -> str:
        """Where the file can be downloaded."""
        return f"https://huggingface.co/{self.repository}/resolve/main/{self.path}"

    @property
    def page(self) -> str:
        """The repository's page, where terms are accepted."""
        return f"https://huggingface.co/{self.repository}"


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file at any other URL."""

    url: str
    gated: Literal[False] = False

    @property
    def page(self) -> str:
        """The URL itself."""
        return self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A weight file: its folder, sources, size, hash and licence. Unpublished facts are None, never guessed."""

    name: str
    """The name in the loader's input, folders included: ``instantid/diffusion_pytorch_model.safetensors``."""
    folder: str
    """The folder below ComfyUI's ``models``: ``diffusion_models``."""
    content: Content
    family: str | None = None
    """The model family, as `ryla_graphs.families` names it; None if the file serves several."""
    variant: str | None = None
    """Which member of the family: ``dev``, ``schnell``."""
    precision: Precision | None = None
    """Of most of its tensors."""
    size: int | None = None
    """In bytes, exactly."""
    sha256: str | None = None
    licence: Licence
    sources: tuple[HubFile | WebFile, ...]
    """Where the same bytes can be downloaded, the publisher first."""
    parts: Mapping[Content, int] = field(default_factory=dict, hash=False)
    """The bytes of the tensors of each part: parameters times bytes. For all-in-one checkpoints, and for files of
    unpublished size."""

    @property
    def key(self) -> tuple[str, str]:
        """Folder and name, which are unique."""
        return self.folder, self.name

    @property
    def weighs(self) -> int | None:
        """The size of its tensors in bytes: its size, or the sum of its `parts` if the size is not published."""
        return self.size or sum(self.parts.values()) or None

    @property
    def pickled(self) -> bool:
        """Whether loading it may run code: it is a pickle, not safetensors."""
        return self.name.endswith(PICKLED)

    @property
    def gated(self) -> bool:
        """Whether every source of the file requires a token."""
        return all(source.gated for source in self.sources)

    def to_dict(self) -> dict[str, Any]:
        """What is known, as JSON-ready data."""
        content = {key: value for key, value in asdict(self).items() if value is not None and value != {}}
        sources = [asdict(source) | {"url": source.url} for source in self.sources]
        return content | {"sources": sources, "pickled": self.pickled, "gated": self.gated}
