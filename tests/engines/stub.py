"""A ComfyUI server that plays a script: the protocol of 0.33 as recorded, and every way it can go wrong."""

from __future__ import annotations

import asyncio
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc```\x00\x00\x00\x04\x00\x01\xf6\x178U\x00\x00\x00\x00IEND\xaeB`\x82"
)


@dataclass
class Script:
    """What the server does with a prompt."""

    outputs: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {"save": {"images": [_file("x_00001_.png"), _file("x_00002_.png")]}}
    )
    steps: int = 3
    previews: bool = True
    error: dict[str, Any] | None = None
    """An `execution_error`, after the steps."""
    waits: bool = False
    """Runs until it is cancelled."""
    refusal: tuple[int, Any] | None = None
    """Status and body of the answer to ``POST /prompt``."""
    drop_at: int | None = None
    """Closes the socket instead of sending this event."""
    keeps_dropping: bool = False
    jobs_api: bool = True
    twice: bool = False
    """Sends every event two times."""
    forgets: bool = False
    """Knows nothing of the prompt any more, as after a restart."""
    silent: bool = False
    """Sends no event at all; the run is done all the same."""
    own_id: str | None = None
    """The id it gives the run whatever the client asks for, as old servers do."""
    noise: bool = True
    """Sends messages that are not about this run."""


def _file(name: str, subfolder: str = "pictures", folder: str = "output") -> dict[str, str]:
    return {"filename": name, "subfolder": subfolder, "type": folder}


class StubComfy:
    """The server; see `serve`."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.submitted: list[dict[str, Any]] = []
        self.uploads: dict[str, bytes] = {}
        self.cancelled: list[str] = []
        self.connections = 0
        self.subscribed_before_submit = False
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._status: dict[str, str] = {}
        self._cancel = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application()
        app.router.add_get("/ws", self._ws)
        app.router.add_post("/prompt", self._prompt)
        app.router.add_post("/upload/image", self._upload)
        app.router.add_get("/view", self._view)
        app.router.add_get("/history/{id}", self._history)
        app.router.add_get("/queue", self._queue)
        app.router.add_post("/queue", self._delete)
        app.router.add_post("/interrupt", self._interrupt)
        app.router.add_get("/object_info", self._object_info)
        if self.script.jobs_api:
            app.router.add_get("/api/jobs/{id}", self._job)
            app.router.add_post("/api/jobs/{id}/cancel", self._cancel_job)
        return app

    async def _ws(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        self._sockets[request.query["clientId"]] = socket
        if self.script.keeps_dropping and self.connections > 1:
            await socket.close()
            return socket
        await socket.send_json({"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}}})
        async for message in socket:
            if message.type == WSMsgType.ERROR:
                break
        return socket

    async def _prompt(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.submitted.append(body)
        self.subscribed_before_submit = body["client_id"] in self._sockets
        status, answer = self.script.refusal or (200, {"node_errors": {}})
        if status != 200 or isinstance(answer, str):
            return _answer(answer, status)
        run = self.script.own_id or body["prompt_id"]
        self._tasks.add(asyncio.get_running_loop().create_task(self._play(run, body["client_id"])))
        return web.json_response(answer | {"prompt_id": run, "number": 1})

    async def _play(self, run: str, client: str) -> None:
        self._status[run] = "in_progress"
        messages = self._messages(run)
        for index, message in enumerate(messages):
            if message == "wait":
                await self._cancel.wait()
                self._status[run] = "cancelled"
                await self._send(client, ("execution_interrupted", {"prompt_id": run, "node_id": "sampler"}))
                return
            if index == self.script.drop_at:
                self._status[run] = "failed" if self.script.error else "completed"
                await self._sockets[client].close()
                return
            if not self.script.silent:
                for _ in range(2 if self.script.twice else 1):
                    await self._send(client, message)
            await asyncio.sleep(0)
        self._status[run] = "failed" if self.script.error else "completed"
        if not self.script.silent:
            ending = ("execution_error", {"prompt_id": run} | self.script.error) if self.script.error else (
                "execution_success", {"prompt_id": run},
            )  # fmt: skip
            await self._send(client, ending)

    def _messages(self, run: str) -> list[Any]:
        facts = {"prompt_id": run}
        messages: list[Any] = [("execution_start", facts), ("execution_cached", facts | {"nodes": []})]
        if self.script.noise:
            messages += [("progress", {"prompt_id": "another", "node": "1", "value": 1, "max": 2}), "garbage", b"\x00"]
        messages.append(("executing", facts | {"node": "sampler", "display_node": "sampler"}))
        for step in range(1, self.script.steps + 1):
            messages.append(("progress", facts | {"node": "sampler", "value": step, "max": self.script.steps}))
            if self.script.previews:
                metadata = json.dumps({"node_id": "sampler", "image_type": "image/png"}).encode()
                messages.append(struct.pack(">II", 4, len(metadata)) + metadata + PNG)
                messages.append(struct.pack(">II", 1, 1) + b"jpeg")
        if self.script.waits:
            return [*messages, "wait"]
        if self.script.error is None:
            for node, output in self.script.outputs.items():
                messages.append(("executing", facts | {"node": node, "display_node": node}))
                messages.append(("executed", facts | {"node": node, "display_node": node, "output": output}))
        return messages

    async def _send(self, client: str, message: Any) -> None:
        socket = self._sockets[client]
        if socket.closed:
            return
        if isinstance(message, bytes):
            await socket.send_bytes(message)
        elif isinstance(message, str):
            await socket.send_str(message)
        else:
            await socket.send_json({"type": message[0], "data": message[1]})

    async def _job(self, request: web.Request) -> web.Response:
        run = request.match_info["id"]
        if self.script.forgets or run not in self._status:
            return web.json_response({"error": "not found"}, status=404)
        done = self._status[run] == "completed"
        return web.json_response(
            {
                "id": run,
                "status": self._status[run],
                "outputs": self.script.outputs if done else {},
                "execution_status": self._told(run),
            }
        )

    def _told(self, run: str) -> dict[str, Any]:
        messages = [["execution_start", {"prompt_id": run}]]
        if self._status[run] == "failed" and self.script.error:
            messages.append(["execution_error", self.script.error])
        if self._status[run] == "cancelled":
            messages.append(["execution_interrupted", {}])
        ok = self._status[run] == "completed"
        return {"status_str": "success" if ok else "error", "completed": ok, "messages": messages}

    async def _history(self, request: web.Request) -> web.Response:
        run = request.match_info["id"]
        if self.script.forgets or self._status.get(run, "in_progress") == "in_progress":
            return web.json_response({})
        done = self._status[run] == "completed"
        return web.json_response({run: {"outputs": self.script.outputs if done else {}, "status": self._told(run)}})

    async def _queue(self, _: web.Request) -> web.Response:
        running = [] if self.script.forgets else [[1, run, {}] for run, s in self._status.items() if s == "in_progress"]
        return web.json_response({"queue_running": running, "queue_pending": []})

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        part = form["image"]
        assert isinstance(part, web.FileField)
        self.uploads[part.filename] = part.file.read()
        return web.json_response({"name": part.filename, "subfolder": "", "type": "input"})

    async def _view(self, request: web.Request) -> web.Response:
        if request.query["filename"].startswith("gone"):
            return web.Response(status=404)
        return web.Response(body=PNG, content_type="image/png")

    async def _cancel_job(self, request: web.Request) -> web.Response:
        return await self._cancelled(request.match_info["id"])

    async def _delete(self, request: web.Request) -> web.Response:
        await request.json()
        return web.Response()

    async def _interrupt(self, request: web.Request) -> web.Response:
        return await self._cancelled((await request.json())["prompt_id"])

    async def _cancelled(self, run: str) -> web.Response:
        self.cancelled.append(run)
        self._cancel.set()
        return web.json_response({})

    async def _object_info(self, _: web.Request) -> web.Response:
        return web.json_response({"Only": {"input": {"required": {"x": ["INT", {}]}}, "output": []}})


def _answer(body: Any, status: int) -> web.Response:
    return web.Response(text=body, status=status) if isinstance(body, str) else web.json_response(body, status=status)


@contextmanager
def serve(script: Script | None = None) -> Iterator[tuple[str, StubComfy]]:
    """Run a stub server in a thread; gives its address and itself."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    place: dict[str, Any] = {}

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        ready.set()
        loop.run_forever()

    async def start() -> None:
        stub = StubComfy(script or Script())
        runner = web.AppRunner(stub.app(), shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        place["stub"], place["runner"] = stub, runner
        place["port"] = runner.addresses[0][1]

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield f"http://127.0.0.1:{place['port']}", place["stub"]
    finally:
        asyncio.run_coroutine_threadsafe(_stop(place), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _stop(place: dict[str, Any]) -> None:
    for task in list(place["stub"]._tasks):
        task.cancel()
    await asyncio.gather(*place["stub"]._tasks, return_exceptions=True)
    await place["runner"].cleanup()
