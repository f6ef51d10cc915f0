"""`RunPod`: submits graphs to a queue endpoint.

RunPod accepts neither our ids nor idempotency keys. If the answer to ``/run`` is lost, we cannot find out whether the
job exists: the run ends with `RunUncertain`, and a caller who sends it again may pay twice.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Self
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.artifacts import Artifact
from ryla_graphs.engines.base import Health, Inputs, LostRun
from ryla_graphs.engines.http import Answer, NoAnswer, Service
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.engines.patience import Patience
from ryla_graphs.engines.polled import JobIds
from ryla_graphs.engines.runpod.orders import Order, Worker, order_of, unfit
from ryla_graphs.engines.runpod.ours import artifacts_of_ours
from ryla_graphs.engines.runpod.results import artifacts_of, is_cut_off
from ryla_graphs.engines.runpod.run import RunPodRun
from ryla_graphs.plan.services import calls_services
from ryla_graphs.problems import (
    EngineDenied,
    EngineRefused,
    EngineUnreachable,
    InvalidSettings,
    OutputMissing,
    RunUncertain,
)
from ryla_graphs.sessions import is_loopback

BASE_URL, BASE_VARIABLE = "https://api.runpod.ai/v2", "RUNPOD_ENDPOINT_BASE_URL"
HEALTH_SECONDS = 5.0
RUN_SECONDS, QUEUE_SECONDS = 600.0, 1800.0


class RunPod:
    """A queue endpoint of RunPod. `worker` is the worker in its image: the official worker-comfyui, or ours.

    `buckets` are the hosts to which its workers upload large pictures (``*.s3.amazonaws.com``); no other host is read.
    `webhook` is the URL that RunPod calls when a run has ended: ``https://our-server/routes/runpod/hint``. It only
    triggers a poll, since it is not signed. A worker may take `run_seconds`; a run may wait `queue_seconds` for one.

    >>> engine = RunPod("abc123", key=os.environ["RUNPOD_API_KEY"])  # doctest: +SKIP
    """

    def __init__(
        self,
        endpoint: str,
        key: str,
        *,
        base_url: str | None = None,
        worker: Worker = "comfyui",
        known: Callable[[], Catalog] = catalogs.bundled,
        slots: int = 8,
        run_seconds: float = RUN_SECONDS,
        queue_seconds: float = QUEUE_SECONDS,
        buckets: Sequence[str] = (),
        webhook: str | None = None,
        usd_per_second: float | None = None,
        partner_nodes: bool = False,
        patience: Patience | None = None,
    ) -> None:
        if not endpoint.replace("-", "").replace("_", "").isalnum():
            raise InvalidSettings("RUNPOD_ENDPOINT_ID must be the id of an endpoint (letters and digits), not a URL")
        base = base_url or os.environ.get(BASE_VARIABLE) or BASE_URL
        self.service = Service(f"{base.rstrip('/')}/{endpoint}", key, what=f"RunPod endpoint {endpoint}")
        self.endpoint, self.slots = endpoint, slots
        self.worker: Worker = worker
        self._known = known
        self._policy = {
            "executionTimeout": max(5000, round(run_seconds * 1000)),
            "ttl": max(10_000, round((run_seconds + queue_seconds) * 1000)),
        }
        self._buckets = tuple(buckets)
        self._webhook = webhook
        self._usd_per_second = usd_per_second
        self._partner_nodes = partner_nodes
        self._patience = patience or Patience(doubt=2.0)
        self._ids = JobIds()
        self._runs: WeakValueDictionary[str, RunPodRun] = WeakValueDictionary()

    @property
    def name(self) -> str:
        return f"RunPod endpoint {self.endpoint}"

    def catalog(self) -> Catalog:
        """The classes of the endpoint's image, by its lock; RunPod itself does not report them."""
        return self._known()

    def unfit(self, workflow: CompiledWorkflow, inputs: Mapping[str, int]) -> str:
        """Why this endpoint cannot run a graph with input files of these sizes; empty if it can."""
        if calls_services(workflow.view) and not self._partner_nodes:
            return "RunPod stores its requests, so this server sends it no partner key"
        return unfit(workflow, self.worker, inputs)

    def start(
        self,
        workflow: CompiledWorkflow,
        inputs: Inputs | None = None,
        *,
        run_id: str | None = None,
        fresh: bool = False,
        previews: bool = False,
        gpu: str | None = None,  # noqa: ARG002 - an endpoint has one kind
        partner_key: PartnerKey | None = None,
    ) -> RunPodRun | LostRun:
        """Queue a graph once; a run with this id that was started before is resumed, or is uncertain."""
        if run_id is not None and not fresh and self._ids.get(run_id) is not None:
            return self.resume(run_id, workflow)
        if partner_key is not None and not self._partner_nodes:
            raise EngineRefused("RunPod stores its requests, so it gets no partner key")
        run_id = run_id or str(uuid.uuid4())
        order = order_of(workflow, inputs or {}, run_id, self.worker, previews=previews)
        body = order.encoded(self._policy, self._webhook and f"{self._webhook}?run={run_id}")
        remote_id = self._accepted(body)
        self.remember(run_id, remote_id)
        return self._run(workflow, run_id, remote_id, order)

    def _accepted(self, body: bytes) -> str:
        """Submit the body and return the id of the job; raises the error for any other answer."""
        try:
            answer = self.service.ask(
                "POST", "/run", data=body, headers={"Content-Type": "application/json"}, once=True
            )
        except NoAnswer as error:
            if error.sent:
                raise RunUncertain(f"{self.name} may have accepted the run, but did not answer: {error}") from None
            raise self.service.unreachable(error) from None
        remote_id = (answer.object() or {}).get("id")
        if answer.ok and isinstance(remote_id, str) and remote_id:
            return remote_id
        raise self._refusal(answer)

    def _refusal(self, answer: Answer) -> Exception:
        if (trouble := self.service.trouble(answer)) is not None:
            return trouble
        if answer.status == 404:
            return EngineDenied(f"there is no endpoint '{self.endpoint}' at RunPod (404)")
        if answer.status == 413:
            return EngineRefused(f"{self.name} rejects the graph with its files as too large (413)")
        if 400 <= answer.status < 500:
            return EngineRefused(f"{self.name} rejects the request ({answer.status})")
        return RunUncertain(f"{self.name} may have accepted the run, but answered with {answer.odd()}")

    def resume(self, run_id: str, workflow: CompiledWorkflow) -> RunPodRun | LostRun:
        """Resume a run whose job id at RunPod is known; RunPod cannot find jobs by our id."""
        remote_id = self._ids.get(run_id)
        if remote_id is None:
            return LostRun(run_id, RunUncertain("no record says which job at RunPod this run is"))
        order = order_of(workflow, {}, run_id, self.worker, previews=False)
        return self._run(workflow, run_id, remote_id, order)

    def remember(self, run_id: str, remote_id: str) -> None:
        """Remember which job a run is, as stored elsewhere."""
        self._ids.put(run_id, remote_id)

    def hint(self, run_id: str) -> None:
        """Take a hint that a run has changed: poll its job. Anyone may send a hint, so it has no other effect."""
        if (run := self._runs.get(run_id)) is not None:
            run.hint()

    def health(self) -> Health:
        """Whether the endpoint answers, and has or can start a worker."""
        try:
            answer = self.service.ask("GET", "/health", seconds=HEALTH_SECONDS)
        except NoAnswer as error:
            return Health(ready=False, reason=str(self.service.unreachable(error)))
        facts = answer.object()
        if not answer.ok or facts is None:
            trouble = self.service.trouble(answer) or self.service.unreachable(answer.odd())
            return Health(ready=False, reason=str(trouble))
        jobs, workers = _counts(facts.get("jobs")), _counts(facts.get("workers"))
        queued = jobs.get("inQueue", 0) + jobs.get("inProgress", 0)
        if jobs.get("inQueue") and workers and not any(workers.values()):
            return Health(False, f"{self.name} has no workers while jobs wait: raise its max workers", queued)
        return Health(ready=True, queued=queued)

    def close(self) -> None:
        """Close the connections; jobs continue."""
        self.service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, workflow: CompiledWorkflow, run_id: str, remote_id: str, order: Order) -> RunPodRun:
        reads = partial(self._artifacts, workflow, order)
        price = self._usd_per_second
        run = RunPodRun(self.service, workflow, run_id, remote_id, reads, self._patience, price)
        self._runs[run_id] = run
        return run

    def _artifacts(self, workflow: CompiledWorkflow, order: Order, output: Any, /) -> tuple[Artifact, ...]:
        if self.worker == "ryla":
            return artifacts_of_ours(output, workflow, self._fetch)
        return artifacts_of(output, workflow, order, self._fetch)

    def _fetch(self, link: str) -> bytes:
        """A file in a bucket, read without our key, and only from hosts in the settings."""
        host = urlsplit(link).hostname or ""
        if not (link.startswith("https://") or is_loopback(link)) or not any(
            map(partial(_matches, host), self._buckets)
        ):
            raise OutputMissing(
                f"the worker uploaded its output to '{host}', which is not in the `buckets` of this route"
            )
        bucket = Service(link.partition("?")[0])
        try:
            answer = bucket.ask("GET", link, seconds=120, limit=2**30)
        except NoAnswer as error:
            raise EngineUnreachable(f"the bucket at {host} does not answer: {error}") from None
        finally:
            bucket.close()
        if not answer.ok:
            raise OutputMissing(f"the bucket at {host} does not deliver the output ({answer.status})")
        if is_cut_off(answer.body):
            raise OutputMissing(f"the output on {host} is cut off after {len(answer.body):,} bytes")
        return answer.body


def _counts(counted: Any) -> dict[str, int]:
    """The whole numbers in an object; ignores anything else."""
    rows = counted.items() if isinstance(counted, dict) else ()
    return {name: count for name, count in rows if isinstance(count, int)}


def _matches(host: str, pattern: str) -> bool:
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))
