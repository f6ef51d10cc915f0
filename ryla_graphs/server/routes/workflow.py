"""``POST /workflow``: any graph."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from ryla_graphs.server.access import Here, Owner
from ryla_graphs.server.answers import answer
from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.intake import Terms, fingerprint, graph_in, parsed, webhook_in
from ryla_graphs.server.jobs.service import Accepted
from ryla_graphs.server.records import IdempotencyKey
from ryla_graphs.server.routes.documented import GRAPH, RUN, TAKEN, errors, results
from ryla_graphs.server.threads import in_thread
from ryla_graphs.server.wishes import wishes_in

router = APIRouter(tags=["run"])

Key = Annotated[
    str | None, Header(alias="Idempotency-Key", max_length=255, description="The same key gives the same job")
]
Quality = Annotated[int, Query(ge=1, le=100, description="Of JPEG and WebP")]
Outputs = Annotated[str, Query(pattern="^(link|base64)$", description="How outputs stand in JSON")]


@router.post(
    "/workflow",
    response_class=Response,
    responses={
        **results(),
        **errors(*TAKEN, *GRAPH, "invalid_document", "workflow_format_ui", *RUN),
    },
)
async def run_workflow(
    request: Request,
    here: Here,
    owner: Owner,
    key: Key = None,
    quality: Quality = 90,
    outputs: Outputs = "link",
) -> Response:
    """Run an API graph: bare, or as `{"workflow": …, "inputs": {name: data URL, base64, https URL or asset id}}`."""
    accepted = await in_thread(_take, await request.body(), here, owner, key)
    return await answer(request, accepted, here, quality=quality, outputs=outputs)


def _take(body: bytes, here: Deployment, owner: str, key: str | None) -> Accepted:
    content = parsed(body)
    chosen = IdempotencyKey(owner, key, fingerprint("workflow", content)) if key is not None else None
    content, extra = webhook_in(content, here.webhooks.check)
    content, wishes = wishes_in(content)
    graph, given = graph_in(content)
    return here.intake.workflow(graph, given, Terms(owner=owner, key=chosen, wishes=wishes, extra=extra))
