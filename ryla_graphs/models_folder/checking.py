"""Whether the files of a models folder are what their names say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ryla_graphs.families import Detected, detect
from ryla_graphs.models_folder.folder import ModelsFolder
from ryla_graphs.models_folder.hashing import sha256_of
from ryla_graphs.models_folder.headers import SAFETENSORS, check_other, read_header
from ryla_graphs.models_folder.identity import misnamed, missized, pickled
from ryla_graphs.problems import InvalidWeights, Problem
from ryla_graphs.weights import Weight, known, manifest

State = Literal["fine", "unknown", "missing", "suspect", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """One file, and what is wrong with it."""

    folder: str
    name: str
    path: Path | None
    """None if it is missing."""
    size: int | None = None
    weight: Weight | None = None
    """The manifest's row; None for files that it does not know."""
    detected: Detected | None = None
    """What the header says it is."""
    hashed: bool = False
    """Whether its sha256 was compared with the published one."""
    problems: tuple[Problem, ...] = ()

    @property
    def state(self) -> State:
        """One word: ``bad`` has an error, ``suspect`` a warning, ``unknown`` is sound but not in the manifest."""
        if self.path is None:
            return "missing"
        levels = {problem.level for problem in self.problems}
        if "error" in levels:
            return "bad"
        return "suspect" if "warning" in levels else "fine" if self.weight is not None else "unknown"

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        facts = {
            "folder": self.folder,
            "name": self.name,
            "state": self.state,
            "path": str(self.path) if self.path else None,
            "size": self.size,
            "kind": self.detected.kind if self.detected else None,
            "families": sorted(self.detected.families) if self.detected else None,
            "hashed": self.hashed or None,
            "problems": [problem.to_dict() for problem in self.problems] or None,
        }
        return {key: value for key, value in facts.items() if value is not None}


def check(
    models: ModelsFolder,
    wanted: Iterable[tuple[str, str]] | None = None,
    *,
    rows: Iterable[Weight] = (),
    hashes: bool = False,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> Iterator[CheckedFile]:
    """Check the requested files, by folder and name, or all that exist.

    `rows` describe files that the manifest does not know. With `hashes`, sound files are read whole and compared with
    the published sha256; `on_bytes` gets the length of every piece read.
    """
    known = {**_rows(), **{f"{row.folder}/{row.name}": row for row in rows}}
    for place in _everything(models) if wanted is None else dict.fromkeys(wanted):
        checked = _looked_up(models, place, known)
        if hashes and checked.state == "fine":
            checked = _hashed(checked, on_bytes)
        where = f"{checked.folder}/{checked.name}"
        yield replace(checked, problems=tuple(problem.at(file=where) for problem in checked.problems))


def _looked_up(models: ModelsFolder, place: tuple[str, str], known: Mapping[str, Weight]) -> CheckedFile:
    row = known.get("/".join(place))
    path = models.find(*place)
    folder, name = row.key if row is not None else place
    checked = CheckedFile(folder=folder, name=name, path=path, weight=row)
    return replace(checked, problems=(_missing(row),)) if path is None else _looked_into(checked, path)


def _rows() -> Mapping[str, Weight]:
    """Rows by path below ``models``, since a folder in the manifest may lie deeper than the listed ones."""
    return {f"{row.folder}/{row.name}": row for row in manifest()}


def _everything(models: ModelsFolder) -> Iterator[tuple[str, str]]:
    return ((held.folder, held.name) for held in models.files())


def _missing(row: Weight | None) -> Problem:
    hint = "it is not in the manifest: put it there yourself" if row is None else _pull(row)
    return Problem(code="missing_file", message="is missing", hint=hint)


def _pull(row: Weight) -> str:
    named = row.name if known(row.name, row.folder) is not None else "GRAPH"
    return f"`ryla-graphs weights pull {named} --into DIR`"


def _looked_into(checked: CheckedFile, path: Path) -> CheckedFile:
    """The file, with what its first bytes, header and size reveal."""
    detected: Detected | None = None
    try:
        checked = replace(checked, size=path.stat().st_size)
        if path.suffix in SAFETENSORS:
            detected = detect(read_header(path))
        else:
            check_other(path)
    except InvalidWeights as error:
        again = f"; {_pull(checked.weight)}" if checked.weight is not None else ""
        return replace(checked, problems=tuple(p.at(hint=f"{p.hint}{again}") for p in error.problems))
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        return replace(checked, problems=(Problem(code="unreadable_file", message=message),))
    renamed = tuple(misnamed(checked.folder, checked.name, checked.weight, detected))
    problems = (*(renamed or missized(checked.weight, checked.size)), *pickled(path, checked.weight))
    return replace(checked, detected=detected, problems=problems)


def _hashed(checked: CheckedFile, on_bytes: Callable[[int], None]) -> CheckedFile:
    published = checked.weight.sha256 if checked.weight is not None else None
    if published is None or checked.path is None:
        return checked
    found = sha256_of(checked.path, on_bytes)
    if found == published:
        return replace(checked, hashed=True)
    problem = Problem(
        code="wrong_hash",
        message=f"its sha256 is {found}, published is {published}",
        hint="its bytes are damaged or changed: delete it and pull it again",
    )
    return replace(checked, hashed=True, problems=(*checked.problems, problem))
