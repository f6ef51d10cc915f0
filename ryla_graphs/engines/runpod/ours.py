"""The contract with our worker on RunPod: outputs of every kind, failures in terms of our nodes, progress.

The worker returns ``{"ryla": 1, "outputs": […], "seconds": 1.5}`` or ``{"ryla": 1, "failed": {…}}``; an output is the
result of `Artifact.to_dict`, with its bytes in ``data`` as base64 or in a bucket at ``url``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.events import Finished
from ryla_graphs.engines.runpod.results import TOO_BIG, Fetch
from ryla_graphs.engines.wire_format import load_artifact, load_error
from ryla_graphs.problems import EngineError, OutputMissing

VERSION = 1
RESULT_BYTES = 9 * 2**20
"""The most bytes that are returned in the answer itself: RunPod drops answers above 10 MB."""

Store = Callable[[str, bytes], str]
"""Uploads bytes into a bucket; returns the URL to read them from."""


def result_of(finished: Finished, store: Store | None) -> dict[str, Any]:
    """The worker's answer; raises `OutputMissing` if it is too large and there is no bucket."""
    contents = [_content(artifact) for artifact in finished.outputs]
    inside = store is None or sum(map(len, contents)) * 4 // 3 <= RESULT_BYTES
    size = sum(map(len, contents)) * 4 // 3
    if inside and size > RESULT_BYTES:
        raise OutputMissing(
            f"the outputs have {size / 2**20:.1f} MB as base64, and RunPod drops answers above 10 MB: "
            "set BUCKET_ENDPOINT_URL and its keys on the worker"
        )
    rows: list[dict[str, Any]] = []
    for artifact, content in zip(finished.outputs, contents, strict=True):
        facts = {name: value for name, value in artifact.to_dict().items() if name not in ("media_type", "text")}
        facts |= {"sha256": hashlib.sha256(content).hexdigest()}
        if store is None or inside:
            facts["data"] = base64.b64encode(content).decode()
        else:
            facts["url"] = store(f"{finished.run}/{len(rows)}-{artifact.filename}", content)
        rows.append(facts)
    return {"ryla": VERSION, "outputs": rows, "seconds": finished.seconds}


def _content(artifact: Artifact) -> bytes:
    return artifact.read() if artifact.text is None else artifact.text.encode()


def artifacts_of_ours(output: Any, workflow: CompiledWorkflow, fetch: Fetch) -> tuple[Artifact, ...]:
    """The outputs in the answer of our worker; raises its failure."""
    if output is None:
        raise OutputMissing(TOO_BIG)
    if not isinstance(output, Mapping) or output.get("ryla") != VERSION:
        raise EngineError("the endpoint's worker is not ours, or has another version; check `worker` of its route")
    if isinstance(failed := output.get("failed"), Mapping):
        raise _located(load_error({"message": "no reason given", **failed}), workflow)
    rows = output.get("outputs")
    return tuple(_artifact(row, fetch) for row in (rows if isinstance(rows, Sequence) else ()))


def _located(error: EngineError, workflow: CompiledWorkflow) -> EngineError:
    source = workflow.sources.get(error.node or "")
    if source is not None and error.args:
        error.args = (f"{error.args[0]} [{source}]", *error.args[1:])
    return error


def _artifact(row: Any, fetch: Fetch) -> Artifact:
    def read(facts: Mapping[str, Any]) -> bytes:
        try:
            content = base64.b64decode(row["data"], validate=True) if "data" in row else fetch(str(row["url"]))
        except (binascii.Error, ValueError, KeyError, TypeError):
            raise OutputMissing(f"the output '{facts['filename']}' arrived damaged: it is not valid base64") from None
        if hashlib.sha256(content).hexdigest() != row.get("sha256"):
            raise OutputMissing(f"the output '{facts['filename']}' arrived damaged: its hash is wrong")
        return content

    try:
        return load_artifact(row, read)
    except TypeError:
        raise OutputMissing("the worker described an output in an unknown form") from None
