"""The answers to errors: one table from errors to HTTP.

Every answer with an error status has this body::

    {"error": {"code": "invalid_workflow", "message": "…", "problems": [{"code": …, "node": …, "message": …}]}}

`code` is for programs. An answer never holds a traceback or a path of the server.
"""

from __future__ import annotations

import errno
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ryla_graphs.problems import (
    CannotRunHere,
    EngineError,
    InvalidDocument,
    InvalidInputs,
    InvalidParameters,
    InvalidWorkflow,
    NotFound,
    PipelineFailed,
    Problem,
    RylaError,
    StoreUnreachable,
)
from ryla_graphs.problems.text import shorten
from ryla_graphs.server.records import DamagedRecord, JobError
from ryla_graphs.server.threads import WorkTimedOut

LONGEST = 2_000
"""The most characters of one text in an answer, and of the JSON of one value that it repeats."""
MOST_REPORTED = 20
"""How many wrong fields of a request are reported."""


class RequestError(RylaError):
    """A request that the server refuses; `code` is one of `ANSWERS`."""

    def __init__(
        self, code: str, message: str, *, retry_after: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.headers = headers
        """Headers of the answer."""
        self.retry_after = retry_after
        """In seconds."""


class Answer(NamedTuple):
    """The HTTP status of a code, and what the code means."""

    status: int
    meaning: str
    retry_after: int | None = None
    """Seconds for `Retry-After`, if a retry may help and no better time is known."""


ANSWERS: Mapping[str, Answer] = {
    "malformed_json": Answer(400, "the body is not JSON, or not an object"),
    "unauthorized": Answer(401, "the token is missing, or this server does not know it"),
    "host_refused": Answer(403, "this server does not answer to that host name; see `RYLA_HOSTS`"),
    "origin_refused": Answer(403, "the request comes from another site's web page; see `RYLA_ORIGINS`"),
    "not_found": Answer(404, "no such job, output, preset or route exists, or it belongs to another caller"),
    "method_not_allowed": Answer(405, "the route does not take this method"),
    "request_timeout": Answer(
        408, "the rest of the body did not arrive in time, or the request took too long to process"
    ),
    "cancelled": Answer(409, "the job was cancelled before it ended"),
    "job_not_ended": Answer(409, "the job has not ended, so it cannot be deleted; cancel it first"),
    "no_lora_folder": Answer(409, "this deployment has no LoRA folder; see `RYLA_LORA_FOLDER`"),
    "request_too_large": Answer(413, "the body has more bytes than this server accepts"),
    "not_json": Answer(415, "the body must be JSON, but the `Content-Type` names something else"),
    "input_too_large": Answer(413, "an input file has too many bytes, pixels or frames"),
    "over_quota": Answer(413, "the upload would exceed the caller's storage quota; delete some uploads"),
    "range_not_satisfiable": Answer(416, "the range lies outside the content; `Content-Range` has its size"),
    "unsupported_media": Answer(415, "an input file has an unsupported type"),
    "workflow_format_ui": Answer(422, "the editor workflow cannot be converted to a prompt"),
    "invalid_document": Answer(422, "the body holds no graph, or unknown fields beside it"),
    "invalid_workflow": Answer(422, "the graph has errors; `problems` lists them all"),
    "cannot_run_here": Answer(422, "the graph is valid but exceeds what this server allows; `problems` says what"),
    "invalid_parameters": Answer(422, "parameters are missing, unknown or out of range; `problems` lists them all"),
    "invalid_inputs": Answer(
        422, "input files are broken, missing, or at a URL that must not be fetched; `problems` lists them"
    ),
    "idempotency_key_reuse": Answer(422, "the `Idempotency-Key` was used for another request"),
    "engine_refused": Answer(422, "the engine rejected the graph; `problems` has its reasons"),
    "queue_full": Answer(429, "too many jobs are waiting; try again after `Retry-After`", 5),
    "over_budget": Answer(429, "the job may cost more than the rest of today's budget; a new day begins at 0:00 UTC"),
    "too_many_streams": Answer(429, "the caller has too many event streams open; close one, or poll", 5),
    "too_many_bodies": Answer(
        429, "the caller's other requests fill their half of the memory for bodies; send fewer large ones at once", 5
    ),
    "node_failed": Answer(500, "a node raised while it ran; `node` and `class_type` name it"),
    "out_of_memory": Answer(500, "the GPU does not have enough memory for a node"),
    "output_missing": Answer(500, "the run succeeded, but an output of the graph did not arrive"),
    "engine_denied": Answer(
        502, "the engine refuses all runs of this server: wrong key, no credit, or nothing at its address"
    ),
    "run_uncertain": Answer(
        502, "it is unknown whether the engine accepted the run; it may be charged, and is not retried"
    ),
    "engine_error": Answer(500, "the engine failed in another way"),
    "pipeline_failed": Answer(
        500, "the code of one of this deployment's own pipelines failed; `message` names the pipeline and the line"
    ),
    "record_damaged": Answer(500, "what the store has of this job or file cannot be read; the server's log says why"),
    "internal_error": Answer(500, "a bug in this server; its log has the details"),
    "not_ready": Answer(503, "the server is starting or stopping", 5),
    "bodies_full": Answer(503, "the requests of all callers fill the memory for bodies; see `RYLA_BODIES_BYTES`", 5),
    "engine_unreachable": Answer(503, "the engine does not answer", 10),
    "engine_busy": Answer(503, "the engine accepts no runs at the moment", 10),
    "store_unreachable": Answer(503, "the job store does not answer; the request was not accepted", 10),
    "run_lost": Answer(503, "the engine lost the run, and lost it again on the retry", 10),
    "run_timed_out": Answer(504, "the run exceeded its time limit, or the engine sent no event of it for too long"),
}
"""All error codes; `docs/errors.md` shows this table."""

_CODES: tuple[tuple[type[Exception], str], ...] = (
    (InvalidWorkflow, "invalid_workflow"),
    (CannotRunHere, "cannot_run_here"),
    (InvalidParameters, "invalid_parameters"),
    (InvalidInputs, "invalid_inputs"),
    (InvalidDocument, "invalid_document"),
    (PipelineFailed, "pipeline_failed"),
    (NotFound, "not_found"),
    (DamagedRecord, "record_damaged"),
    (StoreUnreachable, "store_unreachable"),
    (WorkTimedOut, "request_timeout"),
)
_OWN_STATUS = ("input_too_large", "unsupported_media")
"""Codes of problems that have their own HTTP status."""

_FOLDERS = re.compile(r"(?<![\w:/.])(?:/|[A-Za-z]:\\)(?:[^\s'\"\[\]()<>,;:]+[/\\])+")
"""Matches absolute folders of Unix and Windows, but no URLs."""


def code_of(error: Exception) -> str:
    """The code of an error; `internal_error` for an exception that is not ours."""
    if isinstance(error, (RequestError, EngineError)):
        return error.code if error.code in ANSWERS else "engine_error"
    if isinstance(error, InvalidInputs) and error.problems and error.problems[0].code in _OWN_STATUS:
        return error.problems[0].code
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "store_unreachable"
    return next((code for kind, code in _CODES if isinstance(error, kind)), "internal_error")


def job_error(error: Exception) -> JobError:
    """An error as the store keeps it and its owner receives it."""
    code = code_of(error)
    message = str(error).splitlines()[0] if str(error) and code != "internal_error" else ANSWERS[code].meaning
    # Our own errors name no folders. Errors of ComfyUI, its nodes and users' code name folders of their machine.
    clean = without_folders if isinstance(error, (EngineError, PipelineFailed)) else str
    node, class_type = (getattr(error, name, None) for name in ("node", "class_type"))
    return JobError(
        code=code,
        message=plain_text(clean(getattr(error, "headline", message))),
        node=node if node is None else plain_text(node),
        class_type=class_type if class_type is None else plain_text(class_type),
        problems=tuple(problem_rows(getattr(error, "problems", ()), clean)),
    )


def problem_rows(problems: Iterable[Problem], clean: Callable[[str], str] = str) -> list[dict[str, Any]]:
    """Problems as a caller gets them; `clean` is applied to each of their texts."""
    rows = [{name: _plain(fact, clean) for name, fact in problem.to_dict().items()} for problem in problems]
    for row in rows:
        if "source" in row:  # `file:line` of a pipeline's code, whose folder is this machine's
            row["source"] = re.split(r"[/\\]", row["source"])[-1]
    return rows


def _plain(value: Any, clean: Callable[[str], str]) -> Any:
    """A value as JSON that every parser reads, without folders; a long one only begins."""
    if isinstance(value, str):
        return plain_text(clean(value))
    if isinstance(value, (Mapping, list, tuple)) and _is_long(value):
        return plain_text(clean(shorten(value, LONGEST)))
    if isinstance(value, Mapping):
        return {plain_text(str(key)): _plain(item, clean) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, clean) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value if value is None or isinstance(value, (bool, int, float)) else repr(value)


def _is_long(value: Any) -> bool:
    return len(json.dumps(value, default=repr, skipkeys=True)) > LONGEST


def plain_text(text: str) -> str:
    """The start of a text that may come from a caller, without lone surrogates."""
    start = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"
    return start.encode("utf-8", "replace").decode()


def without_folders(text: str) -> str:
    """An engine's text, with each absolute path cut to its file name: its folders are not for callers."""
    return _FOLDERS.sub("", text)


def body_of(error: JobError) -> dict[str, Any]:
    """The JSON body of an error."""
    facts: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.node is not None:
        facts |= {"node": error.node, "class_type": error.class_type}
    return {"error": facts | {"problems": list(error.problems)}}
