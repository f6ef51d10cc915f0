"""Confines a graph to its job: it may read only the files of its request, and writes into its own folder."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.inputs import file_inputs
from ryla_graphs.formats.api import ApiDocument
from ryla_graphs.problems import AtNode, InvalidWorkflow, Problem

PREFIXES = ("filename_prefix", "folder_name", "save_prefix", "subfolder_name")
"""Inputs that name the place on the server's disk where a class writes."""

FREE_READERS = frozenset(
    {
        "ImageReceiver",
        "LoadImageDataSetFromFolder",
        "LoadImageOutput",
        "LoadImageTextDataSetFromFolder",
        "LoadTrainingDataset",
        "LoadVideoDataSetFromFolder",
        "LoadVideoTextDataSetFromFolder",
        "VHS_LoadAudio",
        "VHS_LoadImagePath",
        "VHS_LoadImages",
        "VHS_LoadImagesPath",
        "VHS_LoadVideoFFmpegPath",
        "VHS_LoadVideoPath",
        "VHS_SelectLatest",
        "WebcamCapture",
    }
)
"""Classes that read files on the server's disk, including those of other jobs."""

FREE_WRITERS = frozenset({"LoraSave", "SaveLoRA", "TrainLoraNode"})
"""Classes that write into folders from which later jobs load."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What graphs may do here."""

    allowed: frozenset[str] | None = None
    """The only classes that may be used; None for all classes of the catalog except `denied`."""
    denied: frozenset[str] = FREE_READERS | FREE_WRITERS
    shared_inputs: bool = False
    """Whether a graph may name files that are already in the server's input folder."""

    def permits(self, class_type: str) -> bool:
        """Whether a class may be used."""
        return class_type not in self.denied and (self.allowed is None or class_type in self.allowed)


def confined(
    workflow: CompiledWorkflow, folder: str, given: Collection[str], rules: Confinement | None = None
) -> CompiledWorkflow:
    """The workflow as it may run, with outputs below `folder`. Raises `InvalidWorkflow` with everything forbidden.

    `given` are the names of the request's input files. Codes: `class_not_allowed`, `input_not_given`.
    """
    rules = rules or Confinement()
    problems = [*_forbidden_classes(workflow, rules), *_forbidden_files(workflow, given, rules)]
    if problems:
        raise InvalidWorkflow(workflow.explain(problem) for problem in problems)
    return workflow.with_document(_below(workflow.document, folder))


def _forbidden_classes(workflow: CompiledWorkflow, rules: Confinement) -> Iterator[Problem]:
    for node in workflow.view.every_node():
        number, class_type = node.id, node.class_type
        if not rules.permits(class_type):
            yield Problem(
                code="class_not_allowed",
                message=f"{class_type} is not allowed on this server",
                subject=AtNode(node=number, class_type=class_type),
                hint="GET /nodes lists the allowed classes",
            )


def _forbidden_files(workflow: CompiledWorkflow, given: Collection[str], rules: Confinement) -> Iterator[Problem]:
    for number, name, value in file_inputs(workflow):
        if value in given or (rules.shared_inputs and is_plain(value)) or value == "":
            continue
        yield Problem(
            code="input_not_given",
            message=f"the request has no file {value!r}",
            subject=AtNode(node=number, class_type=workflow.view.class_of(number), input=name),
            given=value,
            hint=f'send it as "inputs": {{"{name}": …}}, under the name that the graph uses, or as an asset',
        )


def is_plain(name: str) -> bool:
    """Whether a file name is plain: no parent folder, no ``[output]``, no characters special to shells or paths."""
    parts = name.split("/")
    return all(re.fullmatch(r"[\w][\w .()-]*", part) is not None and ".." not in part for part in parts)


def _below(prompt: ApiDocument, folder: str) -> ApiDocument:
    """The prompt with every file prefix below `folder`; linked prefixes are replaced as well."""
    confined_prompt = dict(prompt)
    for number, body in prompt.items():
        changes = {name: f"{folder}/{_stem(body['inputs'][name])}" for name in PREFIXES if name in body["inputs"]}
        if changes:
            confined_prompt[number] = {**body, "inputs": {**body["inputs"], **changes}}
    return confined_prompt


def _stem(prefix: Any) -> str:
    """The last part of a prefix, without characters that are special to file systems or ComfyUI."""
    last = prefix.replace("\\", "/").rstrip("/").rpartition("/")[2].strip(". ") if isinstance(prefix, str) else ""
    return re.sub(r"[^\w .-]|\.{2,}", "_", last).strip(". ")[:80] or "output"
