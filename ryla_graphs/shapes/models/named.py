"""Models, text encoders and VAEs by the names of their files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from ryla_graphs.families import BUILTIN, FAMILIES, Evidence
from ryla_graphs.families.encoders import text_families
from ryla_graphs.families.family import latents_of
from ryla_graphs.shapes.models.formats import FORMATS, OF_VARIANTS, SAMPLINGS
from ryla_graphs.shapes.models.texts import T5_ALONE, TEXTS, TextModel
from ryla_graphs.shapes.models.vaes import CODECS
from ryla_graphs.shapes.values import Opaque

Fact = TypeVar("Fact")


def _evidence(folder: str, name: Any) -> Evidence | None:
    return BUILTIN.names.of(folder, name) if isinstance(name, str) else None


def _agreed(families: Iterable[str], fact: Callable[[str], Fact | None]) -> Fact | None:
    """The fact that all these families share; None if they differ, or if it is unknown for one."""
    found = [fact(family) for family in families]
    return found[0] if found and all(each == found[0] for each in found) else None


def _facts(**facts: Any) -> Mapping[str, Any]:
    return {name: fact for name, fact in facts.items() if fact is not None}


def model_of(folder: str, name: Any) -> Opaque:
    """The model that a file holds."""
    found = _evidence(folder, name)
    if found is None or not found.families:
        return Opaque("MODEL", {"unknown": f"nothing is known about the model '{name}'"})
    families, variant = found.families, found.variant or ""
    sampling = _agreed(families, lambda family: OF_VARIANTS.get((family, variant), SAMPLINGS.get(family)))
    latents = _agreed(families, _latents)
    unet = _agreed(families, lambda family: FAMILIES[family].unet)
    form = FORMATS.get(latents) if latents is not None else None
    return Opaque("MODEL", _facts(families=families, variant=variant, sampling=sampling, format=form, unet=unet))


def _latents(family: str) -> str | None:
    return FAMILIES[family].latents


def clip_of(folder: str, name: Any) -> Opaque | None:
    """The text encoder of a checkpoint; None if it is known to have none."""
    found = _evidence(folder, name)
    if found is not None and found.bare:
        return None
    return _clip(_agreed(found.families if found is not None else (), TEXTS.get), name)


def clip_of_files(names: tuple[Any, ...], type_: Any) -> Opaque:
    """The text encoder that these files form together."""
    files = [_evidence("text_encoders", name) for name in names]
    encoders = tuple(file.encoder if file is not None else None for file in files)
    kind = type_ if isinstance(type_, str) else None
    if encoders == ("t5-xxl",) and kind not in _WITH_OTHERS:
        return _clip(TEXTS[T5_ALONE.get(kind or "", "mochi")], names)
    return _clip(_agreed(text_families(encoders, kind) or (), TEXTS.get), names)


_WITH_OTHERS = ("sd3", "hidream")


def _clip(text: TextModel | None, name: Any) -> Opaque:
    why = None if text is not None else f"nothing is known about the text encoder {name!r}"
    return Opaque("CLIP", _facts(text=text, unknown=why))


_BY_NAME: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), codec)
    for pattern, codec in (
        (r"oobleck|stable-?audio", "stable-audio"),
        (r"ltx.*audio|audio.*ltx", "ltxv-audio"),
        (r"h3.*audio", "minimax-h3-audio"),
        (r"taew-?2-?2", "wan22"),
        (r"taeh3", "minimax-h3"),
        (r"taeltx", "ltxv"),
        (r"taehy-?1-?5", "hunyuan-video-15"),
        (r"taehv|taew", "hunyuan-video"),
        (r"taef2", "flux2"),
        (r"taef1|taesd3", "flux"),
        (r"taesd", "sd15"),
        (r"effnet|stage-?c", "cascade-c"),
        (r"stage-?a", "cascade-b"),
        (r"wan-?2-?2", "wan22"),
        (r"wan-?2-?1", "wan21"),
    )
)
"""What names of VAEs tell besides their latents: small VAEs, and those for sound."""


def vae_of(folder: str, name: Any) -> Opaque:
    """The VAE that a file holds; its ``codec`` is None if the file is known to have none."""
    found = _evidence(folder, name)
    if folder == "vae":
        plain = str(name).lower().replace("_", "-").replace(".", "-")
        named = next((codec for pattern, codec in _BY_NAME if pattern.search(plain)), None)
        if named is not None:
            return Opaque("VAE", {"codec": CODECS[named]})
    elif found is not None and found.bare:
        return Opaque("VAE", {"codec": None})
    codec = _agreed(latents_of(found.families if found is not None else ()), CODECS.get)
    return Opaque("VAE", _facts(codec=codec, unknown=None if codec else f"nothing is known about the VAE of '{name}'"))
