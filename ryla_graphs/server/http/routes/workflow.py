"""``POST /workflow`` and ``POST /validate``: any graph, run or judged."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from ryla_graphs.engines.partner_key import HEADER, PartnerKey
from ryla_graphs.formats.read import Preference
from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.http.access import Here, Owner
from ryla_graphs.server.http.answers import answer
from ryla_graphs.server.http.routes.documented import GRAPH, READ, RUN, TAKEN, errors, results
from ryla_graphs.server.http.routes.shapes import JudgementShape
from ryla_graphs.server.jobs.partners import partner_key_in
from ryla_graphs.server.jobs.service import Accepted
from ryla_graphs.server.records import IdempotencyKey
from ryla_graphs.server.submit.intake import Terms, fingerprint, webhook_in
from ryla_graphs.server.submit.reading import Sent, sent
from ryla_graphs.server.threads import in_thread
from ryla_graphs.server.wishes import NO_WISHES, Wishes, wishes_in

router = APIRouter(tags=["run"])

Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=255, description="The same key gives the same job"),
]
Quality = Annotated[int, Query(ge=1, le=100, description="Of JPEG and WebP")]
From = Annotated[
    Preference | None,
    Query(alias="from", description="What is read of a file that has both; the prompt where nothing is said"),
]
PartnerKeyHeader = Annotated[
    str | None, Header(alias=HEADER, description="Pays for partners' services that the graph calls; kept nowhere")
]
Outputs = Annotated[str, Query(pattern="^(link|base64)$", description="How outputs stand in JSON")]


@router.post(
    "/workflow",
    response_class=Response,
    responses={
        **results(),
        **errors(*TAKEN, *READ, *GRAPH, *RUN),
    },
)
async def run_workflow(
    request: Request,
    here: Here,
    owner: Owner,
    key: Key = None,
    quality: Quality = 90,
    outputs: Outputs = "link",
    prefer: From = None,
    partner_key: PartnerKeyHeader = None,
) -> Response:
    """Run a graph: API JSON, the editor's JSON, the body of a request to another server, or a file that ComfyUI saved.

    Input files come beside it: `{"workflow": …, "inputs": {name: data URL, base64, https URL or asset id}}`.
    """
    sent_as = media_type(request)
    accepted = await in_thread(_take, await request.body(), sent_as, here, owner, key, prefer, partner_key)
    return await answer(request, accepted, here, quality=quality, outputs=outputs)


def media_type(request: Request) -> str | None:
    """What a body says it is; None where it does not say."""
    return request.headers.get("content-type")


def _take(
    body: bytes,
    kind: str | None,
    here: Deployment,
    owner: str,
    key: str | None,
    prefer: Preference | None,
    header: str | None,
) -> Accepted:
    content, partner_key = _paid(sent(body, kind), header)
    mark = hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else content
    chosen = IdempotencyKey(owner, key, fingerprint("workflow", mark, prefer)) if key is not None else None
    content, wishes, extra = _asked(content, here)
    terms = Terms(owner=owner, key=chosen, wishes=wishes, extra=extra, partner_key=partner_key)
    return here.intake.workflow(content, terms, prefer)


def _paid(content: Sent, header: str | None) -> tuple[Sent, PartnerKey | None]:
    """What was sent, and the key that pays for partners' services; first of all, so that nothing else sees it."""
    if isinstance(content, bytes):
        return content, partner_key_in({}, header)[1]
    return partner_key_in(content, header)


def _asked(content: Sent, here: Deployment) -> tuple[Sent, Wishes, dict[str, Any]]:
    """What carries the graph, and what is asked for beside it."""
    if isinstance(content, bytes):
        return content, NO_WISHES, {}
    plain, extra = webhook_in(dict(content), here.webhooks.check)
    plain, wishes = wishes_in(plain)
    return plain, wishes, extra


@router.post(
    "/validate",
    response_model_exclude_unset=True,  # of a problem only what is known
    responses=errors("malformed_json", "not_json", "unauthorized", "request_too_large", "invalid_parameters", *READ),
)
async def validate_workflow(
    request: Request, here: Here, owner: Owner, prefer: From = None, partner_key: PartnerKeyHeader = None
) -> JudgementShape:
    """Judge whatever `/workflow` takes, and run nothing: ComfyUI's verdict, every finding, the plan."""
    sent_as = media_type(request)
    judgement = await in_thread(_judge, await request.body(), sent_as, here, owner, prefer, partner_key)
    return JudgementShape.model_validate(judgement)


def _judge(
    body: bytes, kind: str | None, here: Deployment, owner: str, prefer: Preference | None, header: str | None
) -> dict[str, Any]:
    content, partner_key = _paid(sent(body, kind), header)
    content, _, _ = _asked(content, here)
    return here.intake.judge(content, Terms(owner=owner, partner_key=partner_key), prefer)
