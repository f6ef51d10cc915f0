"""The input of a job for a worker on RunPod: the official worker-comfyui, which only handles pictures, or ours.

The official worker returns file names without folders and without nodes. So every save node gets a mark at the start
of its files' names, which is removed when the files come back.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.base import Inputs
from ryla_graphs.engines.inputs import check_names, file_inputs
from ryla_graphs.engines.wire_format import Job
from ryla_graphs.outputs import OVER_SOCKET
from ryla_graphs.problems import EngineRefused

Worker = Literal["comfyui", "ryla"]
"""The official worker, or our own from `runtime_runpod.py`."""

BODY_BYTES = 10 * 2**20
"""The largest body in bytes that RunPod accepts at ``/run``, including base64."""
OURS = "ryla_job"
"""The key of a job for our worker in the input."""

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tiff", ".tif"})
_SHOWN_ONLY = ("Preview", "MaskPreview")
_MARK = re.compile(r"^n(?P<place>\d+)-(?P<name>.+)$")


@dataclass(frozen=True)
class Order:
    """The input of a job, and the node of each mark."""

    input: Mapping[str, Any]
    marks: tuple[str, ...] = ()
    """Node ids, by the number in the mark."""

    def encoded(self, policy: Mapping[str, Any], webhook: str | None = None) -> bytes:
        """The body of ``/run``; raises `EngineRefused` if it is larger than RunPod accepts."""
        body: dict[str, Any] = {"input": self.input, "policy": policy}
        if webhook is not None:
            body["webhook"] = webhook
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
        if len(text) > BODY_BYTES:
            raise EngineRefused(too_large(len(text)))
        return text

    def owner(self, filename: str) -> tuple[str, str] | None:
        """The node of a file, and the file's name without its mark; None if it has no mark."""
        found = _MARK.match(PurePosixPath(filename.replace("\\", "/")).name)
        if found is None or int(found["place"]) >= len(self.marks):
            return None
        return self.marks[int(found["place"])], found["name"]


def too_large(size: int) -> str:
    """The message for a body that is larger than RunPod accepts."""
    return (
        f"the graph with its input files is {size / 2**20:.1f} MB, but RunPod accepts {BODY_BYTES / 2**20:.0f} MB, "
        "which is about 7 MB of files in base64"
    )


def unfit(workflow: CompiledWorkflow, worker: Worker, names: Mapping[str, int] | None = None) -> str:
    """Why a worker cannot run a graph, by its outputs and its input files' names and sizes; empty if it can."""
    size = sum(names.values()) * 4 // 3 if names else 0
    if size > BODY_BYTES:
        return too_large(size)
    if worker == "ryla":
        return ""
    for output in workflow.outputs:
        if output.kind not in ("image", "unknown") and output.at_least:
            return f"worker-comfyui only returns pictures, but {output.class_type} '{output.node}' makes {output.kind}"
        if output.class_type.startswith(_SHOWN_ONLY) or output.class_type in OVER_SOCKET:
            return f"worker-comfyui only returns saved pictures, but {output.class_type} '{output.node}' saves none"
    for name in names or ():
        if PurePosixPath(name).suffix.lower() not in _PICTURES:
            return f"worker-comfyui only accepts pictures, and '{name}' is not one"
    return ""


def order_of(workflow: CompiledWorkflow, inputs: Inputs, run_id: str, worker: Worker, *, previews: bool) -> Order:
    """The input for the worker; raises `EngineRefused` if the worker cannot run the graph."""
    check_names(workflow, inputs)
    if reason := unfit(workflow, worker, {name: len(content) for name, content in inputs.items()}):
        raise EngineRefused(reason)
    if worker == "ryla":
        return Order({OURS: Job(run_id, workflow, inputs, previews).to_dict()})
    return _official(workflow, inputs, run_id)


def _official(workflow: CompiledWorkflow, inputs: Inputs, run_id: str) -> Order:
    prompt = {node: dict(body) for node, body in workflow.document.items()}
    # Two jobs on one warm worker share its input folder.
    stored = {name: f"{run_id}-{number}{PurePosixPath(name).suffix}" for number, name in enumerate(inputs)}
    for node, name, value in file_inputs(workflow):
        if value in stored:
            prompt[node]["inputs"] = {**prompt[node]["inputs"], name: stored[value]}
    marks = tuple(dict.fromkeys(output.node for output in workflow.outputs))
    for place, node in enumerate(marks):
        prefix = prompt[node]["inputs"].get("filename_prefix")
        if isinstance(prefix, str):
            folder, slash, base = prefix.rpartition("/")
            marked = f"{folder}{slash}n{place}-{base or 'ComfyUI'}"
            prompt[node]["inputs"] = {**prompt[node]["inputs"], "filename_prefix": marked}
    images = [{"name": stored[name], "image": base64.b64encode(data).decode()} for name, data in inputs.items()]
    return Order({"workflow": prompt, **({"images": images} if images else {})}, marks)
