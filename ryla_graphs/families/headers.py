"""What a weight file is, by its safetensors header alone: kind, family, variant.

A header is the JSON at the beginning of a file: ``{tensor: {"dtype", "shape", …}, "__metadata__": {text: text}}``.
The tensors themselves are never needed. Facts: the tests by which ComfyUI 0.33 tells files apart.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ryla_graphs.families.encoders import IMAGE_ENCODERS, IMAGE_SIGNS, TEXT_ENCODERS, TEXT_SIGNS
from ryla_graphs.families.family import FAMILIES, Families, with_latents
from ryla_graphs.families.generations import is_of_a_new_generation
from ryla_graphs.families.lora_signs import METADATA, TENSORS
from ryla_graphs.families.signs import ADAPTERS, CONTROL, DIFFUSION, Sign
from ryla_graphs.families.vae_signs import VAES

Header = Mapping[str, Any]
"""A safetensors header as parsed JSON."""

FileKind = Literal[
    "diffusion model", "checkpoint", "text encoder", "vae", "lora", "controlnet", "adapter", "clip vision"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What a file is. Anything that its header does not tell is empty or None, never guessed."""

    kind: FileKind
    families: Families = frozenset()
    """The families it may belong to. A header may allow several, such as all that share a VAE's latents."""
    variant: str | None = None
    encoder: str | None = None
    """For text and image encoders: which one, as `ryla_graphs.families.encoders` calls it."""
    parts: frozenset[str] = frozenset()
    """What a checkpoint holds: ``diffusion model``, ``text encoder``, ``vae``."""
    evidence: str = ""
    """The tensor or the metadata that decided."""

    @property
    def family(self) -> str | None:
        """The family, if there is exactly one."""
        return next(iter(self.families)) if len(self.families) == 1 else None

    @property
    def label(self) -> str:
        """What it is, as messages say it: ``a Flux.1 LoRA``, ``a text encoder (T5-XXL)``."""
        encoder = TEXT_ENCODERS.get(self.encoder or "") or IMAGE_ENCODERS.get(self.encoder or "")
        if encoder is not None:
            return f"{_NOUNS[self.kind]} ({encoder})"
        names = [FAMILIES[name].label for name in FAMILIES if name in self.families]
        return f"{_NOUNS[self.kind]} of {' or '.join(names)}" if 0 < len(names) <= 3 else _NOUNS[self.kind]


_NOUNS: Mapping[FileKind, str] = {
    "diffusion model": "a diffusion model",
    "checkpoint": "a checkpoint",
    "text encoder": "a text encoder",
    "vae": "a VAE",
    "lora": "a LoRA",
    "controlnet": "a ControlNet",
    "adapter": "an adapter",
    "clip vision": "an image encoder",
}

_PREFIXES = ("model.diffusion_model.", "model.model.", "net.", "model.", "diffusion_model.", "")
_LORA = re.compile(r"[._](lora_(down|up|A|B)|lora\.(down|up)|hada_w1_a|lokr_w[12]|lora_linear_layer|oft_blocks)")
_CHECKPOINT_TEXT = ("cond_stage_model.", "conditioner.embedders.", "text_encoders.")
_CHECKPOINT_VAE = ("first_stage_model.", "vae.")


def detect(header: Header) -> Detected | None:
    """What the file with this header is; None if it is unknown. Never raises, whatever the header."""
    tensors = _Tensors(header)
    for look in (_lora, _controlnet, _adapter, _diffusion, _text_encoder, _image_encoder, _vae):
        found = look(tensors)
        if found is not None:
            return found
    return None


class _Tensors:
    """The tensors of a header and their shapes, without entries that are not tensors."""

    def __init__(self, header: Header) -> None:
        entries = header.items() if isinstance(header, Mapping) else ()
        self.shapes: dict[str, list[int]] = {
            name: entry["shape"]
            for name, entry in entries
            if isinstance(name, str) and isinstance(entry, Mapping) and isinstance(entry.get("shape"), list)
        }
        metadata = header.get("__metadata__") if isinstance(header, Mapping) else None
        self.metadata: Mapping[str, Any] = metadata if isinstance(metadata, Mapping) else {}
        self._sorted = sorted(self.shapes)

    def has(self, name: str) -> bool:
        """Whether there is a tensor of this name; if the name ends in a dot, one that starts with it."""
        return name in self.shapes or (name.endswith(".") and self.begins(name))

    def begins(self, *prefixes: str) -> bool:
        """Whether the name of any tensor starts with one of these."""
        places = ((prefix, bisect_left(self._sorted, prefix)) for prefix in prefixes)
        return any(place < len(self._sorted) and self._sorted[place].startswith(prefix) for prefix, place in places)

    def size(self, name: str, axis: int) -> int | None:
        """The size of a tensor along an axis."""
        shape = self.shapes.get(name, [])
        return shape[axis] if -len(shape) <= axis < len(shape) else None

    def shows(self, sign: Sign, prefix: str = "") -> bool:
        """Whether the tensors match a sign."""
        return (
            all(self.has(prefix + name) for name in sign.tensors)
            and all(self.size(prefix + name, axis) == size for name, axis, size in sign.sizes)
            and not any(self.has(prefix + name) for name in sign.absent)
        )


def _first(tensors: _Tensors, signs: Iterable[Sign], prefixes: Iterable[str] = ("",)) -> tuple[Sign, str] | None:
    """The first sign that matches, and the prefix below which it was found."""
    prefixes = tuple(prefixes)
    return next(
        ((sign, prefix) for sign in signs for prefix in prefixes if tensors.shows(sign, prefix)),
        None,
    )


def _evidence(sign: Sign, prefix: str) -> str:
    return prefix + (sign.tensors[0] if sign.tensors else sign.sizes[0][0])


def _diffusion(tensors: _Tensors) -> Detected | None:
    found = _first(tensors, DIFFUSION, [prefix for prefix in _PREFIXES if not prefix or tensors.begins(prefix)])
    if found is None:
        return None
    sign, prefix = found
    parts = {"diffusion model"}
    if tensors.begins(*_CHECKPOINT_TEXT):
        parts.add("text encoder")
    if tensors.begins(*_CHECKPOINT_VAE):
        parts.add("vae")
    return Detected(
        kind="checkpoint" if len(parts) > 1 else "diffusion model",
        families=frozenset(sign.families),
        variant=sign.variant,
        parts=frozenset(parts),
        evidence=_evidence(sign, prefix),
    )


def _lora(tensors: _Tensors) -> Detected | None:
    if not any(_LORA.search(name) for name in tensors.shapes):
        return None
    for key in ("modelspec.architecture", "ss_base_model_version"):
        stated = str(tensors.metadata.get(key, "")).lower()
        if is_of_a_new_generation(stated):
            return Detected(kind="lora", evidence=f"{key} {stated}")
        for pattern, families, variant in METADATA:
            if stated and re.search(pattern, stated):
                return Detected(kind="lora", families=frozenset(families), variant=variant, evidence=f"{key} {stated}")
    for sign in TENSORS:
        named = re.compile(sign.pattern)
        for name, shape in tensors.shapes.items():
            if named.search(name) and (sign.width is None or sign.width in shape):
                return Detected(kind="lora", families=frozenset(sign.families), evidence=name)
    return Detected(kind="lora")


def _controlnet(tensors: _Tensors) -> Detected | None:
    found = _first(tensors, CONTROL, ("", "control_model."))
    return None if found is None else _of("controlnet", *found)


def _adapter(tensors: _Tensors) -> Detected | None:
    found = _first(tensors, ADAPTERS, ("", "model."))
    return None if found is None else _of("adapter", *found)


def _of(kind: FileKind, sign: Sign, prefix: str) -> Detected:
    return Detected(
        kind=kind, families=frozenset(sign.families), variant=sign.variant, evidence=_evidence(sign, prefix)
    )


def _text_encoder(tensors: _Tensors) -> Detected | None:
    found = _first(tensors, TEXT_SIGNS)
    return _encoder("text encoder", *found) if found is not None else None


def _image_encoder(tensors: _Tensors) -> Detected | None:
    found = _first(tensors, IMAGE_SIGNS)
    return _encoder("clip vision", *found) if found is not None else None


def _encoder(kind: FileKind, sign: Sign, prefix: str) -> Detected:
    return Detected(kind=kind, encoder=sign.families[0], evidence=_evidence(sign, prefix))


def _vae(tensors: _Tensors) -> Detected | None:
    found = _first(tensors, VAES, ("", "vae.", "first_stage_model."))
    if found is None:
        return None
    sign, prefix = found
    return Detected(kind="vae", families=with_latents(*sign.families), evidence=_evidence(sign, prefix))


def every_family() -> Iterator[str]:
    """The families that signs can recognise; each is one of `FAMILIES`."""
    for signs in (DIFFUSION, CONTROL, ADAPTERS):
        for sign in signs:
            yield from sign.families
    for lora in TENSORS:
        yield from lora.families
    for _, families, _ in METADATA:
        yield from families
