"""The oldest ComfyUI version that a class or model family needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ryla_graphs.software.since import SINCE

Version = tuple[int, ...]

_TEMPLATES = "the official template asks for it"
_SOURCE = "the first release whose source knows the model"


class Since(NamedTuple):
    """The first version, and how that is known."""

    version: str
    source: str


FAMILIES_SINCE: Mapping[str, Since] = {
    "lumina2": Since("0.3.14", _SOURCE),
    "wan": Since("0.3.16", _SOURCE),
    "hidream": Since("0.3.29", _SOURCE),
    "chroma": Since("0.3.31", _SOURCE),
    "omnigen2": Since("0.3.42", _SOURCE),
    "wan22-5b": Since("0.3.46", _SOURCE),
    "qwen-image": Since("0.3.49", _SOURCE),
    "hunyuan-image": Since("0.3.58", _SOURCE),
    "chroma-radiance": Since("0.3.60", _SOURCE),
    "hunyuan-video-15": Since("0.3.71", _SOURCE),
    "flux2": Since("0.4.0", _TEMPLATES),
    "kandinsky5": Since("0.4.0", _SOURCE),
    "kandinsky5-image": Since("0.4.0", _SOURCE),
    "ltxav": Since("0.8.0", _SOURCE),
    "z-image": Since("0.11.0", _TEMPLATES),
    "anima": Since("0.11.0", _SOURCE),
    "longcat-image": Since("0.16.0", _SOURCE),
    "ernie-image": Since("0.19.0", _SOURCE),
    "cogvideox": Since("0.21.0", _SOURCE),
    "hidream-o1": Since("0.21.1", _SOURCE),
    "lens": Since("0.23.0", _SOURCE),
    "pixeldit": Since("0.23.0", _SOURCE),
    "pid": Since("0.23.0", _SOURCE),
    "ideogram4": Since("0.24.0", _SOURCE),
    "boogu": Since("0.26.0", _SOURCE),
    "krea2": Since("0.26.0", _SOURCE),
    "mage-flow": Since("0.29.0", _SOURCE),
    "joyimage": Since("0.29.0", _SOURCE),
    "minimax-h3": Since("0.30.0", _SOURCE),
    "minimax-music": Since("0.33.0", _SOURCE),
}
"""Families whose models ComfyUI's own samplers run; those not listed are as old as `OLDEST`."""

VARIANTS_SINCE: Mapping[tuple[str, str], Since] = {
    ("ltxv", r"13b"): Since("0.3.33", _SOURCE),
    ("wan", r"wan-?2-2"): Since("0.3.46", _SOURCE),
    ("qwen-image", r"edit-2511"): Since("0.5.0", "the first release whose source has its reference method"),
    ("qwen-image", r"layered"): Since("0.6.0", _SOURCE),
    ("flux2", r"klein"): Since("0.9.2", _SOURCE),
}
"""Models newer than others of their family, by family and a pattern for the file's name, written with hyphens."""

OLDEST = "0.3.10"
"""The oldest version that was examined: anything without a row works there, and perhaps in older ones."""

CLASSES_SINCE: Mapping[str, str] = {
    class_type: version for version, names in SINCE.items() for class_type in names.split(", ")
}
"""The first version of each of ComfyUI's own classes added after `OLDEST`; ``0.33.0+`` for classes added after the
release 0.33.0, in commits that still call themselves 0.33.0."""


def number(version: str) -> Version:
    """A version for comparing: ``"0.3.64"`` as ``(0, 3, 64)``, and ``"0.3.64+"``, after that release, as
    ``(0, 3, 64, 1)``."""
    released = version.removesuffix("+")
    return (*(int(part) for part in released.split(".")), *([1] if released != version else []))


def newest(versions: Iterable[str]) -> str:
    """The highest of these versions; `OLDEST` if there are none."""
    return max(versions, key=number, default=OLDEST)
