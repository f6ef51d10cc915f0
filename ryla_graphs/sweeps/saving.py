"""What a sweep leaves on disk: the outputs, named by their cells, a contact sheet, and `sweep.json`."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from PIL.PngImagePlugin import PngInfo

from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.faces import FaceScore, Reference, lowest
from ryla_graphs.problems import EngineError
from ryla_graphs.sweeps.grid import Cell, Grid
from ryla_graphs.sweeps.running import CellResult
from ryla_graphs.sweeps.sheet import SIMULATED, Shown, contact_sheet


@dataclass(frozen=True)
class SavedSweep:
    """A sweep on disk."""

    manifest: Mapping[str, Any]
    """What `sweep.json` holds."""
    contact_sheet: Path
    file: Path
    """Where `sweep.json` is."""
    failures: Mapping[str, str]
    """Why cells are missing, by name."""


def save_sweep(
    grid: Grid, results: Iterable[CellResult], directory: Path, *, reference: Reference | None = None, **facts: Any
) -> SavedSweep:
    """Save every cell when it ends, then the contact sheet and `sweep.json`, which begins with `facts`.

    With a `reference`, the sheet shows below each picture how well it kept the face; this is measured at the end. Ask
    the person first. If the results end with an exception, what exists is saved before it propagates. Existing files
    are never overwritten. Raises `OSError` if the directory cannot be written.
    """
    saved: dict[Cell, _Saved] = {}
    try:
        for result in results:
            saved[result.cell] = _save(result, directory)
        if reference is not None:
            saved = {cell: each.measured(reference) for cell, each in saved.items()}
    finally:
        left = _leave(grid, saved, directory, facts)
    return left


@dataclass(frozen=True)
class _Saved:
    result: CellResult
    files: tuple[tuple[Artifact, Path], ...]
    error: str | None
    faces: tuple[FaceScore, ...] = ()
    """How well each picture kept the face of the reference, if there is one."""

    @property
    def pictures(self) -> list[tuple[Artifact, Path]]:
        """The pictures of the cell."""
        return [each for each in self.files if each[0].kind == "image" and each[0].folder == "output"]

    @property
    def shown(self) -> Shown:
        """What the contact sheet shows: the first picture and the lowest of all scores."""
        pictures = self.pictures
        others = [path.name for artifact, path in self.files if artifact.kind != "image"]
        more = [f"+{len(pictures) - 1} more"] if len(pictures) > 1 else []
        note = [*lowest(self.faces), *more, *others]
        return Shown(pictures[0][1] if pictures else None, self.error, ", ".join(note) or None)

    def measured(self, reference: Reference) -> _Saved:
        """The same, with the scores of its pictures. A simulated picture shows no person and is not examined."""
        scores = (
            reference.unseen if artifact.simulated else reference.score(path.read_bytes())
            for artifact, path in self.pictures
        )
        return replace(self, faces=tuple(scores))


def _save(result: CellResult, directory: Path) -> _Saved:
    """Save the outputs of a cell under its name; an output that can no longer be read makes the cell fail."""
    files: list[tuple[Artifact, Path]] = []
    error = None if result.error is None else str(result.error)
    for artifact, name in _named(result):
        try:
            files.append((artifact, replace(artifact, filename=name, subfolder="").save(directory)))
        except EngineError as unreadable:
            error = error or str(unreadable)
    return _Saved(result, tuple(files), error)


def _named(result: CellResult) -> list[tuple[Artifact, str]]:
    """The outputs with their file names: the cell's name, plus a distinguishing part if there are several."""
    if len(result.outputs) == 1:
        return [(only, result.cell.name + _suffix(only)) for only in result.outputs]
    nodes = Counter(artifact.node for artifact in result.outputs)
    ids = [_own_id(a, result.cell) if nodes[a.node] == 1 else "" for a in result.outputs]
    return [
        (artifact, f"{result.cell.name},{node or place}{_suffix(artifact)}")
        for place, (artifact, node) in enumerate(zip(result.outputs, ids, strict=True), start=1)
    ]


def _suffix(artifact: Artifact) -> str:
    return PurePosixPath(artifact.filename).suffix


def _own_id(artifact: Artifact, cell: Cell) -> str:
    """The id of an output node within its cell, as a part of a file name."""
    return "_".join(part for part in artifact.node.split("/") if part not in cell.parts)


def _leave(grid: Grid, saved: Mapping[Cell, _Saved], directory: Path, facts: Mapping[str, Any]) -> SavedSweep:
    simulated = any(artifact.simulated for each in saved.values() for artifact, _ in each.files)
    sheet = contact_sheet(grid, {cell: each.shown for cell, each in saved.items()}, simulated=simulated)
    note = PngInfo()
    if simulated:
        note.add_text("simulated", SIMULATED)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", pnginfo=note)
    picture = Artifact("", "image", "contact_sheet.png", read=buffer.getvalue).save(directory)
    manifest = {
        **facts,
        "preset": grid.preset,
        "simulated": simulated,
        **({"zipped": True} if grid.zipped else {}),
        "axes": {axis.parameter: list(axis.values) for axis in grid.axes},
        "fixed": dict(grid.fixed),
        "contact_sheet": picture.name,
        "cells": [_row(cell, saved.get(cell)) for cell in grid],
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False, default=repr) + "\n"
    file = Artifact("", "text", "sweep.json", text=text).save(directory)
    failures = {cell["name"]: cell["error"] for cell in manifest["cells"] if cell["error"]}
    return SavedSweep(manifest, picture, file, failures)


def _row(cell: Cell, saved: _Saved | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": cell.name,
        "values": dict(cell.values),
        "seed": cell.parameters.get("seed"),
        "parameters": dict(cell.parameters),
        "files": [] if saved is None else [path.name for _, path in saved.files],
        "error": "did not run" if saved is None else saved.error,
    }
    if saved is not None and saved.result.error is not None:
        facts["code"] = saved.result.error.code
    if saved is not None and saved.faces:
        rows = zip(saved.pictures, saved.faces, strict=True)
        facts["faces"] = [{"file": path.name, **score.to_dict()} for (_, path), score in rows]
    if saved is not None and saved.result.seconds is not None:
        facts["seconds"] = round(saved.result.seconds, 3)
    return facts
