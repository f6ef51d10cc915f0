"""Errors become answers here and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ryla_graphs.problems import AtField, InvalidParameters, Problem, RylaError
from ryla_graphs.server.errors import ANSWERS, RequestError, body_of, job_error
from ryla_graphs.server.http.v2 import envelope
from ryla_graphs.server.records import JobError

log = logging.getLogger("ryla_graphs.server")

_BY_STATUS = {404: "not_found", 405: "method_not_allowed", 400: "malformed_json"}


def respond(error: Exception, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer to an error."""
    told = job_error(error)
    return respond_told(told, headers, getattr(error, "retry_after", None))


def respond_told(
    error: JobError, headers: Mapping[str, str] | None = None, retry_after: int | None = None
) -> JSONResponse:
    """The answer to an error that is data already, such as that of a job."""
    row = ANSWERS[error.code]
    wait = retry_after or row.retry_after
    all_headers = dict(headers or {})
    if wait is not None:
        all_headers["Retry-After"] = str(wait)
    if row.status == 401:
        all_headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body_of(error), row.status, all_headers)


def refusal(path: str, error: RequestError) -> JSONResponse:
    """The answer to a request of which no body is read, as the clients of that path expect it."""
    answer = envelope.respond(error) if path.startswith(envelope.PREFIX) else respond(error)
    answer.headers["Connection"] = "close"  # what is left of the body would be taken for the next request
    return answer


def install(app: FastAPI) -> None:
    """Let the app answer every error as the table says."""
    app.add_exception_handler(RylaError, _ours)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


async def _ours(_: Request, error: Exception) -> JSONResponse:
    return respond(error)


async def _bad_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return respond(InvalidParameters(_problem(row) for row in error.errors()))


def _problem(row: Mapping[str, Any]) -> Problem:
    place, *names = row["loc"]
    return Problem(code="bad_parameter", message=row["msg"], subject=AtField(str(place), ".".join(map(str, names))))


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, "internal_error" if error.status_code >= 500 else "not_found")
    return respond(RequestError(code, str(error.detail)), error.headers)


async def _fault(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed by a fault of this server", request.method, request.url.path, exc_info=error)
    return respond(error)
