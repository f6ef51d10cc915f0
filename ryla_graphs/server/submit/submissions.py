"""Turns what a caller sends into a job: reads files, checks and confines the graph, queues the job."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic.alias_generators import to_camel

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.compile import CompiledWorkflow, compile_view
from ryla_graphs.engines.router.routing import Routing
from ryla_graphs.formats.read import Document, Preference
from ryla_graphs.origins import WorkflowOrigin
from ryla_graphs.pipelines import Pipelines
from ryla_graphs.plan import Limits, check
from ryla_graphs.problems import CannotRunHere
from ryla_graphs.prompt.files import input_files
from ryla_graphs.server.errors import problem_rows
from ryla_graphs.server.job_options import MAX_USD, JobOptions, Place, anywhere, some_route, unlimited
from ryla_graphs.server.jobs.partners import payment
from ryla_graphs.server.jobs.service import Accepted, JobService
from ryla_graphs.server.records import IdempotencyKey, Job, JobRequest
from ryla_graphs.server.safety.confine import confined
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.submit.faces import no_person, with_reference
from ryla_graphs.server.submit.judging import Judge
from ryla_graphs.server.submit.live_catalog import LiveCatalog
from ryla_graphs.server.submit.loras import Loras
from ryla_graphs.server.submit.part import with_outputs
from ryla_graphs.server.submit.reading import Sent, all_of, opened
from ryla_graphs.server.submit.seeds import seeds_of, with_drawn_seeds
from ryla_graphs.server.submit.uploads import Brought, Uploads, renamed, shapes_of, with_names, with_stand_ins
from ryla_graphs.server.threads import checkpoint
from ryla_graphs.validation import View
from ryla_graphs.workflow import Workflow


class Submissions:
    """Makes jobs from graphs and presets. All methods block, and may be called from any thread."""

    def __init__(
        self,
        jobs: JobService,
        catalog: LiveCatalog,
        uploads: Uploads,
        loras: Loras,
        settings: Settings,
        pipelines: Pipelines,
        *,
        simulated: bool = False,
        routes: Routing | None = None,
    ) -> None:
        self._jobs = jobs
        self._catalog = catalog
        self._uploads = uploads
        self._loras = loras
        self._settings = settings
        self._pipelines = pipelines
        self._simulated = simulated
        self._routes = routes

    def workflow(self, content: Sent, owner: str, options: JobOptions, key: IdempotencyKey | None = None) -> Accepted:
        """Submit a document that holds a graph, with its input files; if `key` was used before, returns that job.

        Raises `InvalidDocument`, `InvalidWorkflow`, `InvalidInputs`, and `RequestError` as `opened` and
        `JobService.submit` do.
        """
        if (before := self._replayed(key)) is not None:
            return before
        if options.measure_face:
            raise no_person("a graph does not say which picture shows the person")
        catalog = self._catalog_of(owner)
        document = self._with_loras(all_of(self._opened(content, catalog, options.prefer)), owner)
        if options.randomize:
            document = replace(document, prompt=with_drawn_seeds(document.prompt, catalog))
        workflow = Workflow.of_document(document, catalog=catalog)
        assert workflow.prompt_read is not None, "it is of a document"
        files = list(input_files(workflow.prompt_read))
        brought = self._uploads.bring(files, document.inputs, owner)
        if brought.names:
            named = replace(document, prompt=with_names(document.prompt, files, brought.names))
            workflow = Workflow.of_document(named, catalog=catalog)
        return self._submit(workflow, brought, owner, options, key)

    def judge(self, content: Sent, owner: str, options: JobOptions) -> dict[str, Any]:
        """The verdict on a graph, as `/validate` answers it; raises like `workflow` if there is no graph."""
        document, judge = self._judged(content, owner, options)
        return judge.document(document).of_document(document)

    def graph(self, content: Sent, owner: str, options: JobOptions) -> dict[str, Any]:
        """The drawing of a graph with its verdict and a form of its inputs; raises like `judge`."""
        document, judge = self._judged(content, owner, options)
        return judge.document(document).opened(document)

    def preset_graph(self, name: str, parameters: Mapping[str, Any], owner: str, options: JobOptions) -> dict[str, Any]:
        """The drawing of a preset's graph with its verdict. Missing input files are replaced by names.

        Raises `NotFound` and `InvalidParameters`.
        """
        preset = self._pipelines.get(name)
        named = with_stand_ins(preset, renamed(parameters, self._loras.names_in(parameters, owner)))
        return self._judge(self._catalog_of(owner), options).preset(preset(preset.parse(named))).graph()

    def _judged(self, content: Sent, owner: str, options: JobOptions) -> tuple[Document, Judge]:
        catalog = self._catalog_of(owner)
        return self._with_loras(self._opened(content, catalog, options.prefer), owner), self._judge(catalog, options)

    def _judge(self, catalog: Catalog, options: JobOptions) -> Judge:
        def may_pay(compiled: CompiledWorkflow) -> None:
            payment(compiled, self._settings, options.partner_key, simulated=self._simulated)

        def has_a_place(compiled: CompiledWorkflow) -> None:
            self._place(compiled, options)

        return Judge(catalog, self._settings, self._loras.files, (may_pay, has_a_place))

    @property
    def _place(self) -> Place:
        return self._settings.place or (anywhere if self._routes is None else some_route)

    def _catalog_of(self, owner: str) -> Catalog:
        return self._loras.shown_to(owner, self._catalog.get())

    def _opened(self, content: Sent, catalog: Catalog, prefer: Preference | None) -> Document:
        return opened(content, catalog, self._settings.limits or Limits(nodes=None, inputs=None), prefer)

    def _with_loras(self, document: Document, owner: str) -> Document:
        """The document with the ids of the owner's LoRAs replaced by their file names."""
        names = self._loras.names_in(document.prompt, owner)
        return replace(document, prompt=renamed(document.prompt, names)) if names else document

    def preset(
        self,
        name: str,
        parameters: Mapping[str, Any],
        owner: str,
        options: JobOptions,
        key: IdempotencyKey | None = None,
    ) -> Accepted:
        """Submit a preset with its parameters; parameters for pictures may hold files themselves, see `Uploads`.

        Raises `NotFound`, `InvalidParameters`, and what `workflow` raises.
        """
        if (before := self._replayed(key)) is not None:
            return before
        preset = self._pipelines.get(name)
        checked = preset.parse(renamed(parameters, self._loras.names_in(parameters, owner)))
        pictures = {field: getattr(checked, field) for field in preset.pictures}
        places = {text: to_camel(field) for field, text in pictures.items() if isinstance(text, str)}
        brought = self._uploads.bring_contents(places, owner)
        named = {field: brought.names[text] for field, text in pictures.items() if text in brought.names}
        options = with_reference(preset, named, brought, options, self._settings)
        return self._submit(preset(checked.model_copy(update=named)), brought, owner, options, key)

    def _replayed(self, key: IdempotencyKey | None) -> Accepted | None:
        job = self._jobs.replay(key) if key is not None else None
        return Accepted(job, replayed=True) if job is not None else None

    def _submit(
        self, workflow: Workflow, brought: Brought, owner: str, options: JobOptions, key: IdempotencyKey | None
    ) -> Accepted:
        job_id = str(uuid.uuid4())
        checkpoint()
        compiled = workflow.compile(self._catalog_of(owner), files=self._loras.files)
        if options.outputs is not None:
            compiled = with_outputs(compiled, options.outputs)
        judged = compiled.view  # what confining changes, no limit asks about
        compiled = confined(compiled, f"ryla/{job_id}", brought.inputs, self._settings.confinement)
        limits, files = self._settings.limits, shapes_of(brought.facts)
        if limits is not None and (problems := check(judged, limits, files=files)):
            raise CannotRunHere(compiled.explain(problem) for problem in problems)
        extra = dict(options.extra)
        if self._routes is not None:
            sizes = {name: self._uploads.size(digest) for name, digest in brought.inputs.items()}
            self._routes.check(compiled, sizes)
            extra |= {} if options.max_cost_usd is None else {MAX_USD: options.max_cost_usd}
        checkpoint()  # the last one: from here the job is accepted, even if the caller hangs up
        paid = payment(compiled, self._settings, options.partner_key, simulated=self._simulated)
        gpu = self._place(compiled, options)
        budget = (self._settings.budget or unlimited)(owner, compiled, gpu)
        request = JobRequest(
            prompt=compiled.document,
            inputs=brought.inputs,
            preset=compiled.origin.preset,
            parameters=compiled.parameters,
            seed=next(seeds_of(compiled), None),
            warnings=tuple(problem_rows(problem for problem in compiled.problems if problem.level == "warning")),
            previews=options.previews,
            labels=options.labels,
            gpu=gpu,
            extra={**extra, **paid.extra, **budget},
        )
        job = Job(id=job_id, owner=owner, request=request, created_at=time.time())
        return self._jobs.submit(job, compiled, key, paid.key)


def recompiled(catalog: LiveCatalog, job: Job) -> CompiledWorkflow:
    """Compile the graph of a job of an earlier process; raises as compiling does."""
    request, known = job.request, catalog.get()
    origin = WorkflowOrigin(preset=request.preset, parameters=request.parameters)
    return compile_view(View(request.prompt, known), name=request.preset, origin=origin)


def fingerprint(*parts: Any) -> str:
    """A hash of a request that does not depend on the order of keys or the spaces in its JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
