"""Whether a file is what its name, its folder and the manifest say it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ryla_graphs.families import BUILTIN, FAMILIES, Detected
from ryla_graphs.families.encoders import IMAGE_ENCODERS, TEXT_ENCODERS
from ryla_graphs.problems import Problem
from ryla_graphs.weights import Weight
from ryla_graphs.weights.weight import PICKLED

KINDS: Mapping[str, tuple[str, ...]] = {
    "checkpoints": ("checkpoint",),
    "diffusion_models": ("diffusion model",),
    "text_encoders": ("text encoder", "clip vision"),
    "vae": ("vae",),
    "loras": ("lora",),
    "controlnet": ("controlnet",),
    "clip_vision": ("clip vision",),
}
"""The kinds that the loaders of a folder can read; folders not listed here take anything."""

HOMES: Mapping[str, str] = {kinds[0]: folder for folder, kinds in KINDS.items()}
"""The folder that each kind belongs in."""


def misnamed(folder: str, name: str, row: Weight | None, detected: Detected | None) -> Iterator[Problem]:
    """The problem of a file whose content is the wrong kind for its folder, or another model than its name says.

    The name of a file that the manifest does not know is only a hint, so a mismatch is then a warning.
    """
    if detected is None:
        return
    home = HOMES.get(detected.kind)
    allowed = KINDS.get(folder, ()) if row is None or row.content not in HOMES else (row.content,)
    what = f"is {detected.label} ({detected.evidence})" if detected.evidence else f"is {detected.label}"
    if allowed and detected.kind not in allowed:
        move = f"move it to {home}" if home not in (None, folder) else "give it its true name"
        yield Problem(
            code="misplaced_file" if row is None else "renamed_file",
            message=f"{what}; {_expected(folder, row)}",
            tier=3,
            hint=f"{move}, and pull the file that belongs here" if row is not None else move,
        )
    elif (other := _other_model(folder, name, detected)) is not None:
        yield Problem(
            code="renamed_file",
            message=f"{what}; its name is that of {other}",
            level="warning" if row is None else "error",
            hint="give it its true name" + (", and pull the file that belongs here" if row is not None else ""),
        )


def _expected(folder: str, row: Weight | None) -> str:
    if row is None:
        return f"what loads files from {folder} needs a {KINDS[folder][0]}"
    return f"its name is that of a {row.content}"


def _other_model(folder: str, name: str, detected: Detected) -> str | None:
    """The model that the name indicates, if the header contradicts it."""
    named = BUILTIN.names.of(folder, name)
    if named is None:
        return None
    if named.encoder is not None and detected.encoder not in (None, named.encoder):
        return {**TEXT_ENCODERS, **IMAGE_ENCODERS}.get(named.encoder, named.encoder)
    if named.families and detected.families and not named.families & detected.families:
        return "a file of " + " or ".join(FAMILIES[each].label for each in FAMILIES if each in named.families)
    return None


def missized(row: Weight | None, size: int | None) -> Iterator[Problem]:
    """The problem of a sound file whose size differs from the published file of that name."""
    if row is not None and row.size is not None and size is not None and row.size != size:
        yield Problem(
            code="other_size",
            message=f"has {size:,} bytes; the published file of this name has {row.size:,}",
            hint="if it is not a version of your own, delete it and pull it again",
        )


def pickled(path: Path, row: Weight | None) -> Iterator[Problem]:
    """The problem of a pickle: loading it may run code. Expected if the manifest lists it, worth a look otherwise."""
    if path.suffix in PICKLED:
        yield Problem(
            code="pickled_file",
            message="is a pickle; loading it may run code",
            level="warning" if row is None else "note",
            hint="use it only if you trust its source; prefer safetensors" if row is None else None,
        )
