"""What is known about one weight file: from its header, the manifest, or its name, most trusted first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from ryla_graphs import weights
from ryla_graphs.families.family import Families, latents_of, with_latents
from ryla_graphs.families.generations import is_of_a_new_generation
from ryla_graphs.families.headers import Detected, FileKind
from ryla_graphs.families.patterns import FilePattern, PatternsOfFolder
from ryla_graphs.families.signs import ADAPTERS, CONTROL, DIFFUSION
from ryla_graphs.families.vae_signs import VAES

Basis = Literal["header", "manifest", "name"]


class Files(Protocol):
    """What is known about the files of one ComfyUI; a dict will do.

    A file's place is its folder below ``models`` and its name there: ``("loras", "style.safetensors")``.
    """

    def get(self, place: tuple[str, str], /) -> Detected | None:
        """What the header of a file tells; None if the file is missing or unknown."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a file."""

    families: Families
    basis: Basis
    variant: str | None = None
    encoder: str | None = None
    """For text and image encoders: which one."""
    bare: bool = False
    """Whether it is known to be only a diffusion model, without text encoder and VAE."""
    detected: Detected | None = None
    """What its header tells, if it was read."""


class NameEvidence:
    """What names and the manifest tell about files. Answers are cached."""

    def __init__(self, patterns: Iterable[FilePattern]) -> None:
        self._patterns = tuple(patterns)
        self._of_folder: dict[str, PatternsOfFolder] = {}
        self._found: dict[tuple[str, str], Evidence | None] = {}
        self._room = _ROOM
        self._own = weights.own()

    def of(self, folder: str, name: str) -> Evidence | None:
        """What is known about a file; None if it is unknown."""
        place = (folder, name)
        if self._own is not weights.own():
            self._own = weights.own()
            self._found.clear()
        try:
            return self._found[place]
        except KeyError:
            found = self._look(folder, name)
            if len(name) <= _LONGEST:
                self._room -= len(name) + _ENTRY
                if self._room < 0:
                    self._found.clear()
                    self._room = _ROOM
                self._found[place] = found
            return found

    def _look(self, folder: str, name: str) -> Evidence | None:
        if folder not in self._of_folder:
            self._of_folder[folder] = PatternsOfFolder(self._patterns, folder)
        fit = self._of_folder[folder].fit(name)
        found = None
        if fit is not None and (fit.families or fit.encoder):
            found = Evidence(frozenset(fit.families), "name", fit.variant, fit.encoder, fit.bare)
        row = weights.known(name, folder)
        if row is not None and row.family is not None and row.content in _OF_ONE_FAMILY:
            found = Evidence(frozenset({row.family}), "manifest", row.variant, bare=row.content == "diffusion model")
        elif row is not None and row.family is not None and row.content == "vae":
            found = Evidence(with_latents(*latents_of({row.family})), "manifest")
        elif found is not None and (elsewhere := weights.known(name)) is not None:
            # A bare diffusion model stays one in the folder of checkpoints.
            found = replace(found, bare=found.bare or elsewhere.content == "diffusion model")
        if found is not None and folder == "loras" and found.families & _SHARED_LORAS:
            found = replace(found, families=found.families | _SHARED_LORAS)
        return found


_ROOM = 32_000_000
"""About how many bytes of names are cached: enough for the 100,000 of the largest graphs, and no more."""
_ENTRY = 200
"""Bytes that a cached name takes in addition to its own."""
_LONGEST = 512
"""Characters; no file has a longer name, so it is not worth caching."""
_OF_ONE_FAMILY = ("diffusion model", "checkpoint", "lora", "controlnet", "adapter")
_SHARED_LORAS = frozenset({"flux1", "chroma"})
"""Chroma is derived from Flux.1 and takes its LoRAs."""


KINDS: Mapping[str, frozenset[FileKind]] = {
    "checkpoints": frozenset({"checkpoint", "diffusion model"}),
    "clip_vision": frozenset({"clip vision"}),
    "controlnet": frozenset({"controlnet"}),
    "diffusion_models": frozenset({"diffusion model", "checkpoint"}),
    "loras": frozenset({"lora"}),
    "text_encoders": frozenset({"text encoder"}),
    "vae": frozenset({"vae"}),
}
"""The kinds of files that the loaders of each folder take."""


_SIGNED = frozenset(name for sign in (*DIFFUSION, *CONTROL, *ADAPTERS) for name in sign.families)
"""The families whose models are recognised by their tensors."""
_SIGNED_LATENTS = frozenset(name for sign in VAES for name in sign.families)
"""The latents by which headers of VAEs are recognised."""


def _has_sign(folder: str, families: Families) -> bool:
    """Whether a header could tell that a file is of these families."""
    return bool(latents_of(families) & _SIGNED_LATENTS if folder == "vae" else families & _SIGNED)


def is_wrong_kind(folder: str, detected: Detected) -> bool:
    """Whether loaders of a folder cannot load such a file."""
    return folder in KINDS and detected.kind not in KINDS[folder]


def evidence(names: NameEvidence, files: Files | None, folder: str, name: str) -> Evidence | None:
    """What is known about a file: what its header says, narrowed by its name if the header leaves a choice."""
    named = names.of(folder, name)
    detected = None if files is None else files.get((folder, name))
    if detected is None:
        return named
    if is_wrong_kind(folder, detected):
        return Evidence(frozenset(), "header", detected=detected)
    families, variant = detected.families, detected.variant
    if named is not None and named.families and not _has_sign(folder, named.families):
        # No sign distinguishes this model from its predecessor: FLUX 3's layers have the same names as Flux.2's.
        families, variant = named.families, named.variant
    elif named is None and is_of_a_new_generation(name):
        families, variant = frozenset(), None
    elif named is not None and named.families:
        families = (families & named.families) or families or named.families
        variant = variant or (named.variant if named.families <= families else None)
    return Evidence(
        families=families,
        basis="header",
        variant=variant,
        encoder=detected.encoder or (named.encoder if named is not None else None),
        bare=detected.kind == "diffusion model",
        detected=detected,
    )
