"""The requests to a server and the meaning of its answers, independent of any HTTP library.

A flow is a generator: it yields an `Ask` and receives the `Answer`, or yields a `Pause`; its return value is the
result. `sync` and `asynchronous` run flows.
"""

from __future__ import annotations

import json
import mimetypes
import uuid
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeVar

from ryla_graphs.client.files import File, encoded
from ryla_graphs.client.reading import read
from ryla_graphs.client.views import JobView, Lora, job_view
from ryla_graphs.problems import JobFailed, Problem, RequestFailed, ServerUnreachable

if TYPE_CHECKING:
    from ryla_graphs.client.graphs import GraphSource
    from ryla_graphs.engines.partner_key import PartnerKey

T = TypeVar("T")

PATIENCE = 6
"""How many times a request is sent if the server has no room for it or does not answer."""
_BUSY = (429, 503)
_IN_VAIN = ("over_budget",)
"""Codes with such a status that no retry helps against: the budget only returns on another day."""
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `path` may be an absolute URL, for content that the server stores elsewhere."""

    method: str
    path: str
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    file: tuple[str, BinaryIO] | None = None
    """The name and content of the form's field ``file``."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """The other fields of the form."""

    @property
    def body(self) -> bytes | None:
        """The JSON as bytes; None if there is none. The server refuses values that JSON cannot hold, such as NaN."""
        return json.dumps(self.json).encode() if self.json is not None else None


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait, then continue."""

    seconds: float


class Answer(NamedTuple):
    """The answer to a request."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The body as JSON; None if it is not JSON."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None


Flow = Generator[Ask | Pause, Answer, T]


def submit_preset(
    name: str, parameters: Mapping[str, Any], key: str | None = None, *, previews: bool = False
) -> Flow[JobView]:
    """Queue a preset."""
    return (yield from _submit(f"/{name}", encoded(parameters), key, previews=previews))


def submit_workflow(
    source: GraphSource,
    inputs: Mapping[str, File],
    key: str | None = None,
    partner_key: PartnerKey | None = None,
    *,
    previews: bool = False,
) -> Flow[JobView]:
    """Queue a graph with its input files."""
    from ryla_graphs.client.graphs import body_of  # noqa: PLC0415 - loads all that reads graphs
    from ryla_graphs.engines.partner_key import HEADER  # noqa: PLC0415

    more = {} if partner_key is None else {HEADER: partner_key.reveal()}
    return (yield from _submit("/workflow", body_of(source, inputs), key, more, previews=previews))


def _submit(
    path: str, body: Any, key: str | None, more: Mapping[str, str] | None = None, *, previews: bool
) -> Flow[JobView]:
    # With an idempotency key, repeating a request that may have arrived gives the same job.
    headers = {
        "Content-Type": "application/json",
        "Prefer": "respond-async, previews" if previews else "respond-async",
        "Idempotency-Key": key or str(uuid.uuid4()),
        **(more or {}),
    }
    answer = yield from patiently(Ask("POST", path, body, headers))
    return _job_in(answer)


def preset_graph(name: str, parameters: Mapping[str, Any]) -> Flow[dict[str, Any]]:
    """Read a preset's graph, with its drawing and verdict."""
    return (yield from _drawn(f"/presets/{name}/graph", encoded(parameters)))


def workflow_graph(source: GraphSource, inputs: Mapping[str, File]) -> Flow[dict[str, Any]]:
    """Read the drawing and the verdict of a graph."""
    from ryla_graphs.client.graphs import body_of  # noqa: PLC0415 - loads all that reads graphs

    return (yield from _drawn("/workflow/graph", body_of(source, inputs)))


def _drawn(path: str, body: Any) -> Flow[dict[str, Any]]:
    answer = yield from patiently(Ask("POST", path, body, {"Content-Type": "application/json"}))
    return _object_in(answer, "drawing")


def job(job_id: str) -> Flow[JobView]:
    """Read a job."""
    answer = yield from patiently(Ask("GET", f"/jobs/{job_id}"))
    return _job_in(answer)


def cancel(job_id: str) -> Flow[JobView]:
    """Cancel a job."""
    answer = yield from patiently(Ask("DELETE", f"/jobs/{job_id}"))
    return _job_in(answer)


def content(url: str) -> Flow[bytes]:
    """The content of an output."""
    answer = yield from patiently(Ask("GET", url))
    return answer.content


def upload(name: str, file: BinaryIO) -> Flow[str]:
    """Upload an input file; the result is its id. The file is sent only once, because it may not be readable again."""
    fields = {"file_path": name, "content_type": mimetypes.guess_type(name)[0] or "application/octet-stream"}
    answer = yield Ask("POST", "/api/v2/assets", file=(name, file), fields=fields)
    return str(_object_in(checked(answer), "id")["id"])


def add_lora(name: str, file: BinaryIO) -> Flow[Lora]:
    """Upload a LoRA. The file is sent only once, because it may not be readable again."""
    answer = yield Ask("POST", "/loras", file=(name, file))
    return read(Lora, _object_in(checked(answer), "id"))


def loras() -> Flow[list[Lora]]:
    """The caller's LoRAs."""
    answer = yield from patiently(Ask("GET", "/loras"))
    return [read(Lora, row) for row in _object_in(answer, "loras")["loras"]]


def delete_lora(lora_id: str) -> Flow[None]:
    """Delete a LoRA."""
    yield from patiently(Ask("DELETE", f"/loras/{lora_id}"))


def ready() -> Flow[bool]:
    """Whether a job would run now."""
    answer = yield Ask("GET", "/ready")
    return answer.status == 200


def patiently(ask: Ask) -> Flow[Answer]:
    """Send a request until it succeeds, with retries while the server has no room or does not answer.

    Raises `RequestFailed` for any other answer and if the budget is spent, `ServerUnreachable` after the last attempt.
    """
    pause = 0.5
    for attempt in range(1, PATIENCE + 1):
        try:
            answer = yield ask
        except ServerUnreachable:
            if attempt == PATIENCE:
                raise
        else:
            if answer.status not in _BUSY or attempt == PATIENCE or _facts_in(answer).get("code") in _IN_VAIN:
                return checked(answer)
            asked_for = answer.headers.get("retry-after", "")
            pause = float(asked_for) if asked_for.isdigit() else pause
        yield Pause(min(pause, _LONGEST_PAUSE))
        pause *= 2
    raise AssertionError("the last attempt returns or raises")


def checked(answer: Answer) -> Answer:
    """The answer, if it is successful; raises `RequestFailed`."""
    if answer.status < 300:
        return answer
    if answer.status < 400:
        # The redirect may lead to another server, which must not get the token.
        elsewhere = answer.headers.get("location", "another address")
        message = f"the server redirects to {elsewhere}; use the final address instead"
        raise RequestFailed(message, status=answer.status, code="redirected")
    facts = _facts_in(answer)
    raise RequestFailed(
        str(facts.get("message") or f"the server answered {answer.status}"),
        status=answer.status,
        code=str(facts.get("code") or "unknown"),
        problems=problems_in(facts),
    )


def _facts_in(answer: Answer) -> dict[str, Any]:
    """The error in an answer; empty if a proxy answered."""
    body = answer.json()
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _job_in(answer: Answer) -> JobView:
    return job_view(_object_in(answer, "id", "state"))


def _object_in(answer: Answer, *names: str) -> dict[str, Any]:
    """The JSON of an answer with these fields; raises `RequestFailed` for answers that are not from our server."""
    content = answer.json()
    if isinstance(content, dict) and content.keys() >= set(names):
        return content
    wanted = " and ".join(f"`{name}`" for name in names)
    message = f"the answer has no {wanted}; is this the address of a ryla_graphs server?"
    raise RequestFailed(message, status=answer.status, code="unknown")


def ended_well(view: JobView) -> JobView:
    """The job, if it succeeded; raises `JobFailed`."""
    if view.state == "succeeded":
        return view
    facts = view.data.get("error") or {"code": "cancelled", "message": f"job {view.id} was cancelled"}
    raise JobFailed(
        str(facts.get("message")),
        status=200,
        code=str(facts.get("code")),
        problems=problems_in(facts),
        job=view.id,
        node=facts.get("node"),
    )


def problems_in(facts: Mapping[str, Any]) -> tuple[Problem, ...]:
    """The problems in an error; fields that only a newer server knows are left out."""
    rows = [row for row in facts.get("problems", ()) if isinstance(row, dict) and {"code", "message"} <= row.keys()]
    return tuple(Problem.from_dict(row) for row in rows)
