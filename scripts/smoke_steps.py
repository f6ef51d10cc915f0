"""The steps of `smoke_modal.py`: each tells what it saw, and raises if that is not what it had to see."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping

import requests

from ryla_graphs import presets
from ryla_graphs.client import Job, RequestFailed
from ryla_graphs.modal_deploy.money import Pricing
from ryla_graphs.problems.extras import needs_extra
from scripts.smoke_shared import Skipped, Smoke, Unexpected, command, follow, start

CUT_SECONDS = 150.0
"""After this long Modal answers a plain request with a redirect; what it does with a stream is not documented."""
COLD_MS = 1000
LOG_TRIES = 20
"""Seconds until a container has written down what it reported."""
COST_ERROR = 0.05
OK, UNAUTHORIZED = 200, 401
BETTER = {"H100": ("H200",), "A100-40GB": ("A100-80GB",)}
"""What Modal may give for a GPU, at the same price."""
NEEDED = frozenset({"token", "deploy", "health", "first"})
"""Steps without which the others cannot show anything."""


def token(smoke: Smoke) -> str:
    """A token of Modal's, and one of the deployment."""
    smoke.needs_modal()
    with needs_extra("modal"):
        from modal.config import config  # noqa: PLC0415
    if not (config.get("token_id") and config.get("token_secret")):
        raise Unexpected("no token of Modal: run `modal setup`, or set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET")
    if not smoke.token and not smoke.settings.allow_open:
        raise Unexpected("no token of the deployment: set RYLA_TOKEN to one in RYLA_TOKENS of its secret")
    return "both are there"


def deploy(smoke: Smoke) -> str:
    """The deployment."""
    smoke.needs_modal()
    command("deploy", "runtime_modal.py")
    return smoke.address


def pull(smoke: Smoke) -> str:
    """The weights of the preset."""
    smoke.needs_modal()
    licence = ("--accept-licence",) if smoke.accept_licence else ()
    command("run", "runtime_modal.py::pull", "--preset", smoke.preset, *licence)
    return f"the weights of {smoke.preset} are on the volume"


def health(smoke: Smoke) -> str:
    """Whether the web side answers; its own cold start is in the seconds."""
    answer = requests.get(f"{smoke.address}/health", timeout=120.0, allow_redirects=False)
    if answer.status_code != 200:
        raise Unexpected(f"/health answers {answer.status_code}")
    ready = requests.get(f"{smoke.address}/ready", timeout=120.0, allow_redirects=False)
    facts = ready.json()
    smoke.simulated = facts["engine"] == "simulator"
    if ready.status_code != 200:
        raise Unexpected(f"/ready: {facts['reason']}")
    return f"version {answer.json()['version']}, engine {facts['engine']}"


def first(smoke: Smoke) -> str:
    """The first image, on a cold container."""
    job = smoke.submit(**smoke.small())
    seen = smoke.finished(job)
    smoke.gpu = job.view.metrics.get("gpu")
    return seen


def warm(smoke: Smoke) -> str:
    """The next image; no container starts for it."""
    job = smoke.submit(**smoke.small())
    seen = smoke.finished(job)
    if job.view.metrics.get("cold_ms", 0) >= COLD_MS:
        raise Unexpected(f"it waited for a container again: {seen}")
    return seen


def variants(smoke: Smoke) -> str:
    """Each GPU twice. With snapshots the second time is on a new container, to compare the two cold starts."""
    if not smoke.gpus:
        raise Skipped("no --gpu")
    seen: list[str] = []
    for gpu in smoke.gpus:
        for turn in (1, 2):
            if turn == 2 and smoke.on_modal and smoke.settings.snapshot != "off":
                time.sleep(smoke.settings.scaledown_seconds + 60)
            try:
                job = smoke.submit(**smoke.small(gpu=gpu))
            except RequestFailed as error:
                if any(problem.code == "no_gpu_choice" for problem in error.problems):
                    raise Skipped("this server has one kind of machine") from error
                raise
            seen.append(smoke.finished(job))
            got = job.view.metrics.get("gpu")
            if got not in (gpu, *BETTER.get(gpu, ())):
                raise Unexpected(f"{gpu} was asked for, and it ran on {got}")
    return "; ".join(seen)


def long(smoke: Smoke) -> str:
    """A stream that takes longer than Modal's limit: every event comes once, in order, and the last one comes."""
    job = smoke.submit(**smoke.long())
    seen = follow(smoke.client, job)
    numbers = [number for number, _ in seen.events]
    if numbers != sorted(set(numbers)):
        raise Unexpected(f"events came twice or out of order: {numbers}")
    kept = {(event.number, event.kind) for event in smoke.client.stream(job.id, 0) if event.number}
    # A newer progress event replaces an older one.
    if lost := sorted(event for event in kept - set(seen.events) if event[1] != "progress"):
        raise Unexpected(f"events were lost: {lost}")
    if seen.state != "succeeded":
        raise Unexpected(f"the job is {seen.state}")
    facts = f"{len(seen.events)} events in {seen.seconds:.0f} s over {seen.connections} connections"
    if smoke.on_modal and not smoke.simulated and seen.seconds <= CUT_SECONDS:
        raise Unexpected(f"{facts}: too short to tell; give a larger --long-seconds")
    return f"{facts}, {seen.broken} of them broken"


def cancel_queued(smoke: Smoke) -> str:
    """A job that is cancelled at once."""
    return _cancelled(smoke, smoke.submit(**smoke.long()))


def cancel_running(smoke: Smoke) -> str:
    """A job that is cancelled at work."""
    job = smoke.submit(**smoke.long())
    for event in job.events():
        if event.kind == "progress":
            break
        if event.final:
            raise (Skipped if smoke.simulated else Unexpected)(f"it {event.data['state']} before it could be cancelled")
    return _cancelled(smoke, job)


def _cancelled(smoke: Smoke, job: Job) -> str:
    before = job.refresh().state
    job.cancel()
    seen = follow(smoke.client, job)
    if seen.state == "succeeded" and smoke.simulated:
        raise Skipped("the simulator was done before the cancel came")
    if seen.state != "cancelled":
        raise Unexpected(f"the job was {before}, was cancelled, and is {seen.state}")
    return f"cancelled while {before}; ended {seen.seconds:.1f} s later"


def lora(smoke: Smoke) -> str:
    """A LoRA that is uploaded, used by a container that is warm, and taken away."""
    if smoke.lora is None:
        raise Skipped("no --lora")
    added = smoke.client.add_lora(smoke.lora)
    try:
        return f"{', '.join(added.families)}: {smoke.finished(smoke.submit(**smoke.small(loraId=added.id)))}"
    finally:
        smoke.client.delete_lora(added.id)


def reload(smoke: Smoke) -> str:
    """A file that is pulled while a container is warm, and a job that needs it."""
    smoke.needs_modal()
    if smoke.reload is None:
        raise Skipped("no --reload")
    parameter, _, file = smoke.reload.partition("=")
    smoke.finished(smoke.submit(**smoke.small()))
    command("run", "runtime_modal.py::pull", "--file", file, *(("--accept-licence",) if smoke.accept_licence else ()))
    return smoke.finished(smoke.submit(**smoke.small(**{parameter: file})))


def front(smoke: Smoke) -> str:
    """The address that holds one route only."""
    smoke.needs_modal()
    graph = presets.get(smoke.preset).build(smoke.small()).compile().prompt
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {smoke.token}"} if smoke.token else {})
    address = smoke.address_of("front_workflow")
    answer = requests.post(address, json=dict(graph), headers=headers, timeout=180, allow_redirects=False)
    kind = answer.headers.get("content-type", "")
    if answer.status_code != 200 or not kind.startswith("image/"):
        raise Unexpected(f"{address} answers {answer.status_code}, {kind}")
    return f"{address}: {kind}"


def logs(smoke: Smoke) -> str:
    """What the container wrote of a job, asked for when the job has ended."""
    job = smoke.submit(**smoke.small())
    smoke.finished(job)
    headers = {"Authorization": f"Bearer {smoke.token}"} if smoke.token else {}
    lines: list[dict[str, str]] = []
    real = smoke.on_modal and not smoke.simulated
    for _ in range(LOG_TRIES if real else 1):
        answer = requests.get(f"{smoke.address}/jobs/{job.id}/logs", headers=headers, timeout=60)
        lines = answer.json()["lines"] if answer.status_code == 200 else []
        if any(line["source"] == "engine" for line in lines):
            break
        if real:
            time.sleep(1)
    else:
        if not real:
            raise Skipped("this server's engine tells no log")
        raise Unexpected(f"{len(lines)} lines, and none of the container")
    return f"{len(lines)} lines, the last: {lines[-1]['text'][:60]}"


def cost(smoke: Smoke) -> str:
    """What a job says that it cost, next to the price list; what Modal bills is to be compared by a person."""
    smoke.needs_modal()
    job = smoke.submit(**smoke.small())
    smoke.finished(job)
    metrics = job.view.metrics
    gpu = metrics.get("gpu")
    rate = None if gpu is None else Pricing.of(smoke.settings).rate(gpu)
    if rate is None or "cost_usd" not in metrics or "execution_ms" not in metrics:
        raise Unexpected(f"no cost of a job on {gpu}")
    paid = metrics["execution_ms"] + metrics.get("cold_ms", 0) + metrics.get("idle_ms", 0)
    reported, listed = metrics["cost_usd"], paid / 1000 * rate
    if abs(reported - listed) > COST_ERROR * listed:
        raise Unexpected(f"it says ${reported:.4f}, by the list ${listed:.4f}")
    return f"${reported:.4f}; compare a day later: `modal billing report`"


def session(smoke: Smoke) -> str:
    """The editor: shut without its token, open with it."""
    smoke.needs_modal()
    running = start("run", "runtime_modal.py::session", "--minutes", "3")
    try:
        for line in running.stdout or ():
            if line.startswith("open "):
                return _looked_at(line.split()[1])
        raise Unexpected("the session gave no address")
    finally:
        running.terminate()
        running.wait()


def _looked_at(address: str) -> str:
    bare = address.partition("?")[0]
    shut = requests.get(bare, timeout=60).status_code
    token = address.rpartition("=")[2]
    opened = requests.get(f"{bare}object_info", headers={"Authorization": f"Bearer {token}"}, timeout=120)
    if (shut, opened.status_code) != (UNAUTHORIZED, OK):
        raise Unexpected(f"without its token it answers {shut}, with it {opened.status_code}")
    return f"shut without its token; {len(opened.json())} node classes with it"


def publish(smoke: Smoke) -> str:
    """The image of workers under a name."""
    smoke.needs_modal()
    name = f"{smoke.settings.app}:smoke"
    command("run", "runtime_modal.py::publish", "--name", name)
    return f"{name}; RYLA_MODAL_IMAGE={name} deploys it"


def rollover(smoke: Smoke) -> str:
    """A job that is on while the containers of the app are replaced: it ends once, with all its outputs."""
    smoke.needs_modal()
    job = smoke.submit(**smoke.long())
    for event in job.events():
        if event.kind == "progress":
            break
    command("app", "rollover", smoke.settings.app)
    return smoke.finished(job)


def retry(smoke: Smoke) -> str:
    """The same key twice is one job; with another graph it is refused."""
    one, other = (presets.get(smoke.preset).build(smoke.small(seed=seed)) for seed in (1, 2))
    key = str(uuid.uuid4())
    ids = {smoke.client.submit_workflow(one, idempotency_key=key).id for _ in range(2)}
    if len(ids) != 1:
        raise Unexpected(f"one key made {len(ids)} jobs")
    try:
        smoke.client.submit_workflow(other, idempotency_key=key)
    except RequestFailed as error:
        if error.code != "idempotency_key_reuse":
            raise
    else:
        raise Unexpected("a key was taken for two graphs")
    return f"one job; {smoke.finished(smoke.client.job(ids.pop()))}"


STEPS: Mapping[str, Callable[[Smoke], str]] = {
    "token": token,
    "deploy": deploy,
    "pull": pull,
    "health": health,
    "first": first,
    "warm": warm,
    "gpu": variants,
    "long": long,
    "cancel-queued": cancel_queued,
    "cancel-running": cancel_running,
    "lora": lora,
    "reload": reload,
    "front": front,
    "logs": logs,
    "cost": cost,
    "session": session,
    "publish": publish,
    "rollover": rollover,
    "retry": retry,
}
"""In this order."""
