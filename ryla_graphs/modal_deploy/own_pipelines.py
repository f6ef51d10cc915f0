"""One's own pipelines on Modal: their files go into the image, and the container finds them there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import modal

from ryla_graphs.lockfile.image_commands import HOME
from ryla_graphs.problems import InvalidSettings

VARIABLE = "RYLA_PIPELINES"
FOLDER = PurePosixPath(HOME) / "pipelines"
"""Where they are in the image."""
_SUFFIXES = (".py", ".json", ".toml")


@dataclass
class OwnPipelines:
    """What the variable names, and where it goes."""

    sources: list[str] = field(default_factory=list)
    """What the container gets."""
    files: list[tuple[Path, PurePosixPath]] = field(default_factory=list)
    """What goes where in the image; nothing where this is the container already."""
    packages: list[str] = field(default_factory=list)
    """Python packages that go along whole."""

    @property
    def environment(self) -> dict[str, str]:
        """The variable, as it is in a container."""
        return {VARIABLE: ",".join(self.sources)} if self.sources else {}

    def into(self, image: modal.Image) -> modal.Image:
        """The image with the files and packages."""
        for package in self.packages:
            image = image.add_local_python_source(package)
        for file, place in self.files:
            image = image.add_local_file(file, str(place))
        return image

    def add(self, source: str) -> None:
        """Add one file, folder or module; raises `InvalidSettings` if there is none."""
        path, place = Path(source), FOLDER / str(len(self.sources))
        if PurePosixPath(source).is_relative_to(FOLDER):
            self.sources.append(source)
        elif path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES)
            self.files += [(file, place / file.relative_to(path).as_posix()) for file in files]
            self.sources.append(str(place))
        elif path.is_file():
            files = [file for file in (path, path.with_suffix(".toml")) if file.is_file()]
            self.files += [(file, place / file.name) for file in files]
            self.sources.append(str(place / path.name))
        elif all(name.isidentifier() for name in source.split(".")):
            self.packages.append(source.partition(".")[0])
            self.sources.append(source)
        else:
            raise InvalidSettings(f"{VARIABLE}: '{source}' is no file, no folder and no module's name")


def own_pipelines(environment: Mapping[str, str]) -> OwnPipelines:
    """What the variable names.

    A Python file goes alone: one that imports others beside it is given as its folder, or as a module of a package.
    Raises `InvalidSettings` for what is not there.
    """
    own = OwnPipelines()
    for source in filter(None, (part.strip() for part in environment.get(VARIABLE, "").split(","))):
        own.add(source)
    return own
