"""What a lock is made for: presets and graphs by name, and individually requested packs."""

from __future__ import annotations

import hashlib
import re
import shlex
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, StringConstraints
from pydantic.dataclasses import dataclass

from ryla_graphs.problems import InvalidSettings
from ryla_graphs.software.packs import PACKS, Pack, pack_of
from ryla_graphs.software.registry import REGISTERED, registered

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
    """A requested pack, at one commit."""

    repository: Repository
    """``local/NAME`` for a local folder."""
    commit: Commit
    """For a folder, the beginning of the SHA-256 of its files."""
    folder: Name
    path: str | None = None
    """A local folder, relative to the lock."""

    def __str__(self) -> str:
        if self.path is not None:
            return self.path
        plain = self.repository.rpartition("/")[2] == self.folder
        return f"{self.repository}@{self.commit}{'' if plain else f':{self.folder}'}"

    @property
    def known(self) -> Pack | None:
        """The pinned pack of that repository, if there is one."""
        return pinned(self.repository)

    @classmethod
    def parse(cls, text: str) -> CustomPack:
        """The pack that ``owner/repo@commit[:folder]`` names; a pinned or bundled one needs no commit.

        A path, such as ``./my_pack``, names a local folder. A word without a slash names a pack by its id in the Comfy
        Registry, ``comfyui-kjnodes`` or ``comfyui-kjnodes@1.5.0``, if that is known here. Raises `InvalidSettings`,
        which says how to find a commit.
        """
        if text.startswith(("./", "../", "/", "~")):
            return own_folder(text)
        match = _SPEC.fullmatch(text if "/" in text else _by_registry_id(text))
        if match is None:
            raise InvalidSettings(
                f"--pack: {text!r} is not OWNER/REPO@COMMIT[:FOLDER], a repository on GitHub, and no ./FOLDER"
            )
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


def own_folder(text: str) -> CustomPack:
    """The pack in a local folder; raises `InvalidSettings` if there is none."""
    path = Path(text).expanduser()
    name = path.resolve().name
    if not (path / "__init__.py").is_file():
        raise InvalidSettings(f"--pack {text}: there is no {path / '__init__.py'}, which makes a folder a node pack")
    return CustomPack(repository=f"local/{name}", commit=digest_of_folder(path), folder=name, path=text.rstrip("/"))


def digest_of_folder(path: Path) -> str:
    """The first 40 digits of the SHA-256 of a folder's files and their names, excluding what Python and git create."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        inner = file.relative_to(path)
        if file.is_file() and not {".git", "__pycache__"} & set(inner.parts):
            content = file.read_bytes()
            digest.update(f"{inner.as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:40]


def _by_registry_id(text: str) -> str:
    """``id[@version or commit][:folder]`` of the Comfy Registry as ``owner/repo[@commit][:folder]``."""
    whole, colon, folder = text.partition(":")
    named, at, version = whole.partition("@")
    folder = colon + folder
    row = registered(named)
    if row is None:
        close = get_close_matches(named.casefold(), REGISTERED, n=1, cutoff=0.75)
        meant = f"; did you mean {REGISTERED[close[0]].id}?" if close else ""
        raise InvalidSettings(
            f"--pack {text}: no pack is known here by that id of the Comfy Registry; its page there names the "
            f"repository, so write OWNER/REPO@COMMIT, or ./FOLDER for a folder of your own{meant}"
        )
    if version in ("", row.version):
        return f"{row.repository}{folder}"
    if not is_commit(version):
        have = f"only of its version {row.version}" if row.version else "of none of its versions"
        raise InvalidSettings(
            f"--pack {text}: the commit is known here {have}: write {row.repository}@COMMIT{folder}; "
            f"`git ls-remote --tags https://github.com/{row.repository}` lists versions that are tags there"
        )
    return f"{row.repository}{at}{version}{folder}"


def is_commit(text: str) -> bool:
    """Whether a text is a full git hash."""
    return re.fullmatch(r"[0-9a-f]{40}", text) is not None


def pinned(repository: str) -> Pack | None:
    """The pinned pack of a repository on GitHub, ignoring case."""
    return next((pack for pack in PACKS.values() if pack.repository.casefold() == repository.casefold()), None)


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
class Asked:
    """What a lock was made from."""

    targets: tuple[str, ...] = ()
    """Presets and graphs, as the command line names them; none for all presets."""
    packs: tuple[CustomPack, ...] = ()
    """Packs besides those that the targets need."""
    comfyui: str | None = None
    """The requested version or full commit; None for the pinned one."""

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
        """The same with packs added, each replacing one in the same folder, and other packs dropped by folder."""
        kept = {pack.folder: pack for pack in (*self.packs, *added) if pack.folder not in dropped}
        return replace(self, packs=tuple(kept[folder] for folder in sorted(kept)))
