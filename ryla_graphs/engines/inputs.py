"""Uploads the input files of a graph under unique names, and renames them in the prompt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.formats.api import ApiDocument
from ryla_graphs.problems import EngineRefused, did_you_mean
from ryla_graphs.prompt.files import input_files


def file_inputs(workflow: CompiledWorkflow) -> Iterator[tuple[str, str, str]]:
    """Node, input and value of every input that names a file of the input folder."""
    return ((file.node, file.input, file.name) for file in input_files(workflow.view))


def check_names(workflow: CompiledWorkflow, inputs: Mapping[str, Any]) -> None:
    """Raise `EngineRefused` for a given file that the graph does not name."""
    named = {value for _, _, value in file_inputs(workflow)}
    for name in inputs:
        if name not in named:
            hint = did_you_mean(name, named) or (f"it names {', '.join(sorted(named))}" if named else "it names none")
            raise EngineRefused(f"the graph names no input file '{name}'; {hint}")


def with_inputs(
    workflow: CompiledWorkflow, inputs: Mapping[str, bytes], upload: Callable[[str, bytes], Any]
) -> ApiDocument:
    """Upload every given file, and return the prompt with the server's names of them."""
    check_names(workflow, inputs)
    stored = {name: upload(_own_name(name, content), content) for name, content in inputs.items()}
    prompt = dict(workflow.document)
    for number, name, value in file_inputs(workflow):
        if value in stored:
            body = prompt[number]
            prompt[number] = {**body, "inputs": {**body["inputs"], name: stored[value]}}
    return prompt


def _own_name(name: str, content: bytes) -> str:
    """A name that is unique to the content, so that runs do not overwrite each other's files."""
    path = PurePosixPath(name)
    return f"{path.stem}-{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
