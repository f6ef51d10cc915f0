"""What the name of a file says about it, as data: the weakest evidence, used where there is no better.

A name is compared in lower case, without its ending, and with ``-`` for every blank, dot, underscore and hyphen:
``SDXL\\RealVisXL_V5.0.safetensors`` is ``sdxl/realvisxl-v5-0``. First the file's own name is looked at, then its
folders. Facts: the names in ComfyUI's official templates and in the public graphs that were looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ryla_graphs.families.family import with_latents

OWN_NAMES = frozenset({"text_encoders", "clip_vision", "vae"})
"""The folders in which only patterns of their own count."""


@dataclass(frozen=True, kw_only=True)
class FilePattern:
    """What a name means."""

    word: str
    """A piece of text that the name has; cheap to look for."""
    pattern: str | None = None
    """A regular expression that it fits as well."""
    families: tuple[str, ...] = ()
    """Its families; empty if the name says that they are unknown."""
    folders: frozenset[str] | None = None
    """The folders below ``models`` in which the name means that; None for all of models and what acts on them."""
    variant: str | None = None
    encoder: str | None = None
    bare: bool = False
    """Whether it is known to hold a diffusion model alone, no checkpoint."""

    @cached_property
    def _expression(self) -> re.Pattern[str] | None:
        return re.compile(self.pattern) if self.pattern else None

    def counts_in(self, folder: str) -> bool:
        """Whether names in this folder below ``models`` are meant."""
        return folder in self.folders if self.folders is not None else folder not in OWN_NAMES

    def fits(self, name: str) -> bool:
        """Whether a plain name, as `plain` gives it, is meant."""
        return self.word in name and (self._expression is None or self._expression.search(name) is not None)


_PLAIN = str.maketrans(dict.fromkeys(" ._", "-") | {"\\": "/"})
_ENDINGS = (".safetensors", ".sft", ".gguf", ".ckpt", ".pth", ".pt", ".bin")


def plain(name: str) -> str:
    """A file's name as patterns look at it."""
    name = name.lower()
    if name.endswith(_ENDINGS):
        name = name[: name.rindex(".")]
    return name.translate(_PLAIN)


class PatternsOfFolder:
    """The patterns that count in one folder below ``models``, quick to ask."""

    def __init__(self, patterns: Iterable[FilePattern], folder: str) -> None:
        self._rows = tuple(row for row in patterns if row.counts_in(folder))
        self._words = tuple(dict.fromkeys(row.word for row in self._rows))
        self._any_word = re.compile("|".join(map(re.escape, self._words)) or "(?!)")

    def fit(self, name: str) -> FilePattern | None:
        """The first pattern that the file's own name fits, or else its folders do."""
        folders, slash, own = plain(name).rpartition("/")
        found = self._first(own)
        return self._first(folders) if found is None and slash else found

    def _first(self, name: str) -> FilePattern | None:
        if self._any_word.search(name) is None:
            return None
        words = {word for word in self._words if word in name}
        return next((row for row in self._rows if row.word in words and row.fits(name)), None)


def named(word: str, *families: str, pattern: str | None = None, variant: str | None = None) -> FilePattern:
    """A pattern of models, and of what acts on them."""
    return FilePattern(word=word, pattern=pattern, families=families, variant=variant)


def bare(word: str, pattern: str, *families: str, variant: str | None = None) -> FilePattern:
    """The same for files that hold a diffusion model alone."""
    return FilePattern(word=word, pattern=pattern, families=families, variant=variant, bare=True)


def in_folder(folder: str, *rows: FilePattern) -> tuple[FilePattern, ...]:
    """Patterns that count in one folder only."""
    return tuple(
        FilePattern(
            word=row.word,
            pattern=row.pattern,
            families=row.families,
            folders=frozenset({folder}),
            variant=row.variant,
            encoder=row.encoder,
        )
        for row in rows
    )


def text(word: str, encoder: str, pattern: str | None = None) -> FilePattern:
    """A pattern of a text or image encoder."""
    return FilePattern(word=word, pattern=pattern, encoder=encoder)


def latents(word: str, *formats: str, pattern: str | None = None) -> FilePattern:
    """A pattern of a VAE, by the latents that it reads and makes."""
    return FilePattern(word=word, pattern=pattern, families=tuple(sorted(with_latents(*formats))))
