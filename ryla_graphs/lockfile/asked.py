"""What a lock is made for: presets and graphs by name, and packs that were asked for one by one."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import Annotated

from pydantic import ConfigDict, StringConstraints
from pydantic.dataclasses import dataclass

from ryla_graphs.problems import InvalidSettings
from ryla_graphs.software.packs import PACKS, Pack, pack_of

_CONFIG = ConfigDict(extra="forbid", strict=True)
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$")]
"""One part of a path."""
Repository = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9_-][A-Za-z0-9._-]*$")]
"""On GitHub: ``owner/name``."""
Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]

_SPEC = re.compile(
    r"(?:https://github\.com/)?(?P<repository>[A-Za-z0-9-]+/[A-Za-z0-9_-][A-Za-z0-9._-]*?)(?:\.git)?/?"
    r"(?:@(?P<commit>[^:]*))?(?::(?P<folder>[A-Za-z0-9_-][A-Za-z0-9._-]*))?"
)


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
class CustomPack:
    """A pack that was asked for, at one commit."""

    repository: Repository
    commit: Commit
    folder: Name

    def __str__(self) -> str:
        plain = self.repository.rpartition("/")[2] == self.folder
        return f"{self.repository}@{self.commit}{'' if plain else f':{self.folder}'}"

    @property
    def known(self) -> Pack | None:
        """The pinned pack of that repository, where there is one."""
        return pinned(self.repository)

    @classmethod
    def parse(cls, text: str) -> CustomPack:
        """The pack that ``owner/repo@commit[:folder]`` names; a pinned or bundled one needs no commit.

        Raises `InvalidSettings` that says how a commit is found.
        """
        match = _SPEC.fullmatch(text)
        if match is None:
            raise InvalidSettings(f"--pack: {text!r} is not OWNER/REPO@COMMIT[:FOLDER], a repository on GitHub")
        repository, commit, folder = match["repository"], match["commit"], match["folder"]
        known = pack_of(repository)
        if known is not None:
            repository, commit = known.repository, commit or known.commit
            folder = folder or known.folders[0]
        if commit is None or not is_commit(commit):
            given = f"'{commit}' is not" if commit else "it has not"
            raise InvalidSettings(
                f"--pack {text}: {given} a full commit, 40 hexadecimal digits: "
                f"`git ls-remote https://github.com/{repository} HEAD` tells the newest one"
            )
        return cls(repository=repository, commit=commit, folder=folder or repository.rpartition("/")[2])


def is_commit(text: str) -> bool:
    """Whether a text is a full hash of git's."""
    return re.fullmatch(r"[0-9a-f]{40}", text) is not None


def pinned(repository: str) -> Pack | None:
    """The pinned pack of a repository on GitHub, in upper or lower case."""
    return next((pack for pack in PACKS.values() if pack.repository.casefold() == repository.casefold()), None)


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
class Asked:
    """What a lock was made of."""

    targets: tuple[str, ...] = ()
    """Presets and graphs, as the command line names them; none for all presets."""
    packs: tuple[CustomPack, ...] = ()
    """Packs beside those that the targets need."""
    comfyui: str | None = None
    """The version or the full commit that was asked for; None for the pinned one."""

    @property
    def command(self) -> str:
        """The command that makes the lock."""
        words = ["ryla-graphs", "lock", *self.targets]
        for pack in self.packs:
            words += ["--pack", str(pack)]
        if self.comfyui is not None:
            words += ["--comfyui", self.comfyui]
        return shlex.join(words)

    def with_packs(self, added: tuple[CustomPack, ...], dropped: tuple[str, ...] = ()) -> Asked:
        """The same with packs added, each instead of one in the same folder, and others dropped by folder."""
        kept = {pack.folder: pack for pack in (*self.packs, *added) if pack.folder not in dropped}
        return replace(self, packs=tuple(kept[folder] for folder in sorted(kept)))
