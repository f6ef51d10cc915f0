"""`ComfyUI`: hand a graph over, having subscribed first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from ryla_graphs import catalogs
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.base import Health, Inputs
from ryla_graphs.engines.comfyui.client import ComfyClient
from ryla_graphs.engines.comfyui.run import ComfyRun
from ryla_graphs.engines.comfyui.socket import ComfySocket
from ryla_graphs.engines.inputs import with_inputs
from ryla_graphs.errors import EngineRefused, EngineUnreachable, Problem
from ryla_graphs.object_info import Catalog


class ComfyUI:
    """A ComfyUI server at ``http://host:port``; `headers` go with every request."""

    slots = 2
    """It executes one run at a time; the second keeps it busy between two."""

    def __init__(self, address: str, *, headers: Mapping[str, str] | None = None) -> None:
        self.client = ComfyClient(address, headers)

    @property
    def name(self) -> str:
        return f"ComfyUI at {self.client.address}"

    def catalog(self) -> Catalog:
        """The node classes the server has, with its own files as choices."""
        return catalogs.from_object_info(self.client.json("/object_info"), name=self.client.address)

    def start(
        self,
        workflow: CompiledWorkflow,
        inputs: Inputs | None = None,
        *,
        run_id: str | None = None,
        previews: bool = False,
    ) -> ComfyRun:
        """Upload the inputs, subscribe, submit."""
        prompt = with_inputs(workflow, inputs or {}, self.client.upload)
        prompt_id, client_id = run_id or str(uuid.uuid4()), uuid.uuid4().hex
        socket = ComfySocket(self.client, client_id)
        socket.connect()
        try:
            extra = {"preview_method": "auto"} if previews else {}
            body = {"prompt": prompt, "prompt_id": prompt_id, "client_id": client_id, "extra_data": extra}
            prompt_id = self._accept(workflow, prompt_id, self.client.submit(body))
        except BaseException:
            socket.close()
            raise
        return ComfyRun(self.client, socket, workflow, prompt_id)

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> ComfyRun:
        """Subscribe anew; the first break-free look at the server's own record tells what was missed."""
        socket = ComfySocket(self.client, uuid.uuid4().hex)
        return ComfyRun(self.client, socket, workflow, run_id)

    def health(self) -> Health:
        """Whether the server answers."""
        try:
            queue = self.client.json("/queue")
        except EngineUnreachable as error:
            return Health(ready=False, reason=str(error))
        return Health(ready=True, queued=len(queue.get("queue_running", [])) + len(queue.get("queue_pending", [])))

    def close(self) -> None:
        """Close what is open to the server."""

    def _accept(self, workflow: CompiledWorkflow, prompt_id: str, answer: requests.Response) -> str:
        """The id of the run, ours unless the server is too old to take it.

        Raises `EngineRefused` unless the server takes the whole graph.
        """
        try:
            content = answer.json()
        except ValueError:
            content = {}
        if not isinstance(content, dict):
            content = {}
        problems = tuple(workflow.explain(problem) for problem in server_problems(content))
        if answer.status_code == requests.codes.ok:
            if problems:
                # The server would run the good outputs and leave the others out without another word.
                self.client.cancel(prompt_id)
                raise EngineRefused(f"{self.name} would leave out some of the outputs:", problems)
            if not isinstance(content.get("prompt_id"), str):
                raise EngineUnreachable(f"{self.client.address}/prompt does not answer like ComfyUI: no prompt id")
            return str(content["prompt_id"])
        error = content.get("error")
        reason = error.get("message") if isinstance(error, dict) else None
        raise EngineRefused(f"{self.name} refuses the graph: {reason or f'status {answer.status_code}'}", problems)


def server_problems(answer: Mapping[str, Any]) -> Iterator[Problem]:
    """The server's own complaints as problems."""
    node_errors = answer.get("node_errors")
    for number, found in (node_errors if isinstance(node_errors, dict) else {}).items():
        for error in found.get("errors", []):
            yield Problem(
                code=error.get("type", "unknown"),
                message=": ".join(text for text in (error.get("message"), error.get("details")) if text),
                tier=1,
                node=number,
                class_type=found.get("class_type"),
                input=(error.get("extra_info") or {}).get("input_name"),
                given=(error.get("extra_info") or {}).get("received_value"),
            )
