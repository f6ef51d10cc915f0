"""Reads the answers of the official RunPod worker, in every form of its versions, as artifacts of our nodes."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.failures import OUT_OF_MEMORY
from ryla_graphs.engines.partner_key import without_keys
from ryla_graphs.engines.runpod.orders import Order
from ryla_graphs.problems import (
    AtNode,
    EngineError,
    EngineRefused,
    ExecutionFailed,
    OutOfMemory,
    OutputMissing,
    Problem,
    RunLost,
)

Fetch = Callable[[str], bytes]
"""Reads a file from a bucket."""

TOO_BIG = (
    "RunPod reports the run as completed but delivers no output: it silently drops answers of workers above 10 MB. "
    "Set BUCKET_ENDPOINT_URL on the worker, or save smaller pictures"
)
_NODE = re.compile(
    r"Node Type: (?P<type>[^,]+), Node ID: (?P<node>[^,]+), Message: (?P<message>.*)", re.DOTALL | re.IGNORECASE
)
_INVALID = re.compile(r"• Node (?P<node>\S+) \((?P<what>[^)]*)\): (?P<message>.+)")
_OURS = ("Missing 'workflow'", "'images' must be", "Invalid JSON", "Failed to upload one or more input images")
_REFUSED = ("Workflow validation failed", "ComfyUI validation failed", *_OURS)
_LOST = (
    re.compile(r"ComfyUI server .*not reachable", re.IGNORECASE),
    re.compile(r"WebSocket (communication|connection)", re.IGNORECASE),
    re.compile(r"HTTP communication error with ComfyUI", re.IGNORECASE),
    re.compile(r"not found in history", re.IGNORECASE),
)
_SHOWN = 500


def artifacts_of(output: Any, workflow: CompiledWorkflow, order: Order, fetch: Fetch) -> tuple[Artifact, ...]:
    """The pictures in the official worker's answer. Raises `OutputMissing`."""
    if output is None:
        raise OutputMissing(TOO_BIG)
    found = list(_named(output))
    errors = output.get("errors") if isinstance(output, Mapping) else None
    if not found and any(promised.at_least for promised in workflow.outputs):
        raise OutputMissing(f"the worker succeeded but delivered no picture{_quoted(errors)}")
    places: Counter[str] = Counter()
    artifacts = []
    for number, (filename, data, link) in enumerate(found):
        node, name = order.owner(filename) or (_only_node(workflow, filename, number), filename)
        places[node] += 1
        content = None if link else _decoded(data, filename)
        artifacts.append(Artifact(node, "image", name, read=_reader(content, data, fetch)))
    for promised in workflow.outputs:
        if places[promised.node] < promised.at_least and errors:
            raise OutputMissing(
                f"{promised.class_type} '{promised.node}' promised {promised.at_least} pictures but delivered "
                f"{places[promised.node]}{_quoted(errors)}",
                node=promised.node,
                class_type=promised.class_type,
            )
    return tuple(artifacts)


def _named(output: Any) -> Iterator[tuple[str, str, bool]]:
    """File name, data, and whether that is a link: from `images`, or from the `message` of old workers."""
    if not isinstance(output, Mapping):
        raise OutputMissing(f"the worker returned {type(output).__name__} instead of pictures")
    if output.get("status") == "error":
        raise OutputMissing(f"the worker found no picture{_quoted([output.get('message')])}")
    images = output.get("images")
    if isinstance(images, list):
        for entry in images:
            if isinstance(entry, Mapping) and isinstance(data := entry.get("data"), str):
                yield str(entry.get("filename") or "image.png"), data, entry.get("type") == "s3_url"
    elif isinstance(message := output.get("message"), str) and output.get("status") == "success":
        yield "image.png", message, message.startswith(("http://", "https://"))


def _only_node(workflow: CompiledWorkflow, filename: str, number: int) -> str:
    """The node of a file without a mark, if only one node is possible."""
    nodes = list(dict.fromkeys(promised.node for promised in workflow.outputs))
    if len(nodes) == 1:
        return nodes[0]
    raise OutputMissing(
        f"it is unknown which node made picture {number + 1}, '{filename}': its name has no mark of ours"
    )


def _reader(content: bytes | None, link: str, fetch: Fetch) -> Callable[[], bytes]:
    return (lambda: content) if content is not None else (lambda: fetch(link))


def _decoded(data: str, filename: str) -> bytes:
    text = data.partition(",")[2] if data.startswith("data:") else data
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise OutputMissing(f"the picture '{filename}' arrived damaged: it is not valid base64") from None
    if is_cut_off(content):
        raise OutputMissing(f"the picture '{filename}' arrived damaged: it is cut off after {len(content):,} bytes")
    return content


def is_cut_off(content: bytes) -> bool:
    """Whether the end of a PNG, JPEG or WebP is missing; False for other types."""
    if not content:
        return True
    if content.startswith(b"\x89PNG"):
        return b"IEND" not in content[-64:]
    if content.startswith(b"\xff\xd8"):
        return b"\xff\xd9" not in content[-64:]
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return len(content) < int.from_bytes(content[4:8], "little") + 8
    return False


def _quoted(errors: Any) -> str:
    rows = [without_keys(str(error))[:_SHOWN] for error in errors or () if error] if isinstance(errors, list) else []
    return f": {'; '.join(rows)}" if rows else ""


def error_of(job: Mapping[str, Any], workflow: CompiledWorkflow) -> EngineError:
    """The error of a FAILED job of the official worker, without its traceback."""
    text, details = _error_text(job)
    whole = "\n".join([text, *details])
    if text.startswith(_REFUSED):
        problems = [_problem(found, workflow) for found in _INVALID.finditer(whole)]
        return EngineRefused(f"the worker rejects the graph: {text.splitlines()[0][:_SHOWN]}", problems)
    if any(pattern.search(whole) for pattern in _LOST):
        return RunLost(f"the worker lost its ComfyUI: {text.splitlines()[0][:_SHOWN]}")
    found = _NODE.search(whole)
    node = found["node"].strip() if found else None
    class_type = found["type"].strip() if found else None
    reason = without_keys((found["message"] if found else whole).strip())
    source = workflow.sources.get(node) if node is not None else None
    where = f"{class_type} '{node}' failed" if found else "the worker failed"
    message = f"{where}: {reason.partition(chr(10))[0][:_SHOWN]}{f' [{source}]' if source else ''}"
    kind: type[EngineError] = OutOfMemory if OUT_OF_MEMORY.search(whole) else ExecutionFailed
    return kind(message, node=node, class_type=class_type)


def _error_text(job: Mapping[str, Any]) -> tuple[str, list[str]]:
    error, output = job.get("error"), job.get("output")
    if isinstance(error, str) and error.lstrip().startswith("{"):
        try:
            error = json.loads(error)
        except (ValueError, RecursionError):
            error = "the worker crashed, and its report cannot be read"
    if isinstance(error, Mapping):
        error = error.get("error_message") or error.get("message") or error.get("error_type")
    details = output.get("details") if isinstance(output, Mapping) else None
    rows = [str(row) for row in details] if isinstance(details, list) else [str(details)] if details else []
    return str(error or "no reason given").strip() or "no reason given", rows


def _problem(found: re.Match[str], workflow: CompiledWorkflow) -> Problem:
    node = found["node"]
    body = workflow.document.get(node)
    subject = AtNode(node=node, class_type=body["class_type"] if body else None)
    message = found["message"].strip()
    return workflow.explain(Problem(code="refused_by_worker", message=message, subject=subject))
