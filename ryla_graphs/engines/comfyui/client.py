"""What a ComfyUI server answers over HTTP. Every failure to reach it is an `EngineUnreachable`.

May be used from any thread. Requests that change nothing are tried again where the network or a proxy drops them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import urllib3
from urllib3.util import make_headers

from ryla_graphs.engines.comfyui.jobs import UNKNOWN, JobState, from_history, from_job, from_queue
from ryla_graphs.problems import EngineRefused, EngineUnreachable, OutputMissing

CONNECT_SECONDS = 10.0
READ_SECONDS = 120.0
"""Uploads, graphs and files take their time."""
STATE_SECONDS = 15.0
"""Small questions do not."""

OK, NOT_FOUND, METHOD_NOT_ALLOWED, FAULT = 200, 404, 405, 500
PASSING = (502, 503, 504)
"""What proxies answer while the server is away."""
_AGAIN = urllib3.Retry(
    total=2,
    connect=0,
    redirect=0,
    backoff_factor=0.1,
    status_forcelist=(FAULT, *PASSING),
    allowed_methods={"GET"},
    raise_on_status=False,
)

Answer = urllib3.BaseHTTPResponse


class ComfyClient:
    """The HTTP side of a server. A name and password in the address go into a header, and into no message."""

    def __init__(self, address: str, headers: Mapping[str, str] | None = None) -> None:
        scheme, place, path, _, _ = urlsplit(address.rstrip("/"))
        secret, _, host = place.rpartition("@")
        self.address = urlunsplit((scheme, host, path, "", ""))
        basic = make_headers(basic_auth=unquote(secret)) if secret else {}
        self.headers = {**basic, **(headers or {})}
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=32, headers=self.headers)

    @property
    def name(self) -> str:
        """How messages call the server."""
        return f"ComfyUI at {self.address}"

    def socket_address(self, client_id: str) -> str:
        """The address of the WebSocket for a client."""
        scheme, host, path, _, _ = urlsplit(self.address)
        return urlunsplit(("wss" if scheme == "https" else "ws", host, f"{path}/ws", f"clientId={client_id}", ""))

    def request(self, method: str, path: str, *, seconds: float = READ_SECONDS, **options: Any) -> Answer:
        """One request; the answer may still be an error status. `seconds` is how long it may take to begin."""
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=seconds)
        try:
            return self._pool.request(
                method, f"{self.address}{path}", timeout=timeout, retries=_AGAIN, redirect=False, **options
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise EngineUnreachable(f"no ComfyUI answers at {self.address}: {_reason(error)}") from error

    def json(self, path: str, *, seconds: float = READ_SECONDS) -> Any:
        """The JSON object that answers a GET; raises `EngineUnreachable` where it is none."""
        return self.content(path, self.request("GET", path, seconds=seconds))

    def content(self, path: str, answer: Answer) -> Mapping[str, Any]:
        """The JSON object in an answer; raises `EngineUnreachable` where it is an error or holds none."""
        content = content_of(answer)
        if answer.status != OK or content is None:
            reason = f"status {answer.status}" if answer.status != OK else "no JSON object"
            raise EngineUnreachable(f"{self.address}{path} does not answer like ComfyUI: {reason}")
        return content

    def upload(self, name: str, content: bytes) -> str:
        """Put a file into the server's input folder; gives the name it has there."""
        answer = self.request("POST", "/upload/image", fields={"image": (name, content)})
        if answer.status in PASSING:
            raise EngineUnreachable(f"no ComfyUI answers at {self.address}: status {answer.status}")
        if answer.status != OK:
            raise EngineRefused(f"the server refuses the input file '{name}' ({answer.status})")
        stored = self.content("/upload/image", answer)
        if not isinstance(stored.get("name"), str):
            raise EngineUnreachable(f"{self.address}/upload/image does not answer like ComfyUI: no name")
        return f"{stored['subfolder']}/{stored['name']}" if stored.get("subfolder") else str(stored["name"])

    def state(self, prompt_id: str) -> JobState:
        """Where a prompt is: asked of the jobs API, or of queue and history on servers without one."""
        path = f"/api/jobs/{prompt_id}"
        answer = self.request("GET", path, seconds=STATE_SECONDS)
        if answer.status == OK:
            return from_job(self.content(path, answer))
        if answer.status not in (NOT_FOUND, METHOD_NOT_ALLOWED):
            self.content(path, answer)
        if "error" in (content_of(answer) or {}):
            return UNKNOWN
        # Prompts go from the queue into the history, so in this order none slips through.
        queue = self.json("/queue", seconds=STATE_SECONDS)
        history = self.json(f"/history/{prompt_id}", seconds=STATE_SECONDS)
        entry = history.get(prompt_id)
        return from_history(entry) if isinstance(entry, Mapping) else from_queue(prompt_id, queue)

    def cancel(self, prompt_id: str) -> None:
        """End one prompt, whether it runs or waits, and no other."""
        answer = self.request("POST", f"/api/jobs/{prompt_id}/cancel", seconds=STATE_SECONDS)
        if answer.status in (NOT_FOUND, METHOD_NOT_ALLOWED):
            self.request("POST", "/queue", json={"delete": [prompt_id]}, seconds=STATE_SECONDS)
            # Old servers interrupt whatever runs, so make sure that it is this one.
            if self.state(prompt_id).phase == "running":
                self.request("POST", "/interrupt", json={"prompt_id": prompt_id}, seconds=STATE_SECONDS)

    def free(self) -> None:
        """Have the server drop its models and caches, before it takes the next prompt."""
        self.request("POST", "/free", json={"unload_models": True, "free_memory": True}, seconds=STATE_SECONDS)

    def view(self, filename: str, subfolder: str, folder: str) -> bytes:
        """The content of an output file; raises `OutputMissing` where the server does not have it."""
        query = f"filename={quote(filename)}&subfolder={quote(subfolder)}&type={quote(folder)}"
        answer = self.request("GET", f"/view?{query}")
        if answer.status in PASSING:
            raise EngineUnreachable(f"no ComfyUI answers at {self.address}: status {answer.status}")
        if answer.status != OK:
            raise OutputMissing(f"the server does not give its output file '{filename}' ({answer.status})")
        return answer.data

    def close(self) -> None:
        """Close the idle connections; the next request opens new ones."""
        self._pool.clear()


def content_of(answer: Answer) -> dict[str, Any] | None:
    """The JSON object in an answer, None where it holds none."""
    try:
        content = json.loads(answer.data)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _reason(error: Exception) -> str:
    """The innermost reason of an HTTP error, without its layers and object addresses."""
    reason = getattr(error, "reason", None) or error
    return str(reason).rsplit(": ", 1)[-1] or type(error).__name__
