"""``POST /{preset}`` for every preset, and the list of presets."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import lru_cache, partial
from typing import Any

from fastapi import APIRouter, Request, Response

from ryla_graphs.pipelines import Pipelines
from ryla_graphs.presets import Preset
from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.http.access import STRICT, Here, Owner
from ryla_graphs.server.http.answers import answer
from ryla_graphs.server.http.pictures import PictureQuery
from ryla_graphs.server.http.received import Body, received
from ryla_graphs.server.http.routes.documented import GRAPH, JUDGED, RUN, TAKEN, errors, results
from ryla_graphs.server.http.routes.shapes import GraphShape, PresetDetails, PresetsShape
from ryla_graphs.server.http.routes.workflow import Key, Outputs, drawn_answer
from ryla_graphs.server.job_options import JobOptions
from ryla_graphs.server.jobs.service import Accepted
from ryla_graphs.server.records import IdempotencyKey
from ryla_graphs.server.submit.options import options_from_headers, split_options
from ryla_graphs.server.submit.reading import parsed
from ryla_graphs.server.submit.submissions import fingerprint
from ryla_graphs.server.threads import in_thread

router = APIRouter(tags=["presets"])


@router.get("/presets", response_model=PresetsShape, responses=errors("unauthorized"))
async def list_presets(here: Here, _: Owner) -> dict[str, list[dict[str, Any]]]:
    """The presets of this deployment, and its own pipelines."""
    return await in_thread(_listed, here.pipelines)


def _listed(pipelines: Pipelines) -> dict[str, list[dict[str, Any]]]:
    return {"presets": [_summary(pipelines.get(name)) for name in pipelines.names]}


@router.get("/presets/{name}", response_model=PresetDetails, responses=errors("unauthorized", "not_found"))
async def show_preset(name: str, here: Here, _: Owner) -> dict[str, Any]:
    """One preset: what it makes, and its parameters as JSON Schema."""
    return await in_thread(_details, name, here.pipelines)


def _details(name: str, pipelines: Pipelines) -> dict[str, Any]:
    preset = pipelines.get(name)
    description = (preset.__doc__ or "").strip()
    schema = preset.parameters.model_json_schema()
    return _summary(preset) | {"description": description, "parameters": schema, "example": preset.example}


_DRAWN = {**JUDGED, **errors("not_found", "pipeline_failed")}


@router.post("/presets/{name}/graph", response_model=GraphShape, responses=_DRAWN)
async def draw_preset(name: str, request: Request, here: Here, owner: Owner) -> Response:
    """The graph that `POST /{preset}` would run with the same body, as a drawing; input files may be missing."""
    return await in_thread(_drawn, name, await received(request), here, owner)


def _drawn(name: str, body: Body, here: Deployment, owner: str) -> Response:
    with body.opened() as read:
        parameters, options = split_options(parsed(read, body.media_type), JobOptions(), here.webhooks.check)
        return drawn_answer(here.submissions.preset_graph(name, parameters, owner, options))


def _summary(preset: Preset[Any]) -> dict[str, Any]:
    return {"name": preset.name, "summary": preset.summary, "url": f"/{preset.name}"}


def _runner(name: str) -> Callable[..., Coroutine[Any, Any, Response]]:
    async def run_preset(
        request: Request,
        here: Here,
        owner: Owner,
        picture: PictureQuery,
        key: Key = None,
        outputs: Outputs = "link",
    ) -> Response:
        options = options_from_headers(request.headers, picture=picture, inline=outputs == "base64")
        take = partial(_take, name, await received(request), here, owner, key, options)
        return await answer(request, take, here, options)

    return run_preset


def _take(name: str, body: Body, here: Deployment, owner: str, key: str | None, options: JobOptions) -> Accepted:
    with body.opened() as read:
        parameters = parsed(read, body.media_type)
        chosen = IdempotencyKey(owner, key, fingerprint(name, parameters)) if key is not None else None
        parameters, options = split_options(parameters, options, here.webhooks.check)
        return here.submissions.preset(name, parameters, owner, options, chosen)


def running(pipelines: Pipelines) -> APIRouter:
    """A route for each pipeline, which `ShortWay` serves, too.

    A pipeline is loaded when first needed: to load all takes seconds.
    """
    return _running(pipelines.names, frozenset(pipelines.own))


@lru_cache(maxsize=8)
def _running(names: tuple[str, ...], own: frozenset[str]) -> APIRouter:
    """The routes of these pipelines, cached for all apps: FastAPI takes a fifth of a second to make them."""
    routes = APIRouter(tags=["presets"], **STRICT)
    for name in names:
        routes.add_api_route(
            f"/{name}",
            _runner(name),
            methods=["POST"],
            operation_id=f"run_{name.replace('-', '_')}",
            response_class=Response,
            responses={
                **results(),
                **errors(*TAKEN, *GRAPH, *RUN, *(("pipeline_failed",) if name in own else ())),
            },
        )
    return routes
