"""Translates failures that other servers and workers report into errors about our graph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.partner_key import without_keys
from ryla_graphs.problems import (
    EngineBusy,
    EngineError,
    EngineRefused,
    ExecutionFailed,
    OutOfMemory,
    OutputMissing,
    RunLost,
)

OUT_OF_MEMORY = re.compile(
    r"out of memory|OutOfMemoryError|Allocation on device|not enough memory|MemoryError"
    r"|(CUBLAS|CUDNN)_STATUS_ALLOC_FAILED|failed to allocate memory",
    re.IGNORECASE,
)
"""Messages of torch on CUDA, ROCm, MPS and CPU, and of cuBLAS, cuDNN and onnxruntime."""

POISONED = re.compile(
    r"device-side assert|illegal memory access|illegal instruction|illegal address|misaligned address"
    r"|unspecified launch failure|hardware stack error|uncorrectable ECC|GPU is lost|fallen off the bus"
    r"|No CUDA GPUs are available|(CUDA|HIP) error: unknown error|driver shutting down"
    r"|(CUBLAS|CUDNN)_STATUS_(EXECUTION_FAILED|INTERNAL_ERROR|NOT_INITIALIZED)",
    re.IGNORECASE,
)
"""Faults after which CUDA refuses every call of the process, for any graph."""

_SHOWN = 500
_KINDS: Mapping[str, type[EngineError]] = {
    "out_of_memory": OutOfMemory,
    "output_missing": OutputMissing,
    "run_lost": RunLost,
    "engine_unreachable": RunLost,
    "engine_busy": EngineBusy,
}


def failure_of(workflow: CompiledWorkflow, error: Mapping[str, Any], place: str) -> EngineError:
    """The error of a run from ``code``, ``message``, ``node_id`` and ``class_type``, as our servers report it.

    Drops the traceback.
    """
    code = str(error.get("code") or "")
    node = str(error["node_id"]) if error.get("node_id") else None
    body = workflow.document.get(node) if node is not None else None
    class_type = error.get("class_type") or (body or {}).get("class_type")
    class_type = class_type if isinstance(class_type, str) else None
    stated = without_keys(str(error.get("message") or "no reason given").strip())[:_SHOWN]
    source = workflow.sources.get(node) if node is not None else None
    text = f"{stated} [{source}]" if source else stated
    if code == "engine_refused":
        return EngineRefused(f"{place} rejects the graph: {stated}")
    if code in _KINDS:
        return _KINDS[code](text, node=node, class_type=class_type)
    if OUT_OF_MEMORY.search(stated):
        return OutOfMemory(text, node=node, class_type=class_type)
    if node is not None or code in ("node_execution_error", "node_failed"):
        return ExecutionFailed(text, node=node, class_type=class_type)
    return EngineError(f"the run failed at {place}: {stated}")
