"""Sends runs between processes: converts jobs and events to JSON and back.

The two may have different versions, one release apart: each ignores what it does not know.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import events
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import Inputs
from ryla_graphs.origins import WorkflowOrigin
from ryla_graphs.outputs import PromisedOutput
from ryla_graphs.problems import EngineError, EngineRefused, Problem
from ryla_graphs.validation import View

Read = Callable[[Mapping[str, Any]], bytes]
"""Reads the content of an output, given its reported facts."""


@dataclass(frozen=True)
class Job:
    """A graph to run, with everything that a worker needs."""

    run: str
    workflow: CompiledWorkflow
    inputs: Inputs
    previews: bool

    def to_dict(self) -> dict[str, Any]:
        """The job as JSON-ready data; files are base64."""
        workflow = self.workflow
        return {
            "run": self.run,
            "prompt": workflow.document,
            "outputs": [output.to_dict() for output in workflow.outputs],
            "name": workflow.name,
            "ui": workflow.origin.ui,
            "sources": dict(workflow.sources),
            "inputs": {name: base64.b64encode(content).decode() for name, content in self.inputs.items()},
            "previews": self.previews,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], catalog: Catalog) -> Job:
        """The job; `catalog` has the classes that this side knows."""
        workflow = CompiledWorkflow(
            view=View(data["prompt"], catalog, sources=data["sources"]),
            outputs=tuple(PromisedOutput(**_known(PromisedOutput, output)) for output in data["outputs"]),
            name=data["name"],
            sources=data["sources"],
            origin=WorkflowOrigin(ui=data.get("ui")),
        )
        inputs = {name: base64.b64decode(content) for name, content in data["inputs"].items()}
        return cls(data["run"], workflow, inputs, data["previews"])


def is_known(data: Mapping[str, Any]) -> bool:
    """Whether this version knows the event."""
    return data.get("event") in _CLASSES


def load_event(data: Mapping[str, Any], read: Read) -> events.Event:
    """The event that `Event.to_dict` wrote; the content of outputs is read with `read` when needed."""
    given = {name: value for name, value in data.items() if name in _FIELDS[data["event"]]}
    if "artifact" in given:
        given["artifact"] = load_artifact(given["artifact"], read)
    if "outputs" in given:
        given["outputs"] = tuple(load_artifact(row, read) for row in given["outputs"])
    if "left_out" in given:
        given["left_out"] = tuple(Problem.from_dict(row) for row in given["left_out"])
    if "nodes" in given:
        given["nodes"] = tuple(given["nodes"])
    if "error" in given:
        given["error"] = load_error(given["error"])
    if "usage" in given:
        given["usage"] = events.Usage(**_known(events.Usage, given["usage"]))
    if data["event"] == "preview":
        given["data"] = base64.b64decode(given["data"])
    return _CLASSES[data["event"]](**given)


def load_artifact(facts: Mapping[str, Any], read: Read) -> Artifact:
    """The output that `Artifact.to_dict` describes."""
    names = ("node", "kind", "filename", "subfolder", "folder", "text", "simulated")
    given = {name: facts[name] for name in names if name in facts}
    return Artifact(**given, read=lambda: read(facts))


def load_error(data: Mapping[str, Any]) -> EngineError:
    """The error of a run, as the class for its code."""
    kind = _ERRORS.get(data.get("code", ""), EngineError)
    if issubclass(kind, EngineRefused):
        return kind(data["message"], [Problem.from_dict(row) for row in data.get("problems", [])])
    return kind(data["message"], node=data.get("node"), class_type=data.get("class_type"))


def _known(cls: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of some data that are fields of a class."""
    return {field.name: data[field.name] for field in fields(cls) if field.name in data}


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    for each in cls.__subclasses__():
        yield each
        yield from _subclasses(each)


_ERRORS: Mapping[str, type[EngineError]] = {cls.code: cls for cls in _subclasses(EngineError)}
_CLASSES: Mapping[str, type[events.Event]] = {cls.kind: cls for cls in _subclasses(events.Event)}
_FIELDS: Mapping[str, frozenset[str]] = {
    kind: frozenset(field.name for field in fields(cls)) for kind, cls in _CLASSES.items()
}
