"""A RunPod queue endpoint, by its documentation, and worker-comfyui 5.8.5 behind it, by its source."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from tests.engines.stand_ins.faults import Faults
from tests.engines.stand_ins.pictures import saved

KEY = "rpa_TEST_0123456789abcdef"
END: frozenset[str] = frozenset({"COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"})

Fate = Literal[
    "well", "no output", "no images", "old shape", "old url", "bucket", "fewer", "bad base64", "cut off", "errors",
    "node fails", "out of memory", "refused", "worker lost", "raises", "expires in queue", "times out", "stuck",
    "vanishes", "progress", "waits forever",
]  # fmt: skip
"""What becomes of a job that a worker takes, or does not."""


@dataclass
class Held:
    """A job."""

    input: Any
    policy: dict[str, Any]
    status: str = "IN_QUEUE"
    output: Any = None
    error: Any = None
    began: float | None = None
    seconds: float = 0.0
    created: float = field(default_factory=time.monotonic)
    gone: bool = False


@dataclass
class FakeRunPod:
    """An endpoint."""

    faults: Faults = field(default_factory=Faults)
    fates: list[Fate] = field(default_factory=list)
    """Of the first, second, … job; all others end well."""
    delay: float = 0.0
    seconds: float = 0.0
    """In the queue, and at work."""
    bucket: str = ""
    """Where pictures are put that are too large."""
    result: Any = None
    """What a worker of ours gives."""
    ignores_cancel: bool = False
    workers: int = 3
    jobs: dict[str, Held] = field(default_factory=dict)
    executed: Counter[str] = field(default_factory=Counter)
    """How often a graph was worked on, by its JSON."""
    webhooks: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/v2/{endpoint}/{step}", self._answer)
        app.router.add_route("*", "/v2/{endpoint}/{step}/{job}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        return await self.faults.answer(request.match_info["step"], request, self._handle)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": "unauthorized"}, status=401)
        step = request.match_info["step"]
        if step == "run":
            return await self._run(request)
        if step == "health":
            waits = sum(job.status == "IN_QUEUE" for job in self.jobs.values())
            works = sum(job.status == "IN_PROGRESS" for job in self.jobs.values())
            counts = {"inQueue": waits, "inProgress": works, "completed": 0, "failed": 0, "retried": 0}
            return web.json_response({"jobs": counts, "workers": {"idle": self.workers, "running": 0, "throttled": 0}})
        job = self.jobs.get(request.match_info.get("job", ""))
        if job is None or job.gone:
            return web.json_response({"error": "job not found"}, status=404)
        if step == "cancel":
            if job.status not in END and not self.ignores_cancel:
                job.status = "CANCELLED"
            return web.json_response({"id": request.match_info["job"], "status": job.status})
        return web.json_response(_answered(request.match_info["job"], job))

    async def _run(self, request: web.Request) -> web.Response:
        body = await request.read()
        if len(body) > 10 * 2**20:
            return web.json_response({"error": "too large"}, status=413)
        content = json.loads(body)
        if "input" not in content:
            return web.json_response({"error": "no input"}, status=400)
        job_id = f"{uuid.uuid4()}-u1"
        fate = self.fates.pop(0) if self.fates else "well"
        job = self.jobs[job_id] = Held(content["input"], content.get("policy", {}))
        asyncio.get_running_loop().create_task(self._work(job, fate))
        return web.json_response({"id": job_id, "status": "IN_QUEUE"})

    async def _work(self, job: Held, fate: Fate) -> None:
        await asyncio.sleep(self.delay)
        if fate == "waits forever" or job.status in END or not self.workers:
            return
        if fate == "expires in queue":
            job.status = "TIMED_OUT"
            return
        job.status, job.began = "IN_PROGRESS", time.monotonic()
        self.executed[json.dumps(_plain(job.input), sort_keys=True)] += 1
        if fate == "progress":
            job.output = {"node": "sampler", "class_type": "KSampler", "step": 1, "steps": 4}
            await asyncio.sleep(0.1)
        await asyncio.sleep(self.seconds)
        if job.status in END or fate == "stuck":
            return
        job.seconds = time.monotonic() - job.began
        if fate == "vanishes":
            job.gone = True
        elif fate == "times out":
            job.status = "TIMED_OUT"
        else:
            job.status, job.output, job.error = self._result(job.input, fate)

    def _result(self, given: Any, fate: Fate) -> tuple[str, Any, Any]:
        if self.result is not None:
            return "COMPLETED", self.result, None
        images = [
            {"filename": name, "type": "base64", "data": base64.b64encode(content).decode()}
            for _, name, content in saved(given.get("workflow", {}))
        ]
        if fate in _FAILED:
            return "FAILED", *_FAILED[fate]
        return "COMPLETED", _shape(fate, images, self.bucket), None


def _plain(given: Any) -> Any:
    """The graph without what differs from one attempt to the next."""
    return given.get("workflow", given) if isinstance(given, dict) else given


def _answered(job_id: str, job: Held) -> dict[str, Any]:
    facts: dict[str, Any] = {"id": job_id, "status": job.status, "delayTime": 12, "workerId": "w1"}
    if job.began is not None and job.status in END:
        facts["executionTime"] = round(job.seconds * 1000) or 1
    if job.output is not None:
        facts["output"] = job.output
    return facts | ({} if job.error is None else {"error": job.error})


def _shape(fate: Fate, images: list[dict[str, Any]], bucket: str) -> Any:
    first = images[0]["data"] if images else ""
    links = [{**image, "type": "s3_url", "data": f"{bucket}/{image['filename']}"} for image in images]
    shapes: dict[str, Any] = {
        "no output": None,
        "no images": {"status": "success_no_images", "images": []},
        "old shape": {"status": "success", "message": first},
        "old url": {"status": "success", "message": f"{bucket}/old.png"},
        "bucket": {"images": links},
        "fewer": {"images": images[:-1], "errors": ["Error uploading x: disk"]},
        "errors": {"images": images[:-1] or [], "errors": ["Failed to fetch image data"]},
        "bad base64": {"images": [{**image, "data": "@@@"} for image in images]},
        "cut off": {"images": [{**image, "data": _half(image["data"])} for image in images]},
    }
    return shapes.get(fate, {"images": images})


def _half(data: str) -> str:
    content = base64.b64decode(data)
    return base64.b64encode(content[: len(content) // 2]).decode()


_NODE = "Workflow execution error: Node Type: KSampler, Node ID: sampler, Message: "
_FAILED: dict[str, tuple[Any, Any]] = {
    "node fails": ({"details": [f"{_NODE}mat1 and mat2 shapes"]}, "Job processing failed"),
    "out of memory": ({"details": [f"{_NODE}Allocation on device 0 (out of memory)"]}, "Job processing failed"),
    "refused": (None, "Workflow validation failed:\n• Node sampler (errors): cfg: Value 500 bigger than max"),
    "worker lost": (None, "ComfyUI server (127.0.0.1:8188) not reachable after multiple retries."),
    "raises": (
        None,
        json.dumps({
            "error_type": "<class 'KeyError'>", "error_message": "'x'", "error_traceback": "Traceback /secret/path.py",
            "hostname": "h", "worker_id": "w", "runpod_version": "1.12.0",
        }),
    ),
}  # fmt: skip
