"""``POST /workflow`` runs any graph, ``POST /validate`` checks one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response

from ryla_graphs.engines.partner_key import HEADER
from ryla_graphs.formats.read import Preference
from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.http.access import Here, Owner
from ryla_graphs.server.http.answers import JSON, answer
from ryla_graphs.server.http.pictures import PictureQuery
from ryla_graphs.server.http.received import Body, received
from ryla_graphs.server.http.routes.documented import GRAPH, JUDGED, READ, RUN, TAKEN, errors, results
from ryla_graphs.server.http.routes.shapes import GraphShape, JudgementShape, OpenedShape
from ryla_graphs.server.job_options import JobOptions
from ryla_graphs.server.jobs.partners import partner_key_in
from ryla_graphs.server.jobs.service import Accepted
from ryla_graphs.server.jobs.views import as_json
from ryla_graphs.server.records import IdempotencyKey
from ryla_graphs.server.submit.options import options_from_headers, split_options
from ryla_graphs.server.submit.reading import Sent, sent
from ryla_graphs.server.submit.submissions import fingerprint
from ryla_graphs.server.threads import in_thread

router = APIRouter(tags=["run"])
running = APIRouter(tags=["run"])
"""What `ShortWay` serves, too."""

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="A repeated request with the same key returns the same job",
    ),
]
From = Annotated[
    Preference | None,
    Query(alias="from", description="Which to read if the file has both; default the prompt"),
]
PartnerKeyHeader = Annotated[
    str | None,
    Header(
        alias=HEADER, description="Comfy API key that pays for the partners' services that the graph calls; not stored"
    ),
]
Randomize = Annotated[Literal["seed"] | None, Query(description="`seed` draws a new value for every seed in the graph")]
Outputs = Annotated[
    str, Query(pattern="^(link|base64)$", description="How the JSON answer carries outputs: as links, or as base64")
]


@running.post(
    "/workflow",
    response_class=Response,
    responses={
        **results(),
        **errors(*TAKEN, *READ, *GRAPH, *RUN),
    },
)
async def submit_workflow(
    request: Request,
    here: Here,
    owner: Owner,
    picture: PictureQuery,
    key: Key = None,
    outputs: Outputs = "link",
    prefer: From = None,
    randomize: Randomize = None,
    partner_key: PartnerKeyHeader = None,
) -> Response:
    """Run a graph: API JSON, the editor's JSON, the body of a request to another server, or a file that ComfyUI saved.

    Input files come beside it: `{"workflow": …, "inputs": {name: data URL, base64, https URL or asset id}}`.
    """
    drawn = randomize is not None
    inline = outputs == "base64"
    options = options_from_headers(request.headers, prefer=prefer, randomize=drawn, picture=picture, inline=inline)
    take = partial(_take, await received(request), here, owner, key, options, partner_key)
    return await answer(request, take, here, options)


def _take(
    body: Body, here: Deployment, owner: str, key: str | None, options: JobOptions, header: str | None
) -> Accepted:
    with body.opened() as read:
        content, options = _paid(sent(read, body.media_type), options, header)
        mark = hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else content
        said = (mark, options.prefer, *(["randomize"] if options.randomize else []))
        chosen = IdempotencyKey(owner, key, fingerprint("workflow", *said)) if key is not None else None
        content, options = _with_body_options(content, options, here)
        return here.submissions.workflow(content, owner, options, chosen)


def _paid(content: Sent, options: JobOptions, header: str | None) -> tuple[Sent, JobOptions]:
    """Move the key that pays for partners' services out of the body, before any other code sees it."""
    plain, key = partner_key_in({} if isinstance(content, bytes) else content, header)
    options = options if key is None else replace(options, partner_key=key)
    return content if isinstance(content, bytes) else plain, options


def _with_body_options(content: Sent, options: JobOptions, here: Deployment) -> tuple[Sent, JobOptions]:
    """The document that holds the graph, and the options, with those from the body added."""
    return (content, options) if isinstance(content, bytes) else split_options(content, options, here.webhooks.check)


@router.post(
    "/validate",
    response_model_exclude_unset=True,  # leaves out what is unknown about a problem
    responses=JUDGED,
)
async def validate_workflow(
    request: Request, here: Here, owner: Owner, prefer: From = None, partner_key: PartnerKeyHeader = None
) -> JudgementShape:
    """Check a graph without running it: ComfyUI's verdict, every finding, the plan. Takes what `/workflow` takes."""
    options = options_from_headers(request.headers, prefer=prefer)
    judgement = await in_thread(_judge, await received(request), here, owner, options, partner_key)
    return JudgementShape.model_validate(judgement)


def _judge(body: Body, here: Deployment, owner: str, options: JobOptions, header: str | None) -> dict[str, Any]:
    with body.opened() as read:
        content, options = _with_body_options(*_paid(sent(read, body.media_type), options, header), here)
        return here.submissions.judge(content, owner, options)


@router.post("/workflow/graph", response_model=OpenedShape, responses=JUDGED)
async def draw_workflow(
    request: Request, here: Here, owner: Owner, prefer: From = None, partner_key: PartnerKeyHeader = None
) -> Response:
    """Show a graph without running it: a drawing, a form of its inputs, every finding, the plan."""
    options = options_from_headers(request.headers, prefer=prefer)
    return await in_thread(_drawn, await received(request), here, owner, options, partner_key)


def _drawn(body: Body, here: Deployment, owner: str, options: JobOptions, header: str | None) -> Response:
    with body.opened() as read:
        content, options = _with_body_options(*_paid(sent(read, body.media_type), options, header), here)
        return drawn_answer(here.submissions.graph(content, owner, options), OpenedShape)


def drawn_answer(graph: dict[str, Any], shape: type[GraphShape] = GraphShape) -> Response:
    """The answer that draws a graph."""
    return Response(as_json(shape.model_validate(graph)), media_type=JSON)
