"""From what a caller sends to a job: files are read, the graph is checked and confined, the job is queued."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ryla_graphs import presets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow, compile_view
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.formats import api
from ryla_graphs.formats.read import Document, Preference
from ryla_graphs.origins import WorkflowOrigin
from ryla_graphs.plan import Limits, check
from ryla_graphs.plan.limits import too_many_nodes
from ryla_graphs.presets import Preset
from ryla_graphs.problems import CannotRunHere
from ryla_graphs.prompt import Prompt
from ryla_graphs.prompt.files import input_files
from ryla_graphs.server.errors import told
from ryla_graphs.server.jobs.partners import payment
from ryla_graphs.server.jobs.service import Accepted, JobService
from ryla_graphs.server.records import IdempotencyKey, Job, JobRequest
from ryla_graphs.server.safety.confine import confined
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.sinks.webhooks import EXTRA
from ryla_graphs.server.submit.judging import judged
from ryla_graphs.server.submit.live_catalog import LiveCatalog
from ryla_graphs.server.submit.loras import Loras
from ryla_graphs.server.submit.reading import Sent, all_of, opened
from ryla_graphs.server.submit.uploads import Brought, Uploads, contents_in, renamed, shapes_of, with_names
from ryla_graphs.server.wishes import NO_WISHES, Wishes, anywhere
from ryla_graphs.validation import View
from ryla_graphs.workflow import Workflow

WEBHOOK_NAMES = ("webhook_url", "webhookUrl")
_SEEDS = ("seed", "noise_seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What comes with a submission besides the graph."""

    owner: str
    key: IdempotencyKey | None = None
    previews: bool = False
    wishes: Wishes = NO_WISHES
    extra: Mapping[str, Any] = field(default_factory=dict)
    """See `JobRequest.extra`."""
    partner_key: PartnerKey | None = None
    """The caller's, for partners' paid services."""


class Intake:
    """Makes jobs of graphs and of presets. All of it blocks, and may be called from any thread."""

    def __init__(
        self,
        jobs: JobService,
        catalog: LiveCatalog,
        uploads: Uploads,
        loras: Loras,
        settings: Settings,
        *,
        simulated: bool = False,
    ) -> None:
        self._jobs = jobs
        self._catalog = catalog
        self._uploads = uploads
        self._loras = loras
        self._settings = settings
        self._simulated = simulated

    def workflow(self, content: Sent, terms: Terms, prefer: Preference | None = None) -> Accepted:
        """Take whatever carries a graph, with the input files in it; `prefer` as in `formats.read`.

        Raises `InvalidDocument`, `InvalidWorkflow`, `InvalidInputs`, and `RequestError` as `opened` and
        `JobService.submit` do.
        """
        if (before := self._replayed(terms)) is not None:
            return before
        catalog = self._catalog_of(terms.owner)
        document = self._with_loras(all_of(self._opened(content, catalog, prefer)), terms.owner)
        workflow = Workflow.of_document(document, catalog=catalog)
        brought = self._uploads.bring(document.prompt, catalog, document.inputs, terms.owner)
        if brought.names:
            named = replace(document, prompt=with_names(document.prompt, catalog, brought.names))
            workflow = Workflow.of_document(named, catalog=catalog)
        return self._submit(workflow, brought, terms)

    def judge(self, content: Sent, terms: Terms, prefer: Preference | None = None) -> dict[str, Any]:
        """What would become of a graph here; raises as `workflow` does where there is none."""
        catalog = self._catalog_of(terms.owner)
        document = self._with_loras(self._opened(content, catalog, prefer), terms.owner)

        def may_pay(compiled: CompiledWorkflow) -> None:
            payment(compiled, self._settings, terms.partner_key, simulated=self._simulated)

        return judged(document, catalog, self._settings, self._loras.files, may_pay)

    def _catalog_of(self, owner: str) -> Catalog:
        return self._loras.shown_to(owner, self._catalog.get())

    def _opened(self, content: Sent, catalog: Catalog, prefer: Preference | None) -> Document:
        """What was sent; raises `CannotRunHere` where it has so many nodes that judging them would take seconds."""
        document = opened(content, catalog, prefer)
        crowd = too_many_nodes(len(document.prompt), self._settings.limits or Limits(nodes=None))
        if crowd is not None:
            raise CannotRunHere([crowd])
        return document

    def _with_loras(self, document: Document, owner: str) -> Document:
        """The document with the names of the owner's LoRAs in the place of their ids."""
        names = self._loras.names_in(document.prompt, owner)
        return replace(document, prompt=renamed(document.prompt, names)) if names else document

    def preset(self, name: str, parameters: Mapping[str, Any], terms: Terms) -> Accepted:
        """Take a preset with its parameters; pictures among them may be files themselves, as in `Uploads`.

        Raises `NotFound`, `InvalidParameters`, and what `workflow` raises.
        """
        if (before := self._replayed(terms)) is not None:
            return before
        preset = presets.get(name)
        parameters = renamed(parameters, self._loras.names_in(parameters, terms.owner))
        parameters, brought = self._with_files(preset, parameters, terms.owner)
        return self._submit(preset.build(parameters), brought, terms)

    def _with_files(
        self, preset: Preset[Any], parameters: Mapping[str, Any], owner: str
    ) -> tuple[Mapping[str, Any], Brought]:
        """Parameters in which files are names, and what came.

        Whether a text that reads like a file is one, its place in the graph tells: a prompt may be an address, too.
        """
        given = {f"{uuid.uuid4().hex}.png": text for text in contents_in(parameters)}
        if not given:
            return parameters, Brought()
        stand_ins = {text: name for name, text in given.items()}
        graph = api.dump(preset.build(renamed(parameters, stand_ins)).graph)
        catalog = self._catalog.get()
        named = input_files(Prompt(graph, catalog))
        files = {file.name: given[file.name] for file in named if file.name in given}
        brought = self._uploads.bring(graph, catalog, files, owner)
        names = {files[stand_in]: stored for stand_in, stored in brought.names.items()}
        return renamed(parameters, names), brought

    def _replayed(self, terms: Terms) -> Accepted | None:
        job = self._jobs.replay(terms.key) if terms.key is not None else None
        return Accepted(job, replayed=True) if job is not None else None

    def _submit(self, workflow: Workflow, brought: Brought, terms: Terms) -> Accepted:
        job_id = str(uuid.uuid4())
        compiled = workflow.compile(self._catalog_of(terms.owner), files=self._loras.files)
        compiled = confined(compiled, f"ryla/{job_id}", brought.inputs, self._settings.confinement)
        limits, files = self._settings.limits, shapes_of(brought.facts)
        if limits is not None and (problems := check(compiled.view, limits, files=files)):
            raise CannotRunHere(compiled.explain(problem) for problem in problems)
        paid = payment(compiled, self._settings, terms.partner_key, simulated=self._simulated)
        request = JobRequest(
            prompt=compiled.document,
            inputs=brought.inputs,
            preset=compiled.origin.preset,
            parameters=compiled.parameters,
            seed=next(_seeds(compiled), None),
            warnings=tuple(told(problem for problem in compiled.problems if problem.level == "warning")),
            previews=terms.previews,
            gpu=(self._settings.place or anywhere)(compiled, terms.wishes),
            extra={**terms.extra, **paid.extra},
        )
        job = Job(id=job_id, owner=terms.owner, request=request, created_at=time.time())
        return self._jobs.submit(job, compiled, terms.key, paid.key)


def recompiled(catalog: LiveCatalog, job: Job) -> CompiledWorkflow:
    """What the engine runs for a job of an earlier process; raises as compiling does."""
    request, known = job.request, catalog.get()
    origin = WorkflowOrigin(preset=request.preset, parameters=request.parameters)
    return compile_view(View(request.prompt, known), name=request.preset, origin=origin)


def _seeds(compiled: CompiledWorkflow) -> Iterator[int]:
    """The preset's seed, then every seed in the graph."""
    if isinstance(seed := compiled.parameters.get("seed"), int):
        yield seed
    for node in compiled.view.every_node():
        for name in _SEEDS:
            if isinstance(seed := node.inputs.get(name), int):
                yield seed


def webhook_in(content: dict[str, Any], check: Callable[[str], None]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A body without the address of its webhook, and that address as `Terms.extra`; a node may bear that name."""
    content = {key: value for key, value in content.items() if key not in WEBHOOK_NAMES or value is not None}
    for name in WEBHOOK_NAMES:
        if isinstance(address := content.get(name), str):
            check(address)
            return {key: value for key, value in content.items() if key != name}, {EXTRA: address}
    return content, {}


def fingerprint(*parts: Any) -> str:
    """Tells one request from another, whatever the order of keys and the spaces in its JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
