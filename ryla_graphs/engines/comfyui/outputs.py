"""Outputs as ComfyUI reports them, of any kind, as artifacts."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.outputs import OutputKind

Fetch = Callable[[str, str, str], bytes]
"""Reads a file by name, subfolder and folder."""

_BY_MEDIA: Mapping[str, OutputKind] = {"image": "image", "video": "video", "audio": "audio", "model": "3d"}
_BY_KEY: Mapping[str, OutputKind] = {"latents": "latent", "audio": "audio", "3d": "3d"}


def artifacts(node: str, output: Mapping[str, Any], fetch: Fetch) -> Iterator[Artifact]:
    """All files and texts in one node's output, whatever key they are under."""
    for key, entries in output.items():
        if not isinstance(entries, (list, tuple)):
            continue
        for index, entry in enumerate(entries):
            if isinstance(entry, Mapping) and isinstance(entry.get("filename"), str):
                yield _file(node, key, entry, fetch)
            elif key == "text" and isinstance(entry, str):
                yield Artifact(node=node, kind="text", filename=f"{node}_{index + 1:05}_.txt", text=entry)


def _file(node: str, key: str, entry: Mapping[str, Any], fetch: Fetch) -> Artifact:
    name, subfolder = entry["filename"], entry.get("subfolder") or ""
    folder = entry.get("type") or "output"
    return Artifact(
        node=node,
        kind=_kind(key, name),
        filename=name,
        subfolder=subfolder,
        folder=folder,
        read=lambda: fetch(name, subfolder, folder),
    )


def _kind(key: str, name: str) -> OutputKind:
    media = (mimetypes.guess_type(name)[0] or "").split("/")[0]
    return _BY_KEY.get(key) or _BY_MEDIA.get(media) or "file"


def from_disk(directory: Path, fetch: Fetch) -> Fetch:
    """Reads files of the output folder from a directory of this machine, and all others as before.

    Nothing outside the directory is read, whatever the names say.
    """
    root = directory.resolve()

    def read(filename: str, subfolder: str, folder: str) -> bytes:
        path = (root / subfolder / filename).resolve()
        if folder != "output" or not path.is_relative_to(root) or not path.is_file():
            return fetch(filename, subfolder, folder)
        return path.read_bytes()

    return read
