"""Comfy API v2 in the dialects of comfy-api-proxy 0.1.6, as it answered here, and of Comfy Cloud, by its sources."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import BodyPartReader, web
from blake3 import blake3

from tests.engines.stand_ins.faults import Faults
from tests.engines.stand_ins.pictures import saved

DialectName = Literal["ours", "proxy", "cloud", "serverless"]
ENDS = frozenset({"succeeded", "failed", "canceled", "expired"})


@dataclass
class V2StandIn:
    """A server."""

    dialect: DialectName = "ours"
    faults: Faults = field(default_factory=Faults)
    token: str = ""
    seconds: float = 0.0
    queue_seconds: float = 0.0
    watched: bool = False
    """Whether a job makes steps only once its events are read."""
    steps: int = 2
    fates: list[str] = field(default_factory=list)
    """Of the first, second, … job: `failed`, `waits`, `expired once`, `expired`, `forgotten`, `no outputs`, `lies`."""
    mount: str = ""
    """A prefix that the server is mounted under."""
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    assets: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    executed: Counter[str] = field(default_factory=Counter)
    """How often a graph was worked on, by its JSON."""
    leaked: list[str] = field(default_factory=list)
    """Tokens that came to the object store."""
    forgotten: set[str] = field(default_factory=set)
    readers: dict[str, asyncio.Event] = field(default_factory=dict)
    """Set once the events of a job are read."""

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/store/{asset}", self._store)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        words = request.path.removeprefix(self.mount).removeprefix("/api/v2/").strip("/").split("/")
        step = f"{request.method} {words[0]}" + (
            f" {words[-1]}" if len(words) > 2 else " one" if len(words) == 2 else ""
        )
        return await self.faults.answer(step, request, self._handle)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return _error("unauthorized", "who are you", 401)
        path = request.path
        if not path.startswith(f"{self.mount}/api/v2/"):
            return web.Response(status=404, text="<html>", content_type="text/html")
        words = path.removeprefix(f"{self.mount}/api/v2/").split("/")
        if words[0] == "assets":
            return await self._asset(request, words[1:])
        if len(words) == 1:
            return await self._submit(request) if request.method == "POST" else self._list(request)
        job = self.jobs.get(words[1])
        if job is None or words[1] in self.forgotten:
            return _error("not_found", "no such job", 404)
        if words[-1] == "cancel":
            if job["status"] not in ENDS:
                job["status"] = "canceled"
            return web.json_response(self._shown(job))
        if words[-1] == "events":
            return await self._events(request, job)
        return web.json_response(self._shown(job))

    async def _submit(self, request: web.Request) -> web.Response:
        body = await request.json()
        metadata = body.get("metadata")
        if self.dialect == "cloud" and metadata is not None:
            return _error("metadata_not_supported", "metadata is not supported here", 422)
        if self.dialect == "proxy" and metadata is not None and not isinstance(metadata, str):
            return _error("invalid_request", "metadata must be a string", 422)
        key = request.headers["Idempotency-Key"]
        if key in self.keys:
            return _error("idempotency_key_reuse", "this key was used", 422)
        graph = body["workflow"]
        if any(node["class_type"] == "Nonsense" for node in graph.values()):
            details = {"node_errors": {"1": [{"field": "x", "reason": "missing_input"}]}}
            return _error("invalid_workflow", "bad", 422, details)
        job_id = str(uuid.uuid4())
        job = {"id": job_id, "status": "queued", "outputs": [], "graph": graph, "metadata": metadata, "progress": None}
        self.jobs[job_id], self.keys[key] = job, job_id
        fate = self.fates.pop(0) if self.fates else "well"
        asyncio.get_running_loop().create_task(self._work(job, fate))
        return web.json_response(self._shown(job), status=201)

    async def _work(self, job: dict[str, Any], fate: str) -> None:
        await asyncio.sleep(self.queue_seconds)
        if fate == "waits" or job["status"] in ENDS:
            return
        job["status"], job["started_at"] = "running", "2026-11-30T00:00:00Z"
        self.executed[json.dumps(job["graph"], sort_keys=True)] += 1
        if self.watched:
            await self.readers.setdefault(job["id"], asyncio.Event()).wait()
        for step in range(1, self.steps + 1):
            await asyncio.sleep(self.seconds / self.steps)
            if job["status"] in ENDS:
                return
            job["progress"] = _progress("sampler", step, self.steps)
        if fate == "forgotten":
            self.forgotten.add(job["id"])
        elif fate.startswith("expired"):
            job["status"] = "expired"
            if fate == "expired once":
                await asyncio.sleep(0.3)
                self._succeed(job, fate)
        elif fate == "failed":
            error = {"code": "node_execution_error", "message": "boom", "node_id": "sampler", "class_type": "KSampler"}
            job |= {"status": "failed", "error": error | {"traceback": ["/secret/path.py"]}}
        else:
            self._succeed(job, fate)

    def _succeed(self, job: dict[str, Any], fate: str) -> None:
        outputs, proxy = [], self.dialect == "proxy"
        for node, name, content in saved(job["graph"]):
            asset = str(uuid.uuid4())
            self.assets[asset] = (name, content)
            outputs.append({
                "node_id": node, "name": name, "type": "image", "content_type": "image/png", "id": asset,
                "size_bytes": 0 if proxy else len(content) + (fate == "lies"),
                "hash": None if proxy else f"blake3:{blake3(content).hexdigest()}",
                "url": f"/api/v2/assets/{asset}/content", "url_expires_at": "2027-01-01T00:00:00Z",
            })  # fmt: skip
        job["outputs"] = [] if fate == "no outputs" else outputs
        job["status"], job["metrics"] = "succeeded", {"queue_ms": 5, "execution_ms": 40}

    def _shown(self, job: dict[str, Any]) -> dict[str, Any]:
        path = f"{self.mount}/api/v2/jobs/{job['id']}"
        shown = {key: value for key, value in job.items() if key not in ("graph", "metadata")}
        urls = {"self": path, "events": f"{path}/events", "cancel": f"{path}/cancel"}
        facts = {"queue_position": None, "error": None, "created_at": "2026-11-30T00:00:00Z", "urls": urls}
        return facts | shown | ({} if self.dialect == "cloud" else {"metadata": job["metadata"] or {}})

    def _list(self, request: web.Request) -> web.Response:
        if self.dialect == "cloud":
            return _error("not_implemented", "no list", 501)
        jobs = [self._shown(job) for job in reversed(self.jobs.values()) if job["id"] not in self.forgotten]
        if self.dialect == "proxy":
            return web.json_response({"jobs": jobs[:100], "truncated": len(jobs) > 100})
        wanted = request.query.get("metadata[ryla_run]")
        return web.json_response({"jobs": [job for job in jobs if wanted in (None, job["metadata"].get("ryla_run"))]})

    async def _events(self, request: web.Request, job: dict[str, Any]) -> web.StreamResponse:
        if self.dialect == "cloud":
            return _error("not_implemented", "no events", 501)
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        self.readers.setdefault(job["id"], asyncio.Event()).set()
        reported: list[Any] = [None, None]
        while True:
            now = [{"status": job["status"]}, job["progress"]]
            for kind, before, data in zip(("status", "progress"), reported, now, strict=True):
                if data is not None and data != before:
                    await answer.write(f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode())
            reported = now
            if job["status"] in ENDS or job["id"] in self.forgotten:
                return answer
            await asyncio.sleep(0.01)

    async def _asset(self, request: web.Request, words: list[str]) -> web.StreamResponse:
        if words[:1] == ["by-hash"]:
            return web.Response(status=200 if self._by_hash(words[1]) else 404)
        if words == ["from-hash"]:
            wanted = await request.json()
            found = self._by_hash(wanted["hash"])
            return web.json_response({"id": found}, status=201) if found else _error("blob_not_found", "no", 404)
        if not words and request.method == "POST":
            return await self._upload(request)
        if words[0] not in self.assets:
            return _error("not_found", "no such asset", 404)
        if self.dialect in ("cloud", "serverless"):
            return web.Response(status=302, headers={"Location": f"/store/{words[0]}?signature=x"})
        return web.Response(body=self.assets[words[0]][1], content_type="image/png")

    async def _upload(self, request: web.Request) -> web.Response:
        fields: dict[str, Any] = {}
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            content = bytes(await part.read())
            if part.name == "file" and not {"content_type", "file_path", "expected_hash"} <= fields.keys():
                return _error("invalid_request", "file must come last", 422)
            fields[str(part.name)] = content if part.name == "file" else content.decode()
        asset = str(uuid.uuid4())
        self.assets[asset] = (fields["file_path"], fields["file"])
        return web.json_response({"id": asset, "hash": fields["expected_hash"]}, status=201)

    def _by_hash(self, digest: str) -> str | None:
        found = (key for key, (_, data) in self.assets.items() if f"blake3:{blake3(data).hexdigest()}" == digest)
        return next(found, None)

    async def _store(self, request: web.Request) -> web.StreamResponse:
        if "Authorization" in request.headers:
            self.leaked.append(request.headers["Authorization"])
        return web.Response(body=self.assets[request.match_info["asset"]][1], content_type="image/png")


def _progress(node: str, step: int, steps: int) -> dict[str, Any]:
    facts = {"value": step / steps, "nodes_done": 1, "nodes_total": 2, "current_node": node}
    return facts | {"current_node_class": "KSampler", "step": step, "steps": steps, "message": None}


def _error(code: str, message: str, status: int, details: Any = None) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message, "details": details}}, status=status)
