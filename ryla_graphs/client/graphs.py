"""Graphs in requests: a `Workflow`, or any document that the reader opens, which the server converts to a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ryla_graphs.client.files import File, encoded
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.formats.disk import content_at
from ryla_graphs.formats.graphs import graphs_in
from ryla_graphs.problems import InvalidDocument
from ryla_graphs.workflow import Workflow

GraphSource = Workflow | CompiledWorkflow | Mapping[str, Any] | bytes | Path | str
"""A workflow, compiled or not; parsed JSON; the content of a file, or its path; a text with JSON."""


def body_of(source: GraphSource, inputs: Mapping[str, File]) -> dict[str, Any]:
    """The body of a request that runs a graph, with its own input files and the given ones.

    Raises `InvalidDocument` if the source has no graph, or has fields that requests do not support, and
    `SourceUnreachable` if a file cannot be read.
    """
    if isinstance(source, Workflow):
        source = source.compile()
    if isinstance(source, CompiledWorkflow):
        return {"workflow": source.document, "inputs": encoded(inputs)}
    if isinstance(source, Path) or (isinstance(source, str) and not source.lstrip().startswith(("{", "data:"))):
        found = graphs_in(content_at(source).content)
    else:
        found = graphs_in(source)
    if found.unread:
        raise InvalidDocument(f"this is {found.kind} with `{found.unread[0]}`, which has no effect here; leave it out")
    graph = found.prompt if found.prompt is not None else found.workflow
    return {"workflow": graph, "inputs": {**found.files, **encoded(inputs)}}
