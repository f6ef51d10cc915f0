"""`Remote`: submits graphs to a server with Comfy API v2."""

from __future__ import annotations

import uuid
from typing import Any, Self

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.base import Health, Inputs, LostRun
from ryla_graphs.engines.http import NoAnswer
from ryla_graphs.engines.inputs import with_inputs
from ryla_graphs.engines.partner_key import EXTRA, PartnerKey
from ryla_graphs.engines.patience import Patience
from ryla_graphs.engines.polled import JobIds
from ryla_graphs.engines.remote.client import JOBS, V2Client
from ryla_graphs.engines.remote.run import RemoteRun
from ryla_graphs.engines.turns import Turns
from ryla_graphs.problems import EngineError, EngineUnreachable, RunLost, RunUncertain

HEALTH_SECONDS = 5.0
_CLASSES_ONE_BY_ONE = 64
"""How many classes that the bundled catalog lacks are requested from the server."""
"""How many runs' job ids are cached; older runs are found by their label."""


class Remote:
    """A server with Comfy API v2: our own, comfy-api-proxy, Comfy Cloud, or a serverless deployment.

    >>> engine = Remote("https://cloud.comfy.org", token=key)  # doctest: +SKIP
    """

    def __init__(
        self, address: str, token: str | None = None, *, slots: int = 8, patience: Patience | None = None
    ) -> None:
        self.client = V2Client(address, token)
        self.slots = slots
        self._patience = patience or Patience(least=0.25, doubt=10.0)
        self._turns = Turns()
        self._ids = JobIds()

    @property
    def name(self) -> str:
        return f"Comfy API v2 at {self.client.service.address}"

    def catalog(self) -> Catalog:
        """The classes of one of our servers; for other servers, which do not list theirs, the bundled ones.

        Raises `EngineUnreachable`.
        """
        service = self.client.service
        try:
            answer = service.ask("GET", "/nodes")
            names = (answer.object() or {}).get("nodes")
            if not answer.ok or not isinstance(names, list):
                return catalogs.bundled()
            known = catalogs.bundled()
            listed = known.subset([name for name in names if name in known], name=f"the server at {service.address}")
            for name in [name for name in names if name not in known][:_CLASSES_ONE_BY_ONE]:
                entry = service.ask("GET", f"/nodes/{name}").object()
                if entry:
                    listed |= catalogs.from_object_info(entry, name=listed.name)
        except NoAnswer as error:
            raise service.unreachable(error) from None
        return listed

    def start(
        self,
        workflow: CompiledWorkflow,
        inputs: Inputs | None = None,
        *,
        run_id: str | None = None,
        fresh: bool = False,
        previews: bool = False,  # noqa: ARG002 - the server always sends them
        gpu: str | None = None,  # noqa: ARG002 - v2 has no such field
        partner_key: PartnerKey | None = None,
    ) -> RemoteRun:
        """Upload the inputs and submit; the job is labelled with the run's id, so that it can be found."""
        run_id = run_id or str(uuid.uuid4())
        with self._turns.of(run_id):
            if not fresh and (found := self.client.find(run_id).job) is not None:
                return self._run(workflow, run_id, found)
            body: dict[str, Any] = {"workflow": with_inputs(workflow, inputs or {}, self.client.put)}
            if partner_key is not None:
                body["extra_data"] = {EXTRA: partner_key.reveal()}
            try:
                return self._run(workflow, run_id, self.client.submit(run_id, body))
            except EngineError as error:
                if partner_key is not None:
                    error.args = (partner_key.hide(error.args[0]), *error.args[1:])
                raise

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> RemoteRun | LostRun:
        """Resume a run, found by the server's id of its job if that is known, or else by its label."""
        if (job_id := self._ids.get(run_id)) is not None:
            return self._run(workflow, run_id, {"id": job_id, "status": "queued"})
        found = self.client.find(run_id)
        if found.job is not None:
            return self._run(workflow, run_id, found.job)
        if found.certain:
            return LostRun(run_id, RunLost(f"{self.name} does not know this run"))
        if not self.health().ready:
            return LostRun(run_id, EngineUnreachable(f"{self.name} does not answer"))
        return LostRun(run_id, RunUncertain(f"{self.name} does not say whether it has this run"))

    def remember(self, run_id: str, remote_id: str) -> None:
        """Remember which job a run is, as stored elsewhere."""
        self._ids.put(run_id, remote_id)

    def health(self) -> Health:
        """Whether the server accepts jobs, as far as it reports."""
        for path in ("/ready", "/health", f"{JOBS}?limit=1"):
            try:
                answer = self.client.service.ask("GET", path, seconds=HEALTH_SECONDS)
            except NoAnswer as error:
                return Health(ready=False, reason=str(self.client.service.unreachable(error)))
            if (trouble := self.client.service.trouble(answer)) is not None:
                return Health(ready=False, reason=str(trouble))
            facts = answer.object()
            if facts is None or answer.status in (404, 405):
                continue  # a web page, or a server without this route
            if path == "/ready" and "ready" in facts:
                waits = [facts.get(name) for name in ("waiting", "running")]
                queued = sum(count for count in waits if isinstance(count, int))
                return Health(bool(facts["ready"]), str(facts.get("reason") or ""), queued)
            if answer.ok or answer.status == 501:  # alive, but without a list of jobs
                return Health(ready=True)
        return Health(ready=False, reason=f"there is no Comfy API v2 at {self.client.service.address}")

    def close(self) -> None:
        """Close all connections; jobs continue."""
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, workflow: CompiledWorkflow, run_id: str, job: dict[str, Any]) -> RemoteRun:
        self.remember(run_id, str(job["id"]))
        return RemoteRun(self.client, workflow, run_id, job, self._patience)
