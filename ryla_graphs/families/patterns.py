"""What the name of a file says about it, as data: the weakest evidence, used when there is nothing better.

A name is compared in lower case, without its ending, and with ``-`` for every blank, dot, underscore and hyphen:
``SDXL\\RealVisXL_V5.0.safetensors`` is ``sdxl/realvisxl-v5-0``. The file's own name is tried first, then its folders.
Facts: the names in ComfyUI's official templates and in the public graphs that were examined.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ryla_graphs.families.family import with_latents

OWN_NAMES = frozenset({"text_encoders", "clip_vision", "vae"})
"""The folders in which only their own patterns apply."""


@dataclass(frozen=True, kw_only=True)
class FilePattern:
    """What a name means."""

    word: str
    """A substring of the name; cheap to search for."""
    pattern: str | None = None
    """A regular expression that the name must match as well."""
    families: tuple[str, ...] = ()
    """Its families; empty if the name says that they are unknown."""
    folders: frozenset[str] | None = None
    """The folders below ``models`` in which the name means that; None for all of models and what acts on them."""
    variant: str | None = None
    encoder: str | None = None
    bare: bool = False
    """Whether the file is known to hold only a diffusion model, not a checkpoint."""

    @cached_property
    def _expression(self) -> re.Pattern[str] | None:
        return re.compile(self.pattern) if self.pattern else None

    def counts_in(self, folder: str) -> bool:
        """Whether the pattern applies to names in this folder below ``models``."""
        return folder in self.folders if self.folders is not None else folder not in OWN_NAMES

    def fits(self, name: str) -> bool:
        """Whether a plain name, as `plain` returns it, matches."""
        return self.word in name and (self._expression is None or self._expression.search(name) is not None)


_PLAIN = str.maketrans(dict.fromkeys(" ._", "-") | {"\\": "/"})
_ENDINGS = (".safetensors", ".sft", ".gguf", ".ckpt", ".pth", ".pt", ".bin")


def plain(name: str) -> str:
    """A file's name in the form that patterns match."""
    name = name.lower()
    if name.endswith(_ENDINGS):
        name = name[: name.rindex(".")]
    return name.translate(_PLAIN)


class PatternsOfFolder:
    """The patterns that apply in one folder below ``models``, prepared for fast lookups."""

    def __init__(self, patterns: Iterable[FilePattern], folder: str) -> None:
        self._rows = tuple(row for row in patterns if row.counts_in(folder))
        self._words = tuple(dict.fromkeys(row.word for row in self._rows))
        self._any_word = re.compile("|".join(map(re.escape, self._words)) or "(?!)")

    def fit(self, name: str) -> FilePattern | None:
        """The first pattern that the file's own name matches, else the first that its folders match."""
        folders, slash, own = plain(name).rpartition("/")
        found = self._first(own)
        return self._first(folders) if found is None and slash else found

    def _first(self, name: str) -> FilePattern | None:
        if self._any_word.search(name) is None:
            return None
        words = {word for word in self._words if word in name}
        return next((row for row in self._rows if row.word in words and row.fits(name)), None)


def named(word: str, *families: str, pattern: str | None = None, variant: str | None = None) -> FilePattern:
    """A pattern for models, and for files that act on them."""
    return FilePattern(word=word, pattern=pattern, families=families, variant=variant)


def bare(word: str, pattern: str, *families: str, variant: str | None = None) -> FilePattern:
    """The same for files that hold a diffusion model alone."""
    return FilePattern(word=word, pattern=pattern, families=families, variant=variant, bare=True)


def in_folder(folder: str, *rows: FilePattern) -> tuple[FilePattern, ...]:
    """Patterns that apply in one folder only."""
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
    """A pattern for a text or image encoder."""
    return FilePattern(word=word, pattern=pattern, encoder=encoder)


def latents(word: str, *formats: str, pattern: str | None = None) -> FilePattern:
    """A pattern for a VAE, by the latents that it reads and makes."""
    return FilePattern(word=word, pattern=pattern, families=tuple(sorted(with_latents(*formats))))
