"""The OpenAPI document: what FastAPI derives from the routes, plus the request bodies that we parse ourselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_pascal

from ryla_graphs.answers.shapes import EVENTS
from ryla_graphs.pipelines import Pipelines
from ryla_graphs.server.http.v2.envelope import PREFIX
from ryla_graphs.server.http.v2.jobs import Submission
from ryla_graphs.server.http.v2.models import EVENTS as V2_EVENTS
from ryla_graphs.server.job_options import (
    COST_MEANING,
    FACE_MEANING,
    GPU_MEANING,
    LABELS_MEANING,
    OUTPUTS_MEANING,
    USER_MEANING,
    Labels,
)

_REFERENCE = "#/components/schemas/{model}"

DESCRIPTION = """
ComfyUI workflows over HTTP. By default, the answer to a request is the finished picture. Send
`Prefer: respond-async` to get 202 and a job to follow, or `Accept: application/json` to get JSON with all outputs.
`Idempotency-Key` makes it safe to repeat a request. All errors have the same form, with a `code` for programs.
"""


_LABELS = TypeAdapter(Labels).json_schema()
_WEBHOOK = "Receives the job when it has ended, signed as Standard Webhooks; https"


_OTHERS = {
    "type": "object",
    "title": "Another graph",
    "description": "A workflow as ComfyUI's editor saves it, or the body of a request to ComfyUI, worker-comfyui, "
    "Salad's comfyui-api or Comfy API v2",
}
_FILES = ("image/png", "image/webp", "image/jpeg", "video/mp4", "application/octet-stream")
"""Media types besides JSON that a graph may be posted as: files in which ComfyUI saved it."""


_HEADERS = {
    "Prefer": {
        "description": "`respond-async` answers with the job at once, `wait=20` after 20 seconds at most; "
        "`previews` adds events with small pictures",
        "schema": {"type": "string", "examples": ["respond-async", "wait=20", "respond-async, previews"]},
    },
    "X-Cancel-On-Disconnect": {
        "description": "Cancels the job if the caller hangs up",
        "schema": {"type": "string", "enum": ["true", "false"]},
    },
}
"""Headers of a request that runs something, besides those that FastAPI reads."""


class Node(BaseModel):
    """A node of ComfyUI's API format."""

    class_type: str
    inputs: dict[str, Any] = Field(description="Values, and links as [node id, output slot]")


class WorkflowWithFiles(BaseModel):
    """A graph and its input files."""

    model_config = ConfigDict(extra="forbid")

    workflow: dict[str, Node] = Field(description="Nodes by id, as ComfyUI's Export (API) writes them")
    inputs: dict[str, str] = Field(
        default_factory=dict,
        description="Input files by the name that the graph gives them: data URL, base64, https URL or asset id",
    )
    webhook_url: str | None = Field(default=None, description=_WEBHOOK)
    outputs: list[str] | None = Field(default=None, description=OUTPUTS_MEANING)
    labels: Labels | None = Field(default=None, description=LABELS_MEANING)
    gpu: str | None = Field(default=None, description=GPU_MEANING)
    max_cost_usd: float | None = Field(default=None, gt=0, description=COST_MEANING)
    user_key: str | None = Field(default=None, max_length=200, description=USER_MEANING)


def operation_id(route: APIRoute) -> str:
    """The name of a route in generated clients: its function's, with `v2_` if both interfaces have such a function."""
    return f"v2_{route.name}" if route.path.startswith(PREFIX) else route.name


def document(app: FastAPI) -> None:
    """Give the app its OpenAPI document, which is built at the first request for it."""

    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _made(app)
        return app.openapi_schema

    setattr(app, "openapi", made)  # noqa: B010 - what FastAPI's documentation does, in a form that type checkers accept


def _made(app: FastAPI) -> dict[str, Any]:
    api = get_openapi(title=app.title, version=app.version, routes=app.routes, description=DESCRIPTION)
    schemas: dict[str, Any] = api.setdefault("components", {}).setdefault("schemas", {})
    api["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    api["security"] = [{"token": []}, {}]
    _tidy(api)
    graph = {"type": "object", "additionalProperties": _reference(Node, schemas)}
    wrapped = _reference(WorkflowWithFiles, schemas)
    for path in ("/workflow", "/workflow/graph", "/validate"):
        _set_body(api, path, {"anyOf": [wrapped, graph, _OTHERS]}, files=True)
    for model in (*EVENTS.values(), *V2_EVENTS.values()):
        _reference(model, schemas)
    _set_body(api, f"{PREFIX}/jobs", _reference(Submission, schemas))
    _add_headers(api, "/workflow")
    _set_body(api, "/presets/{name}/graph", {"type": "object", "description": "The preset's parameters"})
    pipelines: Pipelines = app.state.deployment.pipelines
    for name in pipelines.names:
        preset = pipelines.get(name)
        body = _reference(preset.parameters, schemas, of=name)
        schemas[body["$ref"].rpartition("/")[2]].setdefault("properties", {}).update(
            {
                "webhookUrl": {"type": "string", "description": _WEBHOOK},
                "labels": {**_LABELS, "description": LABELS_MEANING},
                "gpu": {"type": "string", "description": GPU_MEANING},
                "maxCostUsd": {"type": "number", "exclusiveMinimum": 0, "description": COST_MEANING},
                "userKey": {"type": "string", "maxLength": 200, "description": USER_MEANING},
                **({} if preset.person is None else {"measureFace": {"type": "boolean", "description": FACE_MEANING}}),
            }
        )
        _set_body(api, f"/{name}", body)
        _add_headers(api, f"/{name}")
        api["paths"][f"/{name}"]["post"] |= {"summary": preset.summary, "description": (preset.__doc__ or "").strip()}
    return api


def _reference(model: type[BaseModel], schemas: dict[str, Any], of: str = "") -> dict[str, str]:
    """Add the schema of a model to `schemas`, and return a reference to it.

    Two pipelines may have models with the same name: then the later one's schemas get the pipeline's name, `of`.
    """
    schema = model.model_json_schema(ref_template=_REFERENCE)
    parts = {**schema.pop("$defs", {}), model.__name__: schema}
    for name, part in parts.items():
        if schemas.get(name, part) != part:
            own = to_pascal(of.replace("-", "_"))
            schema = model.model_json_schema(ref_template=_REFERENCE.replace("{model}", f"{own}{{model}}"))
            parts = {**schema.pop("$defs", {}), model.__name__: schema}
            parts = {f"{own}{key}": value for key, value in parts.items()}
            break
    schemas.update(parts)
    return {"$ref": _REFERENCE.format(model=list(parts)[-1])}


def _set_body(api: Mapping[str, Any], path: str, schema: Mapping[str, Any], *, files: bool = False) -> None:
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if files:
        content |= {media: {"schema": {"type": "string", "format": "binary"}} for media in _FILES}
    api["paths"][path]["post"]["requestBody"] = {"required": True, "content": content}


def _add_headers(api: Mapping[str, Any], path: str) -> None:
    rows = ({"name": name, "in": "header", "required": False, **facts} for name, facts in _HEADERS.items())
    api["paths"][path]["post"].setdefault("parameters", []).extend(rows)


def _tidy(api: Mapping[str, Any]) -> None:
    """Remove what FastAPI documents wrongly: its own form of 422 on every route, and a body for HEAD."""
    for path in api["paths"].values():
        for method, operation in path.items():
            responses = operation["responses"]
            if "HTTPValidationError" in str(responses.get("422")):
                del responses["422"]
            for response in responses.values() if method == "head" else ():
                response.pop("content", None)
    for name in ("HTTPValidationError", "ValidationError"):
        api["components"]["schemas"].pop(name, None)
