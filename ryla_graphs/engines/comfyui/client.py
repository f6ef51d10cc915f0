"""What a ComfyUI server answers over HTTP. Every failure to reach it is an `EngineUnreachable`.

May be used from any thread. Requests that change nothing are tried again where the network or a proxy drops them.
"""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import requests

from ryla_graphs.engines.comfyui.jobs import UNKNOWN, JobState, from_history, from_job, from_queue
from ryla_graphs.plain_http import NotConnected, Reply
from ryla_graphs.problems import EngineRefused, EngineUnreachable, OutputMissing
from ryla_graphs.sessions import Origin, reason_of

CONNECT_SECONDS = 10.0
READ_SECONDS = 120.0
"""Uploads, graphs and files take their time."""
STATE_SECONDS = 15.0
"""Small questions do not."""
CANCEL_SECONDS = 5.0
"""Who cancels may have little time left: containers are killed ten seconds after they were asked to end."""

OK, NOT_FOUND, METHOD_NOT_ALLOWED, FAULT = 200, 404, 405, 500
PASSING = (502, 503, 504)
"""What proxies answer while the server is away."""
_TRIES, _PAUSE_SECONDS = 3, 0.1
"""For a request that changes nothing; the pause doubles."""

Answer = Reply


class ComfyClient:
    """The HTTP side of a server. A name and password in the address go into a header, and into no message."""

    def __init__(self, address: str, headers: Mapping[str, str] | None = None) -> None:
        scheme, place, path, _, _ = urlsplit(address.rstrip("/"))
        secret, _, host = place.rpartition("@")
        self.address = urlunsplit((scheme, host, path, "", ""))
        basic = {"authorization": f"Basic {b64encode(unquote(secret).encode()).decode()}"} if secret else {}
        self.headers = {**basic, **(headers or {})}
        self._origin = Origin(self.address, self.headers)

    @property
    def name(self) -> str:
        """How messages call the server."""
        return f"ComfyUI at {self.address}"

    def socket_address(self, client_id: str) -> str:
        """The address of the WebSocket for a client."""
        scheme, host, path, _, _ = urlsplit(self.address)
        return urlunsplit(("wss" if scheme == "https" else "ws", host, f"{path}/ws", f"clientId={client_id}", ""))

    def request(self, method: str, path: str, *, seconds: float = READ_SECONDS, **options: Any) -> Answer:
        """One request; the answer may still be an error status. `seconds` is how long it may take to begin.

        No redirect is followed: what it leads to need not be this server.
        """
        pauses = [_PAUSE_SECONDS * 2**attempt for attempt in range(_TRIES - 1)] if method == "GET" else []
        while True:
            try:
                answer = self._origin.request(method, path, timeout=(CONNECT_SECONDS, seconds), **options)
            except (requests.RequestException, OSError) as error:
                if not pauses or not _was_connected(error):
                    raise EngineUnreachable(f"no ComfyUI answers at {self.address}: {reason_of(error)}") from error
            else:
                if not pauses or answer.status_code not in (FAULT, *PASSING):
                    return answer
            time.sleep(pauses.pop(0))

    def json(self, path: str, *, seconds: float = READ_SECONDS) -> Any:
        """The JSON object that answers a GET; raises `EngineUnreachable` if it is none."""
        return self.content(path, self.request("GET", path, seconds=seconds))

    def content(self, path: str, answer: Answer) -> Mapping[str, Any]:
        """The JSON object in an answer; raises `EngineUnreachable` if it is an error or holds none."""
        content = content_of(answer)
        if answer.status_code != OK or content is None:
            raise EngineUnreachable(f"{self.address}{path} does not answer like ComfyUI: {_odd(answer)}")
        return content

    def upload(self, name: str, content: bytes) -> str:
        """Put a file into the server's input folder; gives the name it has there."""
        answer = self.request("POST", "/upload/image", files={"image": (name, content)})
        if answer.status_code in PASSING:
            raise EngineUnreachable(f"no ComfyUI answers at {self.address}: status {answer.status_code}")
        if answer.status_code != OK:
            raise EngineRefused(f"the server refuses the input file '{name}' ({answer.status_code})")
        stored = self.content("/upload/image", answer)
        if not isinstance(stored.get("name"), str):
            raise EngineUnreachable(f"{self.address}/upload/image does not answer like ComfyUI: no name")
        return f"{stored['subfolder']}/{stored['name']}" if stored.get("subfolder") else str(stored["name"])

    def state(self, prompt_id: str) -> JobState:
        """Where a prompt is: asked of the jobs API, or of queue and history on servers without one."""
        path = f"/api/jobs/{prompt_id}"
        answer = self.request("GET", path, seconds=STATE_SECONDS)
        if answer.status_code == OK:
            return from_job(self.content(path, answer))
        if answer.status_code not in (NOT_FOUND, METHOD_NOT_ALLOWED):
            self.content(path, answer)
        if "error" in (content_of(answer) or {}):
            return UNKNOWN
        # Prompts go from the queue into the history, so in this order none slips through.
        queue = self.json("/queue", seconds=STATE_SECONDS)
        history = self.json(f"/history/{prompt_id}", seconds=STATE_SECONDS)
        entry = history.get(prompt_id)
        return from_history(entry) if isinstance(entry, Mapping) else from_queue(prompt_id, queue)

    def executed_outputs(self, prompt_id: str) -> frozenset[str] | None:
        """The output nodes that a prompt was executed for, of one that is over; None if no record says it."""
        path = f"/history/{prompt_id}"
        entry = self.json(path, seconds=STATE_SECONDS).get(prompt_id)
        item = entry.get("prompt") if isinstance(entry, Mapping) else None
        nodes = item[4] if isinstance(item, list) and len(item) > 4 else None
        return frozenset(map(str, nodes)) if isinstance(nodes, list) and nodes else None

    def cancel(self, prompt_id: str) -> None:
        """End one prompt, whether it runs or waits, and no other."""
        answer = self.request("POST", f"/api/jobs/{prompt_id}/cancel", seconds=CANCEL_SECONDS)
        if answer.status_code in (NOT_FOUND, METHOD_NOT_ALLOWED):
            self.request("POST", "/queue", content={"delete": [prompt_id]}, seconds=CANCEL_SECONDS)
            # Old servers interrupt whatever runs, so make sure that it is this one.
            if self.state(prompt_id).phase == "running":
                self.request("POST", "/interrupt", content={"prompt_id": prompt_id}, seconds=CANCEL_SECONDS)

    def free(self) -> None:
        """Have the server drop its models and caches, before it takes the next prompt."""
        self.request("POST", "/free", content={"unload_models": True, "free_memory": True}, seconds=STATE_SECONDS)

    def view(self, filename: str, subfolder: str, folder: str) -> bytes:
        """The content of an output file; raises `OutputMissing` if the server does not have it."""
        query = f"filename={quote(filename)}&subfolder={quote(subfolder)}&type={quote(folder)}"
        answer = self.request("GET", f"/view?{query}")
        if answer.status_code in PASSING:
            raise EngineUnreachable(f"no ComfyUI answers at {self.address}: status {answer.status_code}")
        if answer.status_code != OK:
            raise OutputMissing(f"the server does not give its output file '{filename}' ({answer.status_code})")
        return answer.content

    def close(self) -> None:
        """Close the idle connections; the next request opens new ones."""
        self._origin.close()


def content_of(answer: Answer) -> dict[str, Any] | None:
    """The JSON object in an answer, None if it holds none."""
    try:
        content = json.loads(answer.content)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _was_connected(error: Exception) -> bool:
    """Whether the request got as far as the server, so that the next one may get through what dropped it."""
    lost = isinstance(error, requests.ConnectionError) and not isinstance(
        error, (requests.ConnectTimeout, NotConnected)
    )
    never_connected = any(getattr(part, "reason", None) is not None for part in error.args)
    return (lost and not never_connected) or isinstance(error, requests.exceptions.ChunkedEncodingError)


def _odd(answer: Answer) -> str:
    """What is wrong with an answer that is no JSON object of the server."""
    if answer.is_redirect:
        return f"it redirects to {answer.location}; give the address that it ends at"
    return f"status {answer.status_code}" if answer.status_code != OK else "no JSON object"
