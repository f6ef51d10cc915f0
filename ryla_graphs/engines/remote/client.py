"""The calls of Comfy API v2, with the meaning of their answers."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import quote

from ryla_graphs.engines.http import Answer, NoAnswer, Service
from ryla_graphs.engines.remote.dialect import RUN_LABEL, Dialect, error_of
from ryla_graphs.problems import (
    AtNode,
    EngineDenied,
    EngineError,
    EngineRefused,
    OutputMissing,
    Problem,
    RunUncertain,
)

JOBS, ASSETS = "/api/v2/jobs", "/api/v2/assets"
CANCEL_SECONDS, FIND_SECONDS = 5.0, 10.0
_TRIES = 3
_PAGES = 10
_GONE = (404, 410)


class Found(NamedTuple):
    """The result of a search for a run's job."""

    job: dict[str, Any] | None
    certain: bool
    """Whether the search was complete, so that no result means that there is no such job."""


class V2Client:
    """A server with Comfy API v2."""

    def __init__(self, address: str, token: str | None = None) -> None:
        self.service = Service(address, token, what="Comfy API v2")
        self.dialect = Dialect()

    def submit(self, run_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Submit a graph exactly once, even if answers are lost; returns its job.

        The run's id is the idempotency key. A key is valid for one job, so repeating a request whose answer was lost
        cannot create a second job. Raises `EngineError`; `RunUncertain` if the job may exist but cannot be found.
        """
        reason, lost, answer, found = "", False, None, Found(None, certain=False)
        for _ in range(_TRIES):
            try:
                answer = self._post_job(run_id, body)
            except NoAnswer as error:
                if not error.sent and not reason:
                    raise self.service.unreachable(error) from None
                reason, lost = str(error), True
            else:
                if answer.ok and (job := job_in(answer)) is not None:
                    return job
                if error_of(answer).get("code") == "idempotency_key_reuse":
                    return self._taken(run_id)
                if not reason and self._is_refusal(answer):
                    raise self.refusal(answer)
                # After a lost answer, only these two statuses tell whether the first request was accepted.
                reason = reason or answer.odd()
            if (found := self.find(run_id)).job is not None:
                return found.job
        if not lost and answer is not None and found.certain:
            raise self.refusal(answer) if self._is_refusal(answer) else self.service.unreachable(reason)
        raise RunUncertain(f"{self.service.address} may have accepted the run: {reason}, and it cannot be looked up")

    def _is_refusal(self, answer: Answer) -> bool:
        return 400 <= answer.status < 500 or self.service.trouble(answer) is not None

    def _post_job(self, run_id: str, body: Mapping[str, Any]) -> Answer:
        while True:
            labels = self.dialect.labels
            content = {**body, **self.dialect.metadata(run_id, labels)}
            answer = self.service.ask("POST", JOBS, json=content, headers={"Idempotency-Key": run_id})
            if not self.dialect.refuses_labels(answer, labels):
                return answer

    def _taken(self, run_id: str) -> dict[str, Any]:
        """The existing job for this run's key."""
        if (found := self.find(run_id)).job is not None:
            return found.job
        raise RunUncertain(f"{self.service.address} has a job of this run, but does not say which one")

    def refusal(self, answer: Answer) -> EngineError:
        """The error for a rejected submission."""
        if (trouble := self.service.trouble(answer)) is not None:
            return trouble
        error = error_of(answer)
        if answer.status in (404, 405):
            return EngineDenied(f"there is no Comfy API v2 at {self.service.address} ({answer.status})")
        if error.get("code") == "deployment_stopped":
            return EngineDenied(f"the deployment at {self.service.address} is stopped")
        reason = str(error.get("message") or answer.odd())[:500]
        return EngineRefused(f"{self.service.address} rejects the graph: {reason}", tuple(_problems(error)))

    def find(self, run_id: str) -> Found:
        """Find a run's job by its label, in some pages of the newest jobs."""
        path = f"{JOBS}?limit=100&metadata[{RUN_LABEL}]={quote(run_id)}"
        cursor = ""
        for _ in range(_PAGES):
            try:
                answer = self.service.ask("GET", path + cursor, seconds=min(FIND_SECONDS, self.service.seconds))
            except NoAnswer:
                return Found(None, certain=False)
            page = answer.object() or {}
            rows = page.get("jobs")
            if not answer.ok or not isinstance(rows, list):
                self.dialect.lists_jobs = self.dialect.lists_jobs and answer.status not in (404, 405, 501)
                return Found(None, certain=False)
            mine = (row for row in rows if isinstance(row, dict) and self.dialect.bears(row, run_id))
            if (row := next(mine, None)) is not None:
                return Found(self._whole(row), certain=True)
            if not (following := page.get("next_cursor")):
                shown = all(isinstance(row, dict) and "metadata" in row for row in rows)
                return Found(None, certain=shown and self.dialect.labels != "none" and not page.get("truncated"))
            cursor = f"&cursor={quote(str(following))}"
        return Found(None, certain=False)

    def _whole(self, row: dict[str, Any]) -> dict[str, Any]:
        with suppress(NoAnswer):
            if (job := job_in(self.service.ask("GET", f"{JOBS}/{quote(str(row['id']))}"))) is not None:
                return job
        return row

    def job(self, job_id: str, link: str | None) -> Answer:
        """The answer to a request for a job; raises `NoAnswer`."""
        return self.service.ask("GET", self._link(link, f"{JOBS}/{quote(job_id)}"))

    def cancel(self, job_id: str, link: str | None) -> None:
        """Cancel a job; raises `NoAnswer`."""
        self.service.ask("POST", self._link(link, f"{JOBS}/{quote(job_id)}/cancel"), seconds=CANCEL_SECONDS)

    def events_link(self, job_id: str, link: str | None) -> str:
        """The URL of a job's events."""
        return self.service.url(self._link(link, f"{JOBS}/{quote(job_id)}/events"))

    def _link(self, link: str | None, path: str) -> str:
        """A link of a job; a link to another server is not followed, because that would leak the token."""
        full = self.service.linked(link) if link else ""
        return full if full and self.service.is_ours(full) else path

    def put(self, name: str, content: bytes) -> dict[str, Any]:
        """Upload a file, unless the server has its bytes; returns the value that names it in a graph."""
        media = mimetypes.guess_type(name)[0] or "application/octet-stream"
        digest = _digest(content)
        try:
            answer = self._known(digest, name) or self._sent(digest, name, content, media)
        except NoAnswer as error:
            raise self.service.unreachable(error) from None
        asset = answer.object() or {}
        if not answer.ok or not isinstance(asset.get("id"), str):
            if (trouble := self.service.trouble(answer)) is not None:
                raise trouble
            if 400 <= answer.status < 500:
                reason = error_of(answer).get("message") or answer.odd()
                raise EngineRefused(f"{self.service.address} rejects the input file '{name}': {reason}")
            raise self.service.unreachable(answer.odd())
        info = {"id": asset["id"], "file_path": name, **({} if digest is None else {"hash": digest})}
        return {"__type": "core/ASSET", "info": info}

    def _known(self, digest: str | None, name: str) -> Answer | None:
        if digest is None or self.service.ask("HEAD", f"{ASSETS}/by-hash/{digest}").status != 200:
            return None
        answer = self.service.ask("POST", f"{ASSETS}/from-hash", json={"hash": digest, "file_path": name})
        return answer if answer.ok else None

    def _sent(self, digest: str | None, name: str, content: bytes, media: str) -> Answer:
        # The file comes last: servers that stream it need the other fields first.
        facts = {"content_type": media, "file_path": name} | ({} if digest is None else {"expected_hash": digest})
        parts = [(key, (None, value)) for key, value in facts.items()]
        return self.service.ask("POST", ASSETS, files=[*parts, ("file", (name, content, media))], seconds=300)

    def content(self, output: Mapping[str, Any]) -> bytes:
        """The bytes of an output; raises `OutputMissing` if they are gone or damaged.

        Signed URLs expire, so this requests the asset itself, which gives a fresh one.
        """
        for last in (False, True):
            content = self._downloaded(output)
            if not (wrong := _damage(content, output)):
                return content
            if last:
                raise OutputMissing(f"the output '{output.get('name')}' arrived damaged: {wrong}")
        raise AssertionError("the last try returns or raises")

    def _downloaded(self, output: Mapping[str, Any]) -> bytes:
        try:
            answer = self.service.download(self.service.url(f"{ASSETS}/{quote(str(output['id']))}/content"))
            if answer.status in _GONE and isinstance(link := output.get("url"), str):
                answer = self.service.download(link)
        except NoAnswer as error:
            raise self.service.unreachable(error) from None
        if answer.status in _GONE:
            raise OutputMissing(f"{self.service.address} no longer has the output '{output.get('name')}'")
        if not answer.ok:
            raise self.service.trouble(answer) or self.service.unreachable(answer.odd())
        return answer.body

    def close(self) -> None:
        """Close the idle connections."""
        self.service.close()


def job_in(answer: Answer) -> dict[str, Any] | None:
    """The job in an answer; None for any other content."""
    job = answer.object() if answer.ok else None
    return job if job is not None and isinstance(job.get("id"), str) and isinstance(job.get("status"), str) else None


def _damage(content: bytes, output: Mapping[str, Any]) -> str:
    size, digest = output.get("size_bytes"), output.get("hash")
    if isinstance(size, int) and size and len(content) != size:  # comfy-api-proxy reports every size as 0
        return f"{len(content):,} of {size:,} bytes"
    if isinstance(digest, str) and digest.startswith("blake3:") and _digest(content) not in (None, digest):
        return "its hash is wrong"
    return ""


def _digest(content: bytes) -> str | None:
    """The hash of bytes as v2 writes it; None without the extra `server`, which brings blake3."""
    try:
        from blake3 import blake3  # noqa: PLC0415 - not in the plain install
    except ImportError:
        return None
    return f"blake3:{blake3(content).hexdigest()}"


def _problems(error: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems that the server reports; rows are v2's own, or ComfyUI's, which the proxy forwards."""
    details = error.get("details")
    nodes = details.get("node_errors") if isinstance(details, dict) else None
    for node, found in (nodes if isinstance(nodes, dict) else {}).items():
        comfy = found if isinstance(found, dict) else {}
        rows = comfy.get("errors") if comfy else found
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict):
                yield _problem(str(node), comfy.get("class_type"), row)


def _problem(node: str, class_type: Any, row: Mapping[str, Any]) -> Problem:
    extra = row.get("extra_info")
    field = row.get("field") or (extra.get("input_name") if isinstance(extra, dict) else None)
    return Problem(
        code=str(row.get("reason") or row.get("type") or "unknown"),
        message=str(row.get("message") or row.get("reason") or "is refused"),
        subject=AtNode(node=node or None, class_type=class_type, input=None if field is None else str(field)),
        level="error",
        tier=1,
        hint=row.get("hint") if isinstance(row.get("hint"), str) else None,
    )
