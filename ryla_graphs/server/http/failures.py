"""Turns errors into answers; no other module does."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ryla_graphs.problems import AtField, InvalidParameters, PipelineFailed, Problem, RylaError, did_you_mean, shorten
from ryla_graphs.server.errors import ANSWERS, MOST_REPORTED, RequestError, body_of, job_error
from ryla_graphs.server.http.v2 import envelope as v2
from ryla_graphs.server.records import JobError

log = logging.getLogger("ryla_graphs.server")

_BY_STATUS = {404: "not_found", 405: "method_not_allowed", 400: "malformed_json"}
REQUEST_ID = "X-Request-Id"
"""The header that links an answer to the log; a caller's own request id is kept."""
_PLAIN = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_FIRST = ("workflow", "validate", "presets", "jobs", "nodes", "loras")
"""Common paths, to suggest besides the presets when a path is not found."""


def respond(error: Exception | JobError, path: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer to an error (an exception, or one kept as data), in the form that clients of this path expect."""
    if path.startswith(v2.PREFIX):
        code, message, details = v2.explained(error)
        name, status = v2.V2_ANSWERS.get(code, ("upstream_error", 500))
        if name == "upstream_error":
            message, details = "an unexpected error in this server", None
        body: dict[str, Any] = {"error": {"code": name, "message": message, "details": details}}
        wait = (_pause(error, code) or v2.RETRY_SECONDS) if status == 429 else None
    else:
        known = error if isinstance(error, JobError) else job_error(error)
        status, body, wait = ANSWERS[known.code].status, body_of(known), _pause(error, known.code)
    more = {} if wait is None else {"Retry-After": str(wait)}
    if status == 401:
        more["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status, {**(headers or {}), **more})


def _pause(error: Exception | JobError, code: str) -> int | None:
    """The seconds for `Retry-After`, if a retry may help."""
    row = ANSWERS.get(code)
    return getattr(error, "retry_after", None) or (row.retry_after if row is not None else None)


def refusal(path: str, error: RequestError) -> JSONResponse:
    """The answer to a request that is refused before its body is read."""
    # The connection must close, or the unread body would be parsed as the next request.
    return respond(error, path, {"Connection": "close"})


def install(app: FastAPI) -> None:
    """Make the app answer every error as the table in `errors` says."""
    app.add_exception_handler(RylaError, answered)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


async def answered(request: Request, error: Exception) -> JSONResponse:
    """The answer to an error of ours."""
    headers = _logged(request, error) if isinstance(error, PipelineFailed) else getattr(error, "headers", None)
    return respond(error, request.scope["path"], headers)


async def _bad_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    path = request.scope["path"]
    if path.startswith(v2.PREFIX):
        return respond(error, path)
    return respond(InvalidParameters(_problem(row) for row in error.errors()[:MOST_REPORTED]))


def _problem(row: Mapping[str, Any]) -> Problem:
    place, *names = row["loc"]
    return Problem(code="bad_parameter", message=row["msg"], subject=AtField(str(place), ".".join(map(str, names))))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, "internal_error" if error.status_code >= 500 else "not_found")
    return respond(RequestError(code, _what_is_there(request, error)), request.scope["path"], error.headers)


def _what_is_there(request: Request, error: HTTPException) -> str:
    """What to request instead, if no route matches; the framework only says "Not Found"."""
    path = shorten(request.url.path, 100)
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow")
        return f"{path} accepts {allowed or 'another method'}, not {request.method}"
    if error.status_code != 404 or error.detail != HTTPStatus.NOT_FOUND.phrase:
        return str(error.detail)
    pipelines = request.app.state.deployment.pipelines
    near = did_you_mean(request.url.path, (f"/{name}" for name in (*_FIRST, *pipelines.names)))
    where = "GET /presets lists the pipelines, and GET /docs the routes"
    lacking = "; some pipelines of this deployment failed to load, and its log says why" if pipelines.not_served else ""
    return f"there is no {path}; {where}{f'; {near}' if near else ''}{lacking}"


async def _fault(request: Request, error: Exception) -> JSONResponse:
    return respond(error, request.scope["path"], _logged(request, error))


def _logged(request: Request, error: Exception) -> dict[str, str]:
    """Log an unexpected error with its traceback. Returns the header that links the caller's answer to the log."""
    given = request.headers.get(REQUEST_ID, "")
    number = given if _PLAIN.fullmatch(given) else str(uuid.uuid4())
    said = error if isinstance(error, PipelineFailed) else "a bug in this server"
    log.error("request=%s %s %s: %s", number, request.method, request.url.path, said, exc_info=error)
    return {REQUEST_ID: number}
