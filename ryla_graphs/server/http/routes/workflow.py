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
from ryla_graphs.server.http.pictures import AskedPicture
from ryla_graphs.server.http.routes.documented import GRAPH, JUDGED, READ, RUN, TAKEN, errors, results
from ryla_graphs.server.http.routes.shapes import GraphShape, JudgementShape, OpenedShape
from ryla_graphs.server.jobs.partners import partner_key_in
from ryla_graphs.server.jobs.service import Accepted
from ryla_graphs.server.jobs.views import as_json
from ryla_graphs.server.records import IdempotencyKey
from ryla_graphs.server.submit.asked import asked_beside, asked_in
from ryla_graphs.server.submit.intake import fingerprint
from ryla_graphs.server.submit.reading import Sent, sent
from ryla_graphs.server.threads import in_thread
from ryla_graphs.server.wishes import Wishes

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
    picture: AskedPicture,
    key: Key = None,
    outputs: Outputs = "link",
    prefer: From = None,
    randomize: Randomize = None,
    partner_key: PartnerKeyHeader = None,
) -> Response:
    """Run a graph: API JSON, the editor's JSON, the body of a request to another server, or a file that ComfyUI saved.

    Input files come beside it: `{"workflow": …, "inputs": {name: data URL, base64, https URL or asset id}}`.
    """
    sent_as = media_type(request)
    drawn = randomize is not None
    inline = outputs == "base64"
    wishes = asked_in(request.headers, prefer=prefer, randomize=drawn, picture=picture, inline=inline)
    take = partial(_take, await request.body(), sent_as, here, owner, key, wishes, partner_key)
    return await answer(request, take, here, wishes)


def media_type(request: Request) -> str | None:
    """The media type that the request declares for its body; None if it declares none."""
    return request.headers.get("content-type")


def _take(
    body: bytes, kind: str | None, here: Deployment, owner: str, key: str | None, wishes: Wishes, header: str | None
) -> Accepted:
    content, wishes = _paid(sent(body, kind), wishes, header)
    mark = hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else content
    said = (mark, wishes.prefer, *(["randomize"] if wishes.randomize else []))
    chosen = IdempotencyKey(owner, key, fingerprint("workflow", *said)) if key is not None else None
    content, wishes = _asked(content, wishes, here)
    return here.intake.workflow(content, owner, wishes, chosen)


def _paid(content: Sent, wishes: Wishes, header: str | None) -> tuple[Sent, Wishes]:
    """Move the key that pays for partners' services out of the body, before any other code sees it."""
    plain, key = partner_key_in({} if isinstance(content, bytes) else content, header)
    wishes = wishes if key is None else replace(wishes, partner_key=key)
    return content if isinstance(content, bytes) else plain, wishes


def _asked(content: Sent, wishes: Wishes, here: Deployment) -> tuple[Sent, Wishes]:
    """The document that holds the graph, and the wishes, with those from the body added."""
    return (content, wishes) if isinstance(content, bytes) else asked_beside(content, wishes, here.webhooks.check)


@router.post(
    "/validate",
    response_model_exclude_unset=True,  # leaves out what is unknown about a problem
    responses=JUDGED,
)
async def validate_workflow(
    request: Request, here: Here, owner: Owner, prefer: From = None, partner_key: PartnerKeyHeader = None
) -> JudgementShape:
    """Check a graph without running it: ComfyUI's verdict, every finding, the plan. Takes what `/workflow` takes."""
    sent_as = media_type(request)
    wishes = asked_in(request.headers, prefer=prefer)
    judgement = await in_thread(_judge, await request.body(), sent_as, here, owner, wishes, partner_key)
    return JudgementShape.model_validate(judgement)


def _judge(
    body: bytes, kind: str | None, here: Deployment, owner: str, wishes: Wishes, header: str | None
) -> dict[str, Any]:
    content, wishes = _asked(*_paid(sent(body, kind), wishes, header), here)
    return here.intake.judge(content, owner, wishes)


@router.post("/workflow/graph", response_model=OpenedShape, responses=JUDGED)
async def draw_workflow(
    request: Request, here: Here, owner: Owner, prefer: From = None, partner_key: PartnerKeyHeader = None
) -> Response:
    """Show a graph without running it: a drawing, a form of its inputs, every finding, the plan."""
    sent_as, wishes = media_type(request), asked_in(request.headers, prefer=prefer)
    return await in_thread(_drawn, await request.body(), sent_as, here, owner, wishes, partner_key)


def _drawn(body: bytes, kind: str | None, here: Deployment, owner: str, wishes: Wishes, header: str | None) -> Response:
    content, wishes = _asked(*_paid(sent(body, kind), wishes, header), here)
    return drawn_answer(here.intake.graph(content, owner, wishes), OpenedShape)


def drawn_answer(graph: dict[str, Any], shape: type[GraphShape] = GraphShape) -> Response:
    """The answer that draws a graph."""
    return Response(as_json(shape.model_validate(graph)), media_type=JSON)
