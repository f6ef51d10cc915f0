"""The server: ComfyUI's routes, one queue, one prompt at a time, and the faults of its script."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.engines.stub.script import PNG, Frame, Script, chaos, frames, outputs_of, picture

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(eq=False)
class Job:
    """A prompt that the server knows."""

    id: str
    client: str
    prompt: dict[str, Any]
    status: str = "pending"
    outputs: dict[str, Any] = field(default_factory=dict)
    executes: list[str] = field(default_factory=list)
    """The outputs that it is executed for."""
    error: dict[str, Any] | None = None
    reported: list[list[Any]] = field(default_factory=list)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether a client got the message that it is over."""

    @property
    def over(self) -> bool:
        return self.status in ("completed", "failed", "cancelled")

    def record(self) -> dict[str, Any]:
        """Its entry in the history."""
        ok = self.status == "completed"
        status = {"status_str": "success" if ok else "error", "completed": ok, "messages": self.reported}
        return {"prompt": [1, self.id, self.prompt, {}, self.executes], "outputs": self.outputs, "status": status}


class StubComfy:
    """A ComfyUI that plays a script."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.submitted: list[dict[str, Any]] = []
        self.executed: list[str] = []
        self.uploads: dict[str, bytes] = {}
        self.cancelled: list[str] = []
        self.freed = 0
        self.connections = 0
        self.restarts = 0
        self.subscribed_before_submit = False
        self.sent_end = False
        """Whether all of some run has been sent."""
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._deaf: set[web.WebSocketResponse] = set()
        self._jobs: dict[str, Job] = {}
        self._queue: asyncio.Queue[Job] = asyncio.Queue()
        self._away_until = 0.0
        self._draw = random.Random(script.seed)

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(middlewares=[self._faulty], client_max_size=1 << 28)
        app.router.add_get("/ws", self._ws)
        app.router.add_post("/prompt", self._prompt)
        app.router.add_post("/upload/image", self._upload)
        app.router.add_get("/view", self._view)
        app.router.add_get("/history/{id}", self._history)
        app.router.add_get("/queue", self._queued)
        app.router.add_post("/queue", self._delete)
        app.router.add_post("/interrupt", self._interrupt)
        app.router.add_post("/free", self._free)
        app.router.add_get("/object_info", self._object_info)
        app.router.add_post("/stub/restart", self._restart_now)
        if self.script.jobs_api:
            app.router.add_get("/api/jobs/{id}", self._job)
            app.router.add_post("/api/jobs/{id}/cancel", self._cancel_job)
        app.cleanup_ctx.append(self._working)
        return app

    async def _working(self, _: web.Application) -> AsyncIterator[None]:
        worker = asyncio.create_task(self._work())
        yield
        worker.cancel()
        await self._drop_all()

    # What happens to answers

    @web.middleware
    async def _faulty(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/stub"):
            return await handler(request)
        if time.monotonic() < self._away_until:
            return _hang_up(request)
        planned = self.script.answers.get("/" + request.path.split("/")[1])
        fault = planned.pop(0) if planned else None
        if self.script.broken_answers and self._draw.random() < self.script.broken_answers:
            fault = self._draw.choice(("502", "reset", "reset after"))
        if fault in ("500", "502", "521", "429"):
            return web.Response(text=f"{fault}: no luck", status=int(fault))
        if fault in ("404 page", "page"):
            page = "<!doctype html><title>Back soon</title>"
            return web.Response(text=page, content_type="text/html", status=200 if fault == "page" else 404)
        if fault == "reset":
            return _hang_up(request)
        if fault == "not json":
            return web.Response(text="<html>Please log in</html>")
        if fault == "slow":
            await asyncio.sleep(0.2)
        answer = await handler(request)
        if fault == "hangs":
            await asyncio.sleep(60)
        if fault == "reset after":
            return _hang_up(request)
        if fault == "truncated" and isinstance(answer, web.Response) and isinstance(answer.body, bytes):
            return web.Response(body=answer.body[: len(answer.body) // 2], content_type="application/json")
        return answer

    # The socket

    async def _ws(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=self.script.pongs)
        await socket.prepare(request)
        self.connections += 1
        client = request.query["clientId"]
        self._sockets[client] = socket
        await socket.send_json({"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}}})
        try:
            async for message in socket:
                if message.type == WSMsgType.ERROR:
                    break
        finally:
            # As ComfyUI does: whatever socket is there, also one that came back meanwhile.
            self._sockets.pop(client, None)
        return socket

    async def _send(self, client: str, frame: Frame) -> None:
        socket = self._sockets.get(client)
        if socket is None or socket.closed or socket in self._deaf:
            return
        with suppress(ConnectionError):
            if isinstance(frame, bytes):
                await socket.send_bytes(frame)
            else:
                await socket.send_str(frame if isinstance(frame, str) else _text(frame))

    async def _drop(self, client: str) -> None:
        socket = self._sockets.get(client)
        if socket is not None:
            await socket.close()

    async def _drop_all(self) -> None:
        for client in list(self._sockets):
            await self._drop(client)

    # The queue

    async def _work(self) -> None:
        while True:
            job = await self._queue.get()
            if self._jobs.get(job.id) is job and job.status == "pending":
                await self._execute(job)

    async def _execute(self, job: Job) -> None:
        script, number = self.script, len(self.executed)
        self.executed.append(job.id)
        job.status = "in_progress"
        planned = script.error if number >= len(script.errors) else script.errors[number]
        error = {"prompt_id": job.id} | planned if planned is not None else None
        outputs = script.outputs if script.outputs is not None else outputs_of(job.prompt, job.id)
        reported = frames(script, job.id, outputs, error)
        teller = _Teller(self, job, self._faults(number, len(reported) + 2))
        job.reported.append(_stamped("execution_start", job))
        for frame in reported:
            if script.latency and frame[0] == "progress":
                await asyncio.sleep(script.latency)
            await teller.tell(frame)
            if job.cancelled.is_set() or teller.gone:
                break
        else:
            if script.waits:
                await job.cancelled.wait()
        if not teller.gone:
            await self._end(job, teller, outputs, error)

    async def _end(self, job: Job, teller: _Teller, outputs: dict[str, Any], error: dict[str, Any] | None) -> None:
        # As ComfyUI: the end is reported, then on record, then reported once more.
        ending, status = ("execution_success", "completed") if error is None else ("execution_error", "failed")
        if job.cancelled.is_set():
            ending, status = "execution_interrupted", "cancelled"
        facts = error if ending == "execution_error" and error is not None else {"prompt_id": job.id}
        await teller.tell((ending, facts))
        if teller.gone:
            return
        job.reported.append(_stamped(ending, job, facts))
        job.outputs = outputs if status == "completed" else {}
        job.status = status
        await teller.tell(("executing", {"node": None, "prompt_id": job.id}))
        await teller.finish()
        self.sent_end = True

    def _faults(self, number: int, events: int) -> dict[int, Any]:
        if self.script.chaos:
            return dict(chaos(self._draw, self.script.chaos, events))
        return dict(self.script.faults) if number == 0 else {}

    async def restart(self) -> None:
        """Forget every prompt and close every socket, as a server that was killed and started again."""
        self.restarts += 1
        self._away_until = time.monotonic() + self.script.away
        jobs, self._jobs, before, self._queue = self._jobs, {}, self._queue, asyncio.Queue()
        before.put_nowait(Job("", "", {}))  # for whoever waits there
        for job in jobs.values():
            job.cancelled.set()
        await self._drop_all()

    # The routes

    async def _prompt(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.submitted.append(body)
        self.subscribed_before_submit = body["client_id"] in self._sockets
        status, answer = self.script.refusal or (200, {"node_errors": {}})
        if status != 200 or isinstance(answer, str):
            return _answer(answer, status)
        job = Job(self.script.own_id or body["prompt_id"], body["client_id"], body["prompt"])
        left_out = {node for rows in answer["node_errors"].values() for node in rows["dependent_outputs"]}
        job.executes = [node for node in outputs_of(job.prompt, job.id) if node not in left_out]
        self._jobs[job.id] = job
        self._queue.put_nowait(job)
        return web.json_response(answer | {"prompt_id": job.id, "number": len(self.submitted)})

    async def _job(self, request: web.Request) -> web.Response:
        job = self._jobs.get(request.match_info["id"])
        if job is None:
            return web.json_response({"error": "Job not found"}, status=404)
        facts: dict[str, Any] = {"id": job.id, "status": job.status}
        if job.over:
            asyncio.get_running_loop().call_later(0.05, job.asked.set)
            record = job.record()
            facts |= {"outputs": record["outputs"], "execution_status": record["status"]}
            facts["workflow"] = {"prompt": job.prompt, "extra_data": {}}
        return web.json_response(facts)

    async def _history(self, request: web.Request) -> web.Response:
        job = self._jobs.get(request.match_info["id"])
        return web.json_response({job.id: job.record()} if job is not None and job.over else {})

    async def _queued(self, _: web.Request) -> web.Response:
        def of(status: str) -> list[list[Any]]:
            return [[1, job.id, job.prompt, {}, []] for job in self._jobs.values() if job.status == status]

        return web.json_response({"queue_running": of("in_progress"), "queue_pending": of("pending")})

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        part = form["image"]
        assert isinstance(part, web.FileField)
        self.uploads[part.filename] = part.file.read()
        return web.json_response({"name": part.filename, "subfolder": "", "type": "input"})

    async def _view(self, request: web.Request) -> web.Response:
        name = request.query["filename"]
        if name.startswith("gone"):
            return web.Response(status=404)
        content = PNG if self.script.size == 1 else picture(self.script.size, name)
        return web.Response(body=content, content_type="image/png")

    async def _cancel_job(self, request: web.Request) -> web.Response:
        return web.json_response({"cancelled": self._cancel(request.match_info["id"])})

    async def _delete(self, request: web.Request) -> web.Response:
        for prompt_id in (await request.json())["delete"]:
            if prompt_id in self._jobs and self._jobs[prompt_id].status == "pending":
                self._cancel(prompt_id)
        return web.Response()

    async def _interrupt(self, request: web.Request) -> web.Response:
        # As servers do that are too old for a jobs API: whatever runs, whatever was asked for.
        await request.json()
        for job in [job for job in self._jobs.values() if job.status == "in_progress"]:
            self._cancel(job.id)
        return web.Response()

    def _cancel(self, prompt_id: str) -> bool:
        self.cancelled.append(prompt_id)
        job = self._jobs.get(prompt_id)
        if job is None or job.over:
            return False
        if job.status == "pending":
            del self._jobs[prompt_id]
        job.cancelled.set()
        return True

    async def _free(self, request: web.Request) -> web.Response:
        assert await request.json() == {"unload_models": True, "free_memory": True}
        self.freed += 1
        return web.Response()

    async def _restart_now(self, _: web.Request) -> web.Response:
        await self.restart()
        return web.Response()

    async def _object_info(self, _: web.Request) -> web.Response:
        return web.json_response(self.script.object_info)


class _Teller:
    """Sends a run's events, with faults."""

    def __init__(self, stub: StubComfy, job: Job, faults: dict[int, Any]) -> None:
        self._stub = stub
        self._job = job
        self._faults = faults
        self._count = 0
        self._held: Frame | None = None
        self._late: list[Frame] = []
        self.gone = False
        """Whether the server was restarted meanwhile."""

    async def tell(self, frame: Frame) -> None:
        if self._stub.script.overtaken:
            self._late.append(frame)
            return
        fault = self._faults.get(self._count)
        self._count += 1
        client = self._job.client
        if fault == "restart":
            await self._stub.restart()
        self.gone = self.gone or self._stub._jobs.get(self._job.id) is not self._job
        if self.gone:
            return
        if fault == "deaf" and client in self._stub._sockets:
            self._stub._deaf.add(self._stub._sockets[client])
        if fault == "swapped":
            self._held = frame
        elif fault == "garbled" and isinstance(frame, tuple):
            await self._stub._send(client, _text(frame)[: len(_text(frame)) // 2])
        elif fault not in ("drop", "lost", "garbled"):
            for _ in range(2 if fault == "twice" else 1):
                await self._stub._send(client, frame)
            await self.finish()
        if fault in ("drop", "drop after"):
            await self._stub._drop(client)
            while self._stub.script.waits_for_return and client not in self._stub._sockets:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0)

    async def finish(self) -> None:
        """Send what was held back."""
        if self._late and self._job.over:
            await self._job.asked.wait()
            for frame in self._late:
                await self._stub._send(self._job.client, frame)
        if self._held is not None:
            held, self._held = self._held, None
            await self._stub._send(self._job.client, held)


def _text(frame: tuple[str, dict[str, Any]]) -> str:
    return json.dumps({"type": frame[0], "data": frame[1]})


def _stamped(name: str, job: Job, facts: dict[str, Any] | None = None) -> list[Any]:
    return [name, {"prompt_id": job.id, **(facts or {}), "timestamp": int(time.time() * 1000)}]


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _answer(body: Any, status: int) -> web.Response:
    return web.Response(text=body, status=status) if isinstance(body, str) else web.json_response(body, status=status)
