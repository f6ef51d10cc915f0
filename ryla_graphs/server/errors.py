"""What a caller gets when something is wrong: one table from errors to HTTP.

Every answer that is no success has this body::

    {"error": {"code": "invalid_workflow", "message": "…", "problems": [{"code": …, "node": …, "message": …}]}}

`code` is for programs. An answer never holds a traceback or a path of the server.
"""

from __future__ import annotations

import errno
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
from ryla_graphs.server.records import JobError
from ryla_graphs.server.threads import WorkTimedOut


class RequestError(RylaError):
    """A request that is not served; `code` is one of `ANSWERS`."""

    def __init__(
        self, code: str, message: str, *, retry_after: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.headers = headers
        """Of the answer."""
        self.retry_after = retry_after
        """In seconds."""


class Answer(NamedTuple):
    """How a code is answered."""

    status: int
    meaning: str
    retry_after: int | None = None
    """In seconds, if a retry may help and no better time is known."""


ANSWERS: Mapping[str, Answer] = {
    "malformed_json": Answer(400, "the body is not JSON, or not an object"),
    "unauthorized": Answer(401, "no token, or one that is unknown here"),
    "host_refused": Answer(403, "this server is not called by that name; see `RYLA_HOSTS`"),
    "origin_refused": Answer(403, "the request comes from another site's web page; see `RYLA_ORIGINS`"),
    "not_found": Answer(404, "no such job, output, preset or route, or it belongs to another caller"),
    "method_not_allowed": Answer(405, "the route does not take this method"),
    "request_timeout": Answer(408, "the body stopped coming, or the work of the request took too long"),
    "cancelled": Answer(409, "the job was cancelled before it ended"),
    "job_not_ended": Answer(409, "the job has not ended, so it cannot be forgotten"),
    "no_lora_folder": Answer(409, "this deployment has no folder that its engine loads LoRAs from"),
    "request_too_large": Answer(413, "the body has more bytes than this server takes"),
    "not_json": Answer(415, "the body must be JSON, and was sent as something else"),
    "input_too_large": Answer(413, "an input file has too many bytes, pixels or frames"),
    "over_quota": Answer(413, "the caller's uploads would take more than they may; delete some"),
    "range_not_satisfiable": Answer(416, "the content has no such part; `Content-Range` says how large it is"),
    "unsupported_media": Answer(415, "an input file has an unsupported type"),
    "workflow_format_ui": Answer(422, "a workflow of the editor that cannot be converted to a prompt"),
    "invalid_document": Answer(422, "no graph, or unknown fields beside it"),
    "invalid_workflow": Answer(422, "the graph has errors; `problems` lists them all"),
    "cannot_run_here": Answer(422, "a valid graph that asks for more than this server allows; `problems` says what"),
    "invalid_parameters": Answer(422, "parameters are missing, unknown or out of range; `problems` lists them all"),
    "invalid_inputs": Answer(422, "input files are broken, not given, or must not be fetched; `problems` lists them"),
    "idempotency_key_reuse": Answer(422, "the `Idempotency-Key` was used for another request"),
    "engine_refused": Answer(422, "the engine does not take the graph; `problems` has its reasons"),
    "queue_full": Answer(429, "too many jobs wait; try again after `Retry-After`", 5),
    "over_budget": Answer(429, "the job may cost more than is left of the day's budget; a new day begins at 0:00 UTC"),
    "too_many_streams": Answer(429, "the caller has too many event streams open; close one, or poll", 5),
    "node_failed": Answer(500, "a node raised while it ran; `node` and `class_type` name it"),
    "out_of_memory": Answer(500, "the GPU does not have enough memory for a node"),
    "output_missing": Answer(500, "the run ended well, but an output that the graph promises did not arrive"),
    "engine_denied": Answer(
        502, "the engine refuses the runs of this server: a wrong key, no credit, or nothing at its address"
    ),
    "run_uncertain": Answer(
        502, "it is unknown whether the engine took the run; it may be charged, and is not retried"
    ),
    "engine_error": Answer(500, "the engine failed in another way"),
    "pipeline_failed": Answer(
        500, "the code of a pipeline of this deployment's own failed; `message` names the pipeline and the line"
    ),
    "internal_error": Answer(500, "a fault in this server; its log has more"),
    "not_ready": Answer(503, "the server is starting or stopping", 5),
    "engine_unreachable": Answer(503, "the engine does not answer", 10),
    "engine_busy": Answer(503, "the engine accepts no runs now", 10),
    "store_unreachable": Answer(503, "the store of jobs does not answer; the request was not accepted", 10),
    "run_lost": Answer(503, "the engine lost the run, and again when it was retried", 10),
    "run_timed_out": Answer(504, "the engine took longer than a run may, or sent nothing about it for too long"),
}
"""All codes of answers; `docs/errors.md` shows this table."""

_CODES: tuple[tuple[type[Exception], str], ...] = (
    (InvalidWorkflow, "invalid_workflow"),
    (CannotRunHere, "cannot_run_here"),
    (InvalidParameters, "invalid_parameters"),
    (InvalidInputs, "invalid_inputs"),
    (InvalidDocument, "invalid_document"),
    (PipelineFailed, "pipeline_failed"),
    (NotFound, "not_found"),
    (StoreUnreachable, "store_unreachable"),
    (WorkTimedOut, "request_timeout"),
)
_OWN_STATUS = ("input_too_large", "unsupported_media")
"""Codes of problems for which HTTP has a status of its own."""

_FOLDERS = re.compile(r"(?<![\w:/.])(?:/|[A-Za-z]:\\)(?:[^\s'\"\[\]()<>,;:]+[/\\])+")
"""Absolute folders, of Unix and of Windows, but no URLs."""


def code_of(error: Exception) -> str:
    """The code of an error; what is not ours is `internal_error`."""
    if isinstance(error, (RequestError, EngineError)):
        return error.code if error.code in ANSWERS else "engine_error"
    if isinstance(error, InvalidInputs) and error.problems and error.problems[0].code in _OWN_STATUS:
        return error.problems[0].code
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "store_unreachable"
    return next((code for kind, code in _CODES if isinstance(error, kind)), "internal_error")


def job_error(error: Exception) -> JobError:
    """An error as it is kept with a job and sent to its owner."""
    code = code_of(error)
    message = str(error).splitlines()[0] if str(error) and code != "internal_error" else ANSWERS[code].meaning
    # Our own errors name no folder. What ComfyUI and its nodes raise, or a user's code, names those of its machine.
    clean = without_folders if isinstance(error, (EngineError, PipelineFailed)) else str
    return JobError(
        code=code,
        message=clean(getattr(error, "headline", message)),
        node=getattr(error, "node", None),
        class_type=getattr(error, "class_type", None),
        problems=tuple(problem_rows(getattr(error, "problems", ()), clean)),
    )


def problem_rows(problems: Iterable[Problem], clean: Callable[[str], str] = str) -> list[dict[str, Any]]:
    """Problems as a caller gets them; `clean` goes over their texts."""
    rows = [_plain(problem.to_dict(), clean) for problem in problems]
    for row in rows:
        if "source" in row:  # `file:line` of a pipeline's code, whose folder is this machine's
            row["source"] = re.split(r"[/\\]", row["source"])[-1]
    return rows


def _plain(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item, clean) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, clean) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else repr(value)


def without_folders(text: str) -> str:
    """What an engine said, with absolute paths only as file names: it names folders of its own machine."""
    return _FOLDERS.sub("", text)


def body_of(error: JobError) -> dict[str, Any]:
    """The body that tells an error."""
    facts: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.node is not None:
        facts |= {"node": error.node, "class_type": error.class_type}
    return {"error": facts | {"problems": list(error.problems)}}
