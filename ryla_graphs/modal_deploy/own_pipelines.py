"""Your own pipelines on Modal: their files go into the image, where the container finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import modal

from ryla_graphs.lockfile.image_commands import HOME
from ryla_graphs.problems import InvalidSettings

VARIABLE = "RYLA_PIPELINES"
FOLDER = PurePosixPath(HOME) / "pipelines"
"""Their folder in the image."""
_SUFFIXES = (".py", ".json", ".toml")


@dataclass
class OwnPipelines:
    """The sources in the variable, and their places in the image."""

    sources: list[str] = field(default_factory=list)
    """The value of the variable in the container."""
    files: list[tuple[Path, PurePosixPath]] = field(default_factory=list)
    """Local paths and their places in the image; empty inside a container."""
    packages: list[str] = field(default_factory=list)
    """Python packages that are added whole."""

    @property
    def environment(self) -> dict[str, str]:
        """The variable, as a container gets it."""
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
            raise InvalidSettings(f"{VARIABLE}: '{source}' is not a file, a folder or the name of a module")


def own_pipelines(environment: Mapping[str, str]) -> OwnPipelines:
    """The sources that the variable names.

    A Python file is added alone; if it imports its neighbours, name its folder or a module of a package instead.
    Raises `InvalidSettings` for a source that does not exist.
    """
    own = OwnPipelines()
    for source in filter(None, (part.strip() for part in environment.get(VARIABLE, "").split(","))):
        own.add(source)
    return own
