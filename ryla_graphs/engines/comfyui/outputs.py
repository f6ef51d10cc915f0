"""Turns outputs of any kind, as ComfyUI reports them, into artifacts."""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ryla_graphs.answers.words import OutputKind
from ryla_graphs.engines.artifacts import Artifact

Fetch = Callable[[str, str, str], bytes]
"""Reads a file by name, subfolder and folder."""

_BY_MEDIA: Mapping[str, OutputKind] = {"image": "image", "video": "video", "audio": "audio", "model": "3d"}
_BY_KEY: Mapping[str, OutputKind] = {"latents": "latent", "audio": "audio", "3d": "3d"}

_SHOWN_MODEL = re.compile(
    r"(?P<path>.+\.(glb|gltf|obj|fbx|stl|usdz|ply|splat|ksplat|spz))( \[(?P<folder>output|temp|input)\])?",
    re.IGNORECASE,
)
"""How nodes that show a 3D model name it: a path in the output folder, or in the one in brackets after it."""
_SHOWN_FROM_TEMP = re.compile(r"preview(3d_advanced|_splat|_pointcloud)_[0-9a-f]{32}\.")
"""Names of such models in the temp folder, although the server names no folder, or even the output folder."""


def artifacts(node: str, output: Mapping[str, Any], fetch: Fetch, *, any_data: bool = False) -> Iterator[Artifact]:
    """All files and texts in one node's output, whatever key they are under.

    If there are none, `any_data` turns whatever else it reports into a JSON output.
    """
    found = list(_files_and_texts(node, output, fetch))
    yield from found
    if any_data and not found and any(output.values()):
        yield Artifact(node=node, kind="text", filename=f"{node}_00001_.json", text=json.dumps(output))


def _files_and_texts(node: str, output: Mapping[str, Any], fetch: Fetch) -> Iterator[Artifact]:
    for key, entries in output.items():
        if not isinstance(entries, (list, tuple)):
            continue
        for index, entry in enumerate(entries):
            if key == "result" and (model := _shown_model(node, entry, fetch)) is not None:
                yield model
            elif isinstance(entry, Mapping) and isinstance(entry.get("filename"), str):
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


def _shown_model(node: str, entry: Any, fetch: Fetch) -> Artifact | None:
    """The 3D model that a node shows: a path in its message, but a file in the record of the jobs API."""
    model = _SHOWN_MODEL.fullmatch(str(entry.get("filename") if isinstance(entry, Mapping) else entry))
    if model is None:
        return None
    subfolder, _, name = model["path"].rpartition("/")
    folder = model["folder"] or ("temp" if _SHOWN_FROM_TEMP.match(name) else "output")
    return _file(node, "3d", {"filename": name, "subfolder": subfolder, "type": folder}, fetch)


def _kind(key: str, name: str) -> OutputKind:
    media = (mimetypes.guess_type(name)[0] or "").split("/")[0]
    return _BY_KEY.get(key) or _BY_MEDIA.get(media) or "file"


def from_disk(directory: Path, fetch: Fetch) -> Fetch:
    """A `Fetch` that reads files of the output folder from a local directory, and others with `fetch`.

    It reads nothing outside the directory, whatever the names are.
    """
    root = directory.resolve()

    def read(filename: str, subfolder: str, folder: str) -> bytes:
        path = (root / subfolder / filename).resolve()
        if folder != "output" or not path.is_relative_to(root) or not path.is_file():
            return fetch(filename, subfolder, folder)
        return path.read_bytes()

    return read
