"""What a ComfyUI server answers over HTTP. Every failure to reach it is an `EngineUnreachable`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

import requests

from ryla_graphs.errors import EngineError, EngineRefused, EngineUnreachable

CONNECT_SECONDS = 10
READ_SECONDS = 120

Phase = Literal["waiting", "running", "done", "failed", "cancelled", "unknown"]

_PHASES: Mapping[str, Phase] = {
    "pending": "waiting",
    "in_progress": "running",
    "completed": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}


class JobState(NamedTuple):
    """What the server says of a prompt."""

    phase: Phase
    outputs: Mapping[str, Any] = {}
    error: Mapping[str, Any] | None = None
    """The `execution_error` message, where there is one."""


class ComfyClient:
    """The HTTP side of a server."""

    def __init__(self, address: str, headers: Mapping[str, str] | None = None) -> None:
        self.address = address.rstrip("/")
        self.headers = dict(headers or {})
        self._session = requests.Session()
        self._session.headers.update(self.headers)

    def socket_address(self, client_id: str) -> str:
        """The address of the WebSocket for a client."""
        scheme, host, path, _, _ = urlsplit(self.address)
        return urlunsplit(("wss" if scheme == "https" else "ws", host, f"{path}/ws", f"clientId={client_id}", ""))

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request; the answer may still be an error status."""
        options.setdefault("timeout", (CONNECT_SECONDS, READ_SECONDS))
        try:
            return self._session.request(method, f"{self.address}{path}", **options)
        except requests.RequestException as error:
            raise EngineUnreachable(f"no ComfyUI answers at {self.address}: {_reason(error)}") from error

    def json(self, path: str) -> Any:
        """The JSON answer to a GET; raises `EngineUnreachable` where it is none."""
        return self.content(self.request("GET", path))

    def content(self, answer: requests.Response) -> Any:
        """The JSON in an answer; raises `EngineUnreachable` where it is an error or holds none."""
        try:
            answer.raise_for_status()
            return answer.json()
        except (requests.RequestException, ValueError) as error:
            path = urlsplit(answer.url).path
            raise EngineUnreachable(f"{self.address}{path} does not answer like ComfyUI: {_reason(error)}") from error

    def upload(self, name: str, content: bytes) -> str:
        """Put a file into the server's input folder; gives the name it has there."""
        answer = self.request("POST", "/upload/image", files={"image": (name, content)})
        if answer.status_code != requests.codes.ok:
            raise EngineRefused(f"the server refuses the input file '{name}' ({answer.status_code})")
        stored = self.content(answer)
        return f"{stored['subfolder']}/{stored['name']}" if stored.get("subfolder") else str(stored["name"])

    def submit(self, body: Mapping[str, Any]) -> requests.Response:
        """``POST /prompt``."""
        return self.request("POST", "/prompt", json=body)

    def state(self, prompt_id: str) -> JobState:
        """Where a prompt is: asked of the jobs API, or of queue and history on servers without one."""
        answer = self.request("GET", f"/api/jobs/{prompt_id}")
        if answer.status_code == requests.codes.ok:
            job = self.content(answer)
            phase = _PHASES.get(job.get("status", ""), "unknown")
            return JobState(phase, job.get("outputs") or {}, _error_in(job.get("execution_status") or {}))
        # A prompt that ends between the two looks is in neither, so look at the history on both sides.
        for _ in range(2):
            if (entry := self.json(f"/history/{prompt_id}").get(prompt_id)) is not None:
                return _from_history(entry)
            queue = self.json("/queue")
            if any(item[1] == prompt_id for item in queue.get("queue_running", [])):
                return JobState("running")
            if any(item[1] == prompt_id for item in queue.get("queue_pending", [])):
                return JobState("waiting")
        return JobState("unknown")

    def cancel(self, prompt_id: str) -> None:
        """End one prompt, whether it runs or waits, and no other."""
        answer = self.request("POST", f"/api/jobs/{prompt_id}/cancel")
        if answer.status_code in (requests.codes.not_found, requests.codes.method_not_allowed):
            self.request("POST", "/queue", json={"delete": [prompt_id]})
            self.request("POST", "/interrupt", json={"prompt_id": prompt_id})

    def view(self, filename: str, subfolder: str, folder: str) -> bytes:
        """The content of an output file."""
        query = f"filename={quote(filename)}&subfolder={quote(subfolder)}&type={quote(folder)}"
        answer = self.request("GET", f"/view?{query}")
        if answer.status_code != requests.codes.ok:
            raise EngineError(f"the server does not give its output file '{filename}' ({answer.status_code})")
        return answer.content


def _from_history(entry: Mapping[str, Any]) -> JobState:
    status = entry.get("status") or {}
    messages = {name for name, _ in status.get("messages") or []}
    if "execution_interrupted" in messages:
        return JobState("cancelled", entry.get("outputs") or {})
    error = _error_in(status)
    phase: Phase = "failed" if error is not None or status.get("status_str") == "error" else "done"
    return JobState(phase, entry.get("outputs") or {}, error)


def _error_in(status: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return next((facts for name, facts in status.get("messages") or [] if name == "execution_error"), None)


def _reason(error: Exception) -> str:
    """The innermost reason of a requests error, without its layers."""
    inner = error.args[0] if error.args else error
    reason = getattr(inner, "reason", inner)
    return str(reason).rsplit(": ", 1)[-1] or type(error).__name__
