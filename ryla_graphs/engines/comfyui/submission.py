"""Submits a graph, and makes sure whether the server accepted it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.comfyui.client import FAULT, OK, Answer, ComfyClient, content_of, is_passing
from ryla_graphs.engines.comfyui.server import Server
from ryla_graphs.engines.partner_key import EXTRA, PartnerKey
from ryla_graphs.formats import json_text
from ryla_graphs.problems import AtNode, EngineRefused, EngineUnreachable, Problem

REFUSALS = (400, 401, 403, 413, FAULT)
"""The statuses that refuse a graph without the server's JSON; any other is a proxy's, while the server is down."""


class Submitted(NamedTuple):
    """The submission that the server accepted."""

    prompt_id: str
    """The prompt's id: ours, unless the server is too old to accept ids."""
    left_out: tuple[Problem, ...] = ()
    """The problems of outputs that the server does not run."""
    nodes: frozenset[str] = frozenset()
    """Those outputs."""


def extra_data(workflow: CompiledWorkflow, *, previews: bool = False) -> dict[str, Any]:
    """The extra data of a prompt: the editor's file that it was read from, which the server saves into pictures."""
    extra: dict[str, Any] = {"preview_method": "auto"} if previews else {}
    if (ui := workflow.origin.ui) is not None:
        extra["extra_pnginfo"] = {"workflow": ui if json_text.is_fit(ui) else json_text.mended(ui)}
    return extra


def submit(
    server: Server,
    workflow: CompiledWorkflow,
    prompt_id: str,
    order: Mapping[str, Any],
    partner_key: PartnerKey | None = None,
) -> Submitted:
    """Submit a prompt with our own id.

    `order` is the body: the prompt, with the server's names of input files, and extra data.

    ComfyUI executes a prompt as often as it is submitted, even with the same id. So if an answer is lost, this asks
    the server whether it has the prompt, and submits again only if it does not.

    Raises `EngineRefused` if the server rejects the graph or any required output, and `EngineUnreachable`.
    """
    client = server.client
    if partner_key is not None:
        order = {**order, "extra_data": {**order.get("extra_data", {}), EXTRA: partner_key.reveal()}}
    body = {**order, "prompt_id": prompt_id, "client_id": server.feed.client_id}
    for last in (False, True):
        try:
            answer = client.request("POST", "/prompt", content=body)
            return _accepted(client, workflow, prompt_id, answer)
        except EngineUnreachable:
            if client.state(prompt_id).phase != "unknown":
                return Submitted(prompt_id)
            if last:
                raise
    raise AssertionError("the last try returns or raises")


def _accepted(client: ComfyClient, workflow: CompiledWorkflow, prompt_id: str, answer: Answer) -> Submitted:
    content = content_of(answer) or {}
    problems = tuple(workflow.explain(problem) for problem in _problems(content))
    given = content.get("prompt_id")
    if answer.status_code == OK and problems:
        # The server runs the valid outputs, and leaves the others out silently.
        left_out = _left_out(content)
        if isinstance(given, str) and not any(out.node in left_out and not out.optional for out in workflow.outputs):
            return Submitted(given, problems, left_out)
        client.cancel(given if isinstance(given, str) else prompt_id)
        raise EngineRefused(f"{client.name} would leave out some outputs; `partial` runs the others:", problems)
    if answer.status_code == OK and isinstance(given, str):
        return Submitted(given)
    error = content.get("error")
    if answer.status_code == OK or is_passing(answer) or (error is None and answer.status_code not in REFUSALS):
        reason = "no prompt id" if answer.status_code == OK else f"status {answer.status_code}"
        raise EngineUnreachable(f"{client.address}/prompt does not answer like ComfyUI: {reason}")
    if answer.status_code == FAULT and client.state(prompt_id).phase != "unknown":
        return Submitted(prompt_id)
    cause = error.get("message") if isinstance(error, dict) else None
    raise EngineRefused(f"{client.name} rejects the graph: {cause or f'status {answer.status_code}'}", problems)


def _left_out(answer: Mapping[str, Any]) -> frozenset[str]:
    """The output nodes that the server leaves out."""
    found = (rows for rows in answer["node_errors"].values() if isinstance(rows, dict))
    return frozenset(str(node) for rows in found for node in rows.get("dependent_outputs") or ())


def _problems(answer: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems that the server reports."""
    node_errors = answer.get("node_errors")
    for number, found in (node_errors if isinstance(node_errors, dict) else {}).items():
        for error in found.get("errors", []):
            yield Problem(
                code=error.get("type", "unknown"),
                message=": ".join(text for text in (error.get("message"), error.get("details")) if text),
                subject=AtNode(
                    node=number,
                    class_type=found.get("class_type"),
                    input=(error.get("extra_info") or {}).get("input_name"),
                ),
                level="error",
                tier=1,
                given=(error.get("extra_info") or {}).get("received_value"),
            )
