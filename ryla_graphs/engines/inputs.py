"""Input files of a graph: uploaded under names of their own, and named so in the prompt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from ryla_graphs.catalog.object_info import Catalog
from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.formats.api import ApiDocument
from ryla_graphs.problems import EngineRefused, did_you_mean


def file_inputs(workflow: CompiledWorkflow) -> Iterator[tuple[str, str, str]]:
    """Node, input and value of every input that names a file of the input folder."""
    return files_named(workflow.prompt, workflow.catalog)


def files_named(prompt: ApiDocument, catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    """The same for a prompt that is not compiled, but has the shape of one."""
    for number, body in prompt.items():
        schema = catalog.get(body["class_type"])
        for name, value in body["inputs"].items():
            if schema is not None and isinstance(value, str) and _names_a_file(schema, name):
                yield number, name, value


def _names_a_file(schema: NodeSchema, name: str) -> bool:
    validator = schema.behaviour.validator
    if validator is not None and validator.rule == "input file" and name == validator.inputs[0]:
        return True
    return any(spec.name == name and spec.upload is not None for spec in schema.inputs)


def check_names(workflow: CompiledWorkflow, inputs: Mapping[str, Any]) -> None:
    """Raise `EngineRefused` where a file is given that the graph does not name."""
    named = {value for _, _, value in file_inputs(workflow)}
    for name in inputs:
        if name not in named:
            hint = did_you_mean(name, named) or (f"it names {', '.join(sorted(named))}" if named else "it names none")
            raise EngineRefused(f"the graph names no input file '{name}'; {hint}")


def with_inputs(
    workflow: CompiledWorkflow, inputs: Mapping[str, bytes], upload: Callable[[str, bytes], str]
) -> ApiDocument:
    """The prompt with every given file uploaded and named as the server has it."""
    check_names(workflow, inputs)
    stored = {name: upload(_own_name(name, content), content) for name, content in inputs.items()}
    prompt = dict(workflow.prompt)
    for number, name, value in file_inputs(workflow):
        if value in stored:
            body = prompt[number]
            prompt[number] = {**body, "inputs": {**body["inputs"], name: stored[value]}}
    return prompt


def _own_name(name: str, content: bytes) -> str:
    """A name that no other content has, so that runs do not get in each other's way."""
    path = PurePosixPath(name)
    return f"{path.stem}-{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
