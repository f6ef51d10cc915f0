"""The HTTP client of a ComfyUI server. Every failure to reach the server raises `EngineUnreachable`.

May be used from any thread. Read-only requests are retried if the network or a proxy drops them.
"""

from __future__ import annotations

import json
import mimetypes
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import requests

from ryla_graphs.engines.comfyui.jobs import UNKNOWN, JobState, from_history, from_job, from_queue
from ryla_graphs.problems import EngineRefused, EngineUnreachable, NotFound, OutputMissing
from ryla_graphs.sessions import Origin, reason_of

CONNECT_SECONDS = 10.0
READ_SECONDS = 120.0
"""Timeout in seconds for uploads, graphs and files, which may take long."""
STATE_SECONDS = 15.0
"""Timeout in seconds for small requests."""
CANCEL_SECONDS = 5.0
"""Timeout in seconds for cancelling: containers are killed ten seconds after they were asked to end."""

OK, NOT_FOUND, METHOD_NOT_ALLOWED, FAULT = 200, 404, 405, 500
_TIMED_OUT, _TOO_MANY, _BAD_GATEWAY = 408, 429, 502
_PAGE = "text/html"
_TRIES, _PAUSE_SECONDS = 3, 0.1
"""Retries of a read-only request; the pause doubles each time."""

Answer = requests.Response


class ComfyClient:
    """The HTTP side of a server. Credentials in the address go into a header, and appear in no message.

    Raises `NotFound` for what is no address.
    """

    def __init__(self, address: str, headers: Mapping[str, str] | None = None) -> None:
        try:
            scheme, place, path, _, _ = urlsplit(address.rstrip("/"))
        except ValueError as error:
            raise NotFound(f"the address of a ComfyUI server is none ({error}): use http://host:port") from None
        secret, _, host = place.rpartition("@")
        self.address = urlunsplit((scheme, host, path, "", ""))
        basic = {"authorization": f"Basic {b64encode(unquote(secret).encode()).decode()}"} if secret else {}
        self.headers = {**basic, **(headers or {})}
        self._origin = Origin(self.address, self.headers)

    @property
    def name(self) -> str:
        """The server's name in messages."""
        return f"ComfyUI at {self.address}"

    def socket_address(self, client_id: str) -> str:
        """The address of the WebSocket for a client."""
        scheme, host, path, _, _ = urlsplit(self.address)
        return urlunsplit(("wss" if scheme == "https" else "ws", host, f"{path}/ws", f"clientId={client_id}", ""))

    def request(
        self, method: str, path: str, *, seconds: float = READ_SECONDS, content: Any = None, files: Any = None
    ) -> Answer:
        """Send one request; the answer may have an error status. `seconds` is the timeout until the answer starts.

        `content` is sent as JSON, or else `files` as a form. Redirects are not followed, because they may lead to
        another server.
        """
        pauses = [_PAUSE_SECONDS * 2**attempt for attempt in range(_TRIES - 1)] if method == "GET" else []
        while True:
            try:
                timeout = CONNECT_SECONDS, seconds
                answer = self._origin.request(method, path, timeout=timeout, content=content, files=files)
            except (requests.RequestException, OSError) as error:
                if not pauses or not _was_connected(error):
                    raise EngineUnreachable(f"no ComfyUI answers at {self.address}: {reason_of(error)}") from error
            else:
                if not pauses or not (answer.status_code == FAULT or is_passing(answer)):
                    return answer
            time.sleep(pauses.pop(0))

    def json(self, path: str, *, seconds: float = READ_SECONDS) -> Any:
        """The JSON object that answers a GET; raises `EngineUnreachable` for any other answer."""
        return self.content(path, self.request("GET", path, seconds=seconds))

    def content(self, path: str, answer: Answer) -> Mapping[str, Any]:
        """The JSON object in an answer; raises `EngineUnreachable` for an error or any other content."""
        content = content_of(answer)
        if answer.status_code != OK or content is None:
            raise EngineUnreachable(f"{self.address}{path} does not answer like ComfyUI: {_odd(answer)}")
        return content

    def upload(self, name: str, content: bytes) -> str:
        """Upload a file into the server's input folder; returns its name there."""
        answer = self.request("POST", "/upload/image", files={"image": (name, content)})
        self._refuse_others(answer)
        if answer.status_code != OK:
            raise EngineRefused(f"the server refuses the input file '{name}' ({answer.status_code})")
        stored = self.content("/upload/image", answer)
        if not isinstance(stored.get("name"), str):
            raise EngineUnreachable(f"{self.address}/upload/image does not answer like ComfyUI: no name")
        return f"{stored['subfolder']}/{stored['name']}" if stored.get("subfolder") else str(stored["name"])

    def state(self, prompt_id: str) -> JobState:
        """The state of a prompt, from the jobs API, or from queue and history on servers without it."""
        path = f"/api/jobs/{prompt_id}"
        answer = self.request("GET", path, seconds=STATE_SECONDS)
        if answer.status_code == OK:
            return from_job(self.content(path, answer))
        if answer.status_code not in (NOT_FOUND, METHOD_NOT_ALLOWED):
            self.content(path, answer)
        if "error" in (content_of(answer) or {}):
            return UNKNOWN
        # Prompts move from the queue to the history, so reading in this order misses none.
        queue = self.json("/queue", seconds=STATE_SECONDS)
        history = self.json(f"/history/{prompt_id}", seconds=STATE_SECONDS)
        entry = history.get(prompt_id)
        return from_history(entry) if isinstance(entry, Mapping) else from_queue(prompt_id, queue)

    def executed_outputs(self, prompt_id: str) -> frozenset[str] | None:
        """The output nodes for which an ended prompt was executed; None if no record has them."""
        path = f"/history/{prompt_id}"
        entry = self.json(path, seconds=STATE_SECONDS).get(prompt_id)
        item = entry.get("prompt") if isinstance(entry, Mapping) else None
        nodes = item[4] if isinstance(item, list) and len(item) > 4 else None
        return frozenset(map(str, nodes)) if isinstance(nodes, list) and nodes else None

    def cancel(self, prompt_id: str) -> None:
        """Cancel one prompt, whether it runs or waits, and no other."""
        answer = self.request("POST", f"/api/jobs/{prompt_id}/cancel", seconds=CANCEL_SECONDS)
        if answer.status_code in (NOT_FOUND, METHOD_NOT_ALLOWED):
            self.request("POST", "/queue", content={"delete": [prompt_id]}, seconds=CANCEL_SECONDS)
            # Old servers interrupt whatever runs, so check first that it is this prompt.
            if self.state(prompt_id).phase == "running":
                self.request("POST", "/interrupt", content={"prompt_id": prompt_id}, seconds=CANCEL_SECONDS)

    def free(self, *, seconds: float = STATE_SECONDS) -> None:
        """Make the server drop its models and caches before it starts the next prompt."""
        self.request("POST", "/free", content={"unload_models": True, "free_memory": True}, seconds=seconds)

    def view(self, filename: str, subfolder: str, folder: str) -> bytes:
        """The content of an output file; raises `OutputMissing` if the server does not have it."""
        query = f"filename={quote(filename)}&subfolder={quote(subfolder)}&type={quote(folder)}"
        answer = self.request("GET", f"/view?{query}")
        self._refuse_others(answer)
        if answer.status_code != OK:
            raise OutputMissing(f"the server does not deliver its output file '{filename}' ({answer.status_code})")
        if _is_page(answer) and mimetypes.guess_type(filename)[0] != _PAGE:
            raise EngineUnreachable(f"{self.address}/view answers with a web page instead of '{filename}'")
        return answer.content

    def _refuse_others(self, answer: Answer) -> None:
        """Raise `EngineUnreachable` if a proxy has answered: it may also say 404 or 403 while the server is down."""
        if is_passing(answer) or (answer.status_code != OK and _is_page(answer)):
            raise EngineUnreachable(f"no ComfyUI answers at {self.address}: status {answer.status_code}")
        if answer.status_code != OK:
            self.json("/queue", seconds=STATE_SECONDS)

    def close(self) -> None:
        """Close the idle connections; the next request opens new ones."""
        self._origin.close()


def is_passing(answer: Answer) -> bool:
    """Whether a proxy says that the server is down or busy. Cloudflare has statuses of its own, from 520 to 530."""
    return answer.status_code in (_TIMED_OUT, _TOO_MANY) or answer.status_code >= _BAD_GATEWAY


def _is_page(answer: Answer) -> bool:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().casefold() == _PAGE


def content_of(answer: Answer) -> dict[str, Any] | None:
    """The JSON object in an answer; None for any other content."""
    try:
        content = json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _was_connected(error: Exception) -> bool:
    """Whether the request reached a server, so that a retry may succeed."""
    lost = isinstance(error, requests.ConnectionError) and not isinstance(error, requests.ConnectTimeout)
    never_connected = any(getattr(part, "reason", None) is not None for part in error.args)
    return (lost and not never_connected) or isinstance(error, requests.exceptions.ChunkedEncodingError)


def _odd(answer: Answer) -> str:
    """What is wrong with an answer that is not a JSON object of the server."""
    if answer.is_redirect:
        return f"it redirects to {answer.headers['Location']}; use the final address instead"
    return f"status {answer.status_code}" if answer.status_code != OK else "not a JSON object"
