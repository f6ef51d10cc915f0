"""`ModelsFolder`: the files below ComfyUI's ``models``, found as ComfyUI finds them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from ryla_graphs.families import Detected, detect
from ryla_graphs.models_folder.extra_paths import ExtraPaths, read_extra_paths
from ryla_graphs.models_folder.headers import SAFETENSORS, read_header
from ryla_graphs.problems import InvalidWeights, SourceUnreachable
from ryla_graphs.weights.weight import PICKLED

ALIASES: Mapping[str, tuple[str, ...]] = {
    "diffusion_models": ("unet", "diffusion_models"),
    "text_encoders": ("text_encoders", "clip"),
    "controlnet": ("controlnet", "t2i_adapter"),
}
"""Folders that ComfyUI searches for one list, in its order."""

ENDINGS = (*SAFETENSORS, ".gguf", ".onnx", ".pt2", *PICKLED)
"""The file name extensions of weight files."""

_LISTED = {alias: folder for folder, aliases in ALIASES.items() for alias in aliases}


@dataclass(frozen=True, slots=True, order=True)
class HeldFile:
    """A weight file that is there."""

    folder: str
    """The folder that ComfyUI lists it under: ``diffusion_models`` also for files in ``unet``."""
    name: str
    path: Path


class ModelsFolder:
    """One or several folders laid out like ComfyUI's ``models``; the first takes precedence."""

    def __init__(self, *roots: Path, extra: ExtraPaths = ExtraPaths()) -> None:  # noqa: B008 - it is a constant
        self.roots = roots
        self.extra = extra

    @classmethod
    def open(cls, *paths: str | Path) -> ModelsFolder:
        """Folders, which must exist, and ``extra_model_paths.yaml`` files.

        A ComfyUI folder stands for its ``models``, and for its own ``extra_model_paths.yaml`` if it has one. Raises
        `SourceUnreachable`, and `InvalidDocument` if such a file makes no sense.
        """
        roots, extra = [], ExtraPaths()
        for path in map(Path, paths):
            if path.suffix in (".yaml", ".yml"):
                extra += read_extra_paths(path)
            elif not path.is_dir():
                raise SourceUnreachable(f"'{path}' is no folder; give ComfyUI's models folder")
            elif (path / "folder_paths.py").is_file():
                roots.append(path / "models")
                if (own := path / "extra_model_paths.yaml").is_file():
                    extra += read_extra_paths(own)
            else:
                roots.append(path)
        return cls(*roots, extra=extra)

    def places(self, folder: str) -> Iterator[Path]:
        """Where ComfyUI looks for a folder's files, in its order."""
        yield from self.extra.first.get(folder, ())
        yield from (root / alias for root in self.roots for alias in ALIASES.get(folder, (folder,)))
        yield from self.extra.last.get(folder, ())

    def find(self, folder: str, name: str) -> Path | None:
        """The file that a loader's input names; None if there is none, or the name leads out of the folder."""
        inner = PurePosixPath(name.replace("\\", "/"))
        if inner.is_absolute() or ".." in inner.parts or not inner.parts or "\0" in name:
            return None
        return next((path for place in self.places(folder) if (path := place / inner).is_file()), None)

    def target(self, folder: str, name: str) -> Path:
        """Where a new file goes. Raises `SourceUnreachable` if there is no place for it."""
        roots = (root / folder for root in self.roots)
        home = next(iter((*self.extra.first.get(folder, ()), *roots, *self.extra.last.get(folder, ()))), None)
        if home is None:
            raise SourceUnreachable(f"no folder for {folder}; give ComfyUI's models folder")
        return home / name

    def get(self, place: tuple[str, str], /) -> Detected | None:
        """What a file's header reveals, by folder and name; None if the file is missing or damaged, or reveals nothing.

        This is what `ryla_graphs.families` asks for evidence.
        """
        path = self.find(*place)
        if path is None or path.suffix not in SAFETENSORS:
            return None
        try:
            facts = path.stat()
            return _detected(path, facts.st_size, facts.st_mtime_ns)
        except OSError:
            return None

    def size(self, folder: str, name: str) -> int | None:
        """The bytes of a file; None if it is missing."""
        path = self.find(folder, name)
        try:
            return path.stat().st_size if path is not None else None
        except OSError:
            return None

    def files(self) -> Iterator[HeldFile]:
        """All weight files, by folder and name; of two with the same name, only the one that ComfyUI uses."""
        tops = (top.name for root in self.roots for top in root.iterdir() if top.is_dir())
        folders = {_LISTED.get(name, name) for name in tops} | {*self.extra.first, *self.extra.last}
        for folder in sorted(folders):
            for place in self.places(folder):
                for path in _below(place):
                    name = path.relative_to(place).as_posix()
                    if self.find(folder, name) == path:
                        yield HeldFile(folder, name, path)


@lru_cache(maxsize=1024)
def _detected(path: Path, size: int, changed: int) -> Detected | None:  # noqa: ARG001 - size and time are cache keys
    try:
        return detect(read_header(path))
    except InvalidWeights:
        return None


def _below(top: Path) -> Iterator[Path]:
    """The weight files below a folder; links are followed, and no folder is searched twice."""
    walked: set[str] = set()
    for here, inner, names in os.walk(top, followlinks=True):
        real = os.path.realpath(here)
        if real in walked:
            inner.clear()
            continue
        walked.add(real)
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        yield from (Path(here, name) for name in sorted(names) if name.endswith(ENDINGS) and not name.startswith("."))
