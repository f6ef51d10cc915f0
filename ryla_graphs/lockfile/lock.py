"""`Lock`: the content of ``ryla.lock`` as a value, with writing and reading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ryla_graphs.lockfile.request import Asked, Commit, Name, Repository
from ryla_graphs.problems import InvalidDocument, SourceUnreachable

FILE = "ryla.lock"
"""The name of a lock file."""
FORMAT: Literal[1] = 1
"""The format that this version of ryla_graphs reads and writes."""

_HELP = "take it from version control, or delete it and write it again with `ryla-graphs lock`"

_CONFIG = ConfigDict(extra="forbid", strict=True)
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Pin = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.+!]+$")]
"""A Python package at one version: ``torch==2.11.0``."""
DebianPackage = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+.-]*$")]
VersionText = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)+$")]


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
class LockedComfyUI:
    """The ComfyUI of an image."""

    version: VersionText
    repository: Repository
    commit: Commit | None
    """None if only the tag ``v{version}`` is known."""
    requirements: tuple[Pin, ...]
    """All Python packages that it needs, and their dependencies."""
    own_requirements: bool = False
    """Whether its own ``requirements.txt`` is installed too, since they were pinned for another version."""
    classes: int
    """How many node classes of its own it has."""
    classes_sha256: Sha256
    """Of their names, sorted, one per line."""


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
class LockedFix:
    """A text in a pack's file that is replaced with another one."""

    file: Name
    find: str
    replace: str
    why: str


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
class LockedPack:
    """A node pack of an image."""

    folder: Name
    """Its folder below ``custom_nodes``, and its name in ``/object_info``."""
    repository: Repository
    commit: Commit
    requirements: tuple[Pin, ...] = ()
    """The Python packages that it needs besides those of ComfyUI."""
    own_requirements: bool = False
    """Whether its own ``requirements.txt`` is installed, within the pins of the lock: it has no pins of its own."""
    system: tuple[DebianPackage, ...] = ()
    own_folders: tuple[Name, ...] = ()
    """Folders of weights that it looks for only in ComfyUI's own ``models``."""
    fixes: tuple[LockedFix, ...] = ()
    classes: tuple[str, ...] = ()
    """The node classes that it provides; empty if unknown."""
    path: str | None = None
    """A local folder, relative to the lock, instead of a repository."""


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
class LockedWeight:
    """A weight file that some preset or graph of the lock loads. Unknown values are None."""

    file: str
    folder: str
    repository: str | None = None
    """On Hugging Face."""
    path: str | None = None
    """In that repository."""
    url: str | None = None
    """For files that are elsewhere."""
    bytes: int | None = None
    sha256: Sha256 | None = None
    licence: str | None = None
    family: str | None = None
    gated: bool = False


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
class LockedGraph:
    """A graph that the lock was made for, besides the presets."""

    name: str
    sha256: Sha256
    """Of its compiled prompt."""


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
class Lock:
    """What an image is built from. Equal locks are written as equal texts; `loads(lock.dumps())` equals the lock."""

    lock: Literal[1] = FORMAT
    """The format."""
    ryla_graphs: str
    """The version that wrote it."""
    asked: Asked
    """What it was made from, so that it can be made again."""
    python: VersionText
    comfyui: LockedComfyUI
    packs: tuple[LockedPack, ...] = ()
    requirements: tuple[Pin, ...] = ()
    """The Python packages of ryla_graphs itself, besides those of ComfyUI."""
    presets: tuple[str, ...] = ()
    graphs: tuple[LockedGraph, ...] = ()
    weights: tuple[LockedWeight, ...] = ()
    nodes_sha256: Sha256 | None = None
    """Of the file beside it with the ``/object_info`` of its custom packs; None if it has none."""
    nodes: Annotated[Mapping[str, Any], Field(exclude=True)] = field(default_factory=dict)
    """The content of that file: entries by class."""
    path: Annotated[Path | None, Field(exclude=True)] = field(default=None, compare=False)
    """The file it was read from."""

    @property
    def generated(self) -> str:
        """The line of a lock file that says how it was generated."""
        return f"by `{self.asked.command}`, which writes it again; do not edit"

    def dumps(self) -> str:
        """The text of the lock file."""
        content = _ADAPTER.dump_python(self, mode="json")
        for pack in (*content["packs"], *content["asked"]["packs"]):
            if pack["path"] is None:  # so that locks without local folders stay unchanged
                del pack["path"]
        head = {"lock": content.pop("lock"), "generated": self.generated}
        return json.dumps(head | content, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def loads(cls, text: str, source: str = FILE, nodes: Mapping[str, Any] | None = None) -> Lock:
        """The lock in a text, with the node classes from the file beside it.

        Raises `InvalidDocument`, which says whether it is damaged or a newer ryla_graphs wrote it.
        """
        content = _parsed(text, source)
        written = content.get("lock")
        if isinstance(written, int) and written > FORMAT:
            message = f"'{source}' has format {written}, this ryla_graphs reads up to {FORMAT}"
            raise InvalidDocument(f"{message}: upgrade ryla-graphs, or {_HELP}")
        content.pop("generated", None)
        try:
            lock = _ADAPTER.validate_json(json.dumps(content))
        except ValidationError as error:
            row = error.errors(include_url=False)[0]
            where = ".".join(map(str, row["loc"])) or "top"
            message = f"'{source}' is no lock file: {where}: {row['msg']}"
            raise InvalidDocument(f"{message}; {_HELP}") from None
        return lock.with_nodes(nodes or {}, source)

    def with_nodes(self, nodes: Mapping[str, Any], source: str = FILE) -> Lock:
        """The lock with the content of the file beside it; raises `InvalidDocument` if that is not its file."""
        if digest_of(nodes) != self.nodes_sha256:
            beside = nodes_file(Path(source)).name
            message = f"'{beside}' is not the file that '{source}' was written with"
            raise InvalidDocument(f"{message}; {_HELP}")
        return replace(self, nodes=nodes)

    @classmethod
    def read(cls, path: Path | str = FILE) -> Lock:
        """The lock in a file, with the node classes of the file beside it.

        Raises `SourceUnreachable` if a file cannot be read, and what `loads` raises.
        """
        path = Path(path)
        text = _text(path, "`ryla-graphs lock` writes one")
        beside = nodes_file(path)
        wanted = _parsed(text, str(path)).get("nodes_sha256") is not None
        nodes = _parsed(_text(beside, "it belongs to the lock"), str(beside)) if wanted else {}
        return replace(cls.loads(text, str(path), nodes), path=path)

    def write(self, path: Path | str = FILE) -> None:
        """Write the lock, and beside it the node classes of its custom packs, if it has any."""
        path = Path(path)
        path.write_text(self.dumps(), encoding="utf-8")
        beside = nodes_file(path)
        if self.nodes:
            beside.write_text(_nodes_text(self.nodes), encoding="utf-8")
        else:
            beside.unlink(missing_ok=True)


_ADAPTER = TypeAdapter(Lock)


def nodes_file(path: Path) -> Path:
    """The file beside a lock with the node classes of its custom packs: ``ryla.lock.nodes.json``."""
    return path.with_name(f"{path.name}.nodes.json")


def digest_of(nodes: Mapping[str, Any]) -> str | None:
    """The SHA-256 of the file with these node classes; None if there are none."""
    return hashlib.sha256(_nodes_text(nodes).encode()).hexdigest() if nodes else None


def _nodes_text(nodes: Mapping[str, Any]) -> str:
    return json.dumps(nodes, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _text(path: Path, help_: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceUnreachable(f"cannot read '{path}': {error.strerror or error}; {help_}") from error
    except UnicodeDecodeError as error:
        raise InvalidDocument(f"'{path}' is not text: {error}") from error


def _parsed(text: str, source: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
        message = f"'{source}' is no lock file, which is JSON: {line}"
        raise InvalidDocument(f"{message}; {_HELP}") from error
    if not isinstance(content, dict):
        message = f"'{source}' is no lock file: it holds {type(content).__name__}, expected an object"
        raise InvalidDocument(f"{message}; {_HELP}")
    return content
