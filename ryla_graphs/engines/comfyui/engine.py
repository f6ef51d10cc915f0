"""`ComfyUI`: subscribes to a run's messages, then submits the graph."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.base import Health, Inputs, LogLine
from ryla_graphs.engines.comfyui.client import ComfyClient
from ryla_graphs.engines.comfyui.diagnosis import Fitness
from ryla_graphs.engines.comfyui.feed import Feed
from ryla_graphs.engines.comfyui.log import lines_between
from ryla_graphs.engines.comfyui.outputs import Fetch, from_disk
from ryla_graphs.engines.comfyui.release import log_other_release, release_of
from ryla_graphs.engines.comfyui.run import ComfyRun, listen
from ryla_graphs.engines.comfyui.server import Patience, Server
from ryla_graphs.engines.comfyui.submission import extra_data, submit
from ryla_graphs.engines.inputs import with_inputs
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.engines.turns import Turns
from ryla_graphs.plan.services import calls_services
from ryla_graphs.problems import EngineError, EngineUnreachable

_HEALTH_SECONDS = 5.0


class ComfyUI:
    """A ComfyUI server at ``http://host:port``.

    `headers` are sent with every request. `output_directory` is the server's output folder, if this machine has it;
    then files are read from there instead of downloaded. `slots` is 2 because the server executes one run at a time,
    and a second waiting run keeps it busy. `partner_key` is only sent with graphs that call partners' paid services.
    """

    def __init__(
        self,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        output_directory: Path | None = None,
        slots: int = 2,
        patience: Patience | None = None,
        partner_key: PartnerKey | None = None,
    ) -> None:
        self.client = ComfyClient(address, headers)
        self._partner_key = partner_key
        self.slots = slots
        patience = patience or Patience()
        fetch: Fetch = self.client.view
        if output_directory is not None:
            fetch = from_disk(output_directory, fetch)
        self._server = Server(self.client, Feed(self.client, ping=patience.ping), Fitness(), patience, fetch)
        self._turns = Turns()

    @property
    def name(self) -> str:
        return self.client.name

    def catalog(self) -> Catalog:
        """The server's node classes, with its own files as choices."""
        entries, release = self.client.json("/object_info"), release_of(self.client)
        return catalogs.from_object_info(entries, name=f"the server at {self.client.address}", comfyui=release)

    def compare(self, used: Catalog) -> None:
        """Log, once, if the server runs another release of ComfyUI than that of a catalog."""
        log_other_release(self.client, used)

    def start(
        self,
        workflow: CompiledWorkflow,
        inputs: Inputs | None = None,
        *,
        run_id: str | None = None,
        fresh: bool = False,
        previews: bool = False,
        gpu: str | None = None,  # noqa: ARG002 - it has one kind
        partner_key: PartnerKey | None = None,
    ) -> ComfyRun:
        """Upload the inputs, subscribe, submit. If the server knows a run with this id, resume that instead."""
        if partner_key is None and self._partner_key is not None and calls_services(workflow.view):
            partner_key = self._partner_key
        if run_id is None or fresh:
            return self._submit(workflow, inputs or {}, run_id or str(uuid.uuid4()), previews, partner_key)
        # One start of an id at a time, so that a second one finds the first one's run.
        with self._turns.of(run_id):
            if self.knows(run_id):
                return self.resume(run_id, workflow)
            return self._submit(workflow, inputs or {}, run_id, previews, partner_key)

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> ComfyRun:
        """Resume a run. Messages go to the process that started it, so this one polls."""
        return ComfyRun(self._server, workflow, run_id, listen(self._server, workflow, run_id))

    def knows(self, run_id: str) -> bool:
        """Whether the server has, or had since its start, a run with this id; raises `EngineUnreachable`."""
        return self.client.state(run_id).phase != "unknown"

    def health(self) -> Health:
        """Whether the server answers, and can execute graphs."""
        try:
            queue = self.client.json("/queue", seconds=_HEALTH_SECONDS)
            trouble = self._server.fitness.trouble(self.client.state)
        except EngineUnreachable as error:
            return Health(ready=False, reason=str(error))
        queued = len(queue.get("queue_running", [])) + len(queue.get("queue_pending", []))
        return Health(ready=not trouble, reason=trouble and f"{self.name} {trouble}", queued=queued)

    def log_of(self, run_id: str, began: float, ended: float | None) -> tuple[LogLine, ...]:  # noqa: ARG002
        """The server's log of that time, if the server is on this machine."""
        return lines_between(self.client, began, ended)

    @property
    def needs_restart(self) -> bool:
        """Whether a run of this engine has broken the server's process."""
        return self._server.fitness.broken

    def close(self) -> None:
        """Close the socket and all connections. Iterators of events end, and runs continue on the server."""
        self._server.feed.close()
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _submit(
        self, workflow: CompiledWorkflow, inputs: Inputs, run_id: str, previews: bool, partner_key: PartnerKey | None
    ) -> ComfyRun:
        feed = self._server.feed
        order = {
            "prompt": with_inputs(workflow, inputs, self.client.upload),
            "extra_data": extra_data(workflow, previews=previews),
        }
        inbox = listen(self._server, workflow, run_id)
        try:
            feed.connect()
            taken = submit(self._server, workflow, run_id, order, partner_key)
        except BaseException as error:
            feed.unsubscribe(inbox)
            if not isinstance(error, EngineError):
                # We were interrupted, and the server may have accepted the graph.
                with suppress(EngineUnreachable):
                    self.client.cancel(run_id)
            raise
        if taken.prompt_id != run_id:
            feed.unsubscribe(inbox)
            inbox = listen(self._server, workflow, taken.prompt_id)
        kept = tuple(output for output in workflow.outputs if output.node not in taken.nodes)
        return ComfyRun(
            self._server,
            replace(workflow, outputs=kept) if taken.nodes else workflow,
            taken.prompt_id,
            inbox,
            order,
            heard=taken.prompt_id == run_id,
            partner_key=partner_key,
            left_out=taken.left_out,
        )
