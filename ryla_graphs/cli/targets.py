"""The targets of commands: presets, own pipelines, files with graphs, and workflows in Python files."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from ryla_graphs import presets
from ryla_graphs.cli.graphs import notes_of
from ryla_graphs.cli.output import wants_json
from ryla_graphs.cli.own_pipelines import own_pipeline
from ryla_graphs.formats import api
from ryla_graphs.graph.passes import merge_twins
from ryla_graphs.pipelines.python_files import DEFAULT, from_python
from ryla_graphs.pipelines.settable import GraphTarget
from ryla_graphs.presets.base import Preset
from ryla_graphs.problems import (
    AtField,
    InvalidDocument,
    InvalidParameters,
    InvalidSettings,
    Problem,
)
from ryla_graphs.sources import TEMPLATE, parse_json, read_bytes
from ryla_graphs.workflow import Workflow

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.formats.read import Document, Preference


class Loaded(NamedTuple):
    """A workflow with the input files from its document or its parameters."""

    workflow: Workflow
    inputs: Mapping[str, bytes]


_SUFFIXES = frozenset({
    ".py", ".json", ".gz", ".png", ".webp", ".jpg", ".jpeg", ".avif", ".gif", ".tiff", ".mp4", ".mov", ".webm", ".mkv",
    ".flac", ".mp3", ".opus", ".ogg", ".wav", ".latent", ".glb", ".svg", ".exr",
})  # fmt: skip
"""Suffixes that mark a name as a file's, even if the file does not exist."""

Made = Preset[Any] | GraphTarget | Callable[..., Workflow]
"""Everything that makes workflows from parameters."""


def load_target(
    target: str,
    settings: Sequence[str] | None = None,
    params: str | None = None,
    catalog: Catalog | None = None,
    prefer: Preference | None = None,
) -> Loaded:
    """The workflow of a target, with its parameters set."""
    given, files = parameters(settings or [], params)
    made = open_target(target, catalog, prefer)
    return Loaded(made.build(given) if isinstance(made, Preset) else made(**given), {**files_of(made), **files})


def open_target(target: str, catalog: Catalog | None = None, prefer: Preference | None = None) -> Made:
    """Open a target: a preset, an own pipeline, a file with a graph, or a workflow in a Python file.

    Files are read once. Notes on how a graph was read go to standard error, except with `--json`.
    """
    if prefer is not None and is_made(target):
        raise InvalidSettings(f"--from needs a file with a graph, and '{target}' is not one")
    if target in presets.NAMES:
        return presets.get(target)
    if not names_graph(target):
        return own_pipeline(target, catalog)
    if is_made(target):
        path, _, name = target.rpartition(":") if ".py:" in target else (target, "", "")
        return from_python(Path(path), name or DEFAULT)
    made = GraphTarget(target, catalog, prefer)
    if not wants_json():
        for line in notes_of(made.document, target):
            typer.echo(line, err=True)
    return made


class Opened(NamedTuple):
    """A graph in API JSON as it was read, neither checked nor merged."""

    prompt: Mapping[str, Any]
    document: Document | None = None
    """The document that it was read from; None for presets and Python."""
    made: Workflow | None = None
    """The workflow, if a preset or Python made it."""

    @property
    def problems(self) -> Sequence[Problem]:
        """The problems that reading found."""
        return self.document.problems if self.document is not None else ()

    def workflow(self, catalog: Catalog | None) -> Workflow:
        """The graph as a workflow."""
        if self.made is not None:
            return self.made
        return Workflow.load(self.prompt, catalog=catalog, name=self.document.name if self.document else None)

    def facts(self) -> dict[str, Any]:
        """How the graph was read, as JSON-ready data."""
        facts = {} if self.document is None else self.document.facts()
        return {**facts, "problems": [problem.to_dict() for problem in self.problems]}


def open_prompt(
    target: str,
    settings: Sequence[str] | None = None,
    params: str | None = None,
    catalog: Catalog | None = None,
    prefer: Preference | None = None,
) -> Opened:
    """The graph of a target. Missing required parameters are taken from the preset's example."""
    given, _ = parameters(settings or [], params)
    made = open_target(target, catalog, prefer)
    if isinstance(made, GraphTarget):
        document = made.changed(given)
        return Opened(document.prompt, document)
    workflow = made.build(made.completed(given)) if isinstance(made, Preset) else made(**given)
    return Opened(api.dump(merge_twins(workflow.graph)), made=workflow)


def files_of(made: Made) -> dict[str, bytes]:
    """The input files in a graph's document."""
    return made.files if isinstance(made, GraphTarget) else {}


def is_made(target: str) -> bool:
    """Whether code makes the target's graph: a preset, an own pipeline, or a Python file."""
    return target in presets.NAMES or not names_graph(target) or ".py:" in target or target.endswith(".py")


def names_graph(target: str) -> bool:
    """Whether a target is a file with a graph, a template, or a workflow in a Python file."""
    return (
        target == "-"
        or ".py:" in target
        or target.startswith((TEMPLATE, "http://", "https://"))
        or Path(target).suffix.lower() in _SUFFIXES
        or Path(target).is_file()
    )


def parameters(settings: Sequence[str], params: str | None) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Parameters from ``KEY=VALUE`` settings and a file, and the input files among them by name."""
    given: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    if params is not None:
        content = parse_json(read_bytes(params), params)
        if not isinstance(content, dict):
            raise InvalidDocument(f"'{params}' holds {type(content).__name__}, expected an object of parameters")
        given |= content
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise InvalidParameters([_bad_setting(setting)])
        given[key] = from_file(value[1:], files) if value.startswith("@") and len(value) > 1 else value
    return given, files


def _bad_setting(setting: str) -> Problem:
    return Problem(
        code="bad_parameter",
        message=f"'{setting}' is not KEY=VALUE",
        subject=AtField("--param"),
        given=setting,
        hint="-p prompt='a red bicycle' -p referenceImage=@face.png",
    )


def from_file(name: str, files: dict[str, bytes]) -> str:
    """The text of a file, or the name under which a picture, sound or video becomes an input file."""
    content = read_bytes(name)
    media = (mimetypes.guess_type(name)[0] or "text").split("/")[0]
    if media not in ("image", "video", "audio"):
        try:
            return content.decode().rstrip("\n")
        except UnicodeDecodeError:
            pass
    own = Path(name).name
    if files.get(own, content) != content:  # a different file with the same name, from another folder
        own = f"{hashlib.sha256(content).hexdigest()[:12]}-{own}"
    files[own] = content
    return own
