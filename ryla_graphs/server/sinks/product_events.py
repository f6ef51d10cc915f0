"""RYLA's product events: their names, their properties, and which of them follow from the state of a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ryla_graphs.answers.words import JobState
from ryla_graphs.prompt.files import weight_folders
from ryla_graphs.ryla import event_stem
from ryla_graphs.server.records import Job

PREFIX = "modal_"
"""The prefix of event names wherever the server runs, unless its settings ask for plain names."""

_REPORTED = ("width", "height", "steps", "cfg", "faceProvider", "loraStrength")
_ARM = ("experiment", "arm")
_ABOUT = ("preset", "seed", *_REPORTED, *_ARM)
_SCORE = ("outcome", "verified", "match", "consistency", "faces", "output", "model", "calibration")
_FACE = (*_SCORE, "match_percent", "strength", "seconds")
_STRENGTHS = ("instantidStrength", "pulidStrength")
_METRICS = ("queue_ms", "cold_ms", "idle_ms", "execution_ms", "load_ms", "gpu", "cost_usd", "route")
_FAILURE = ("code", "node", "class_type")
FILE = "<input>"
"""Stands for the inputs that name weight files in the table: `unet_name`, `lora_name` and so on."""


class ProductEvent(NamedTuple):
    """One row of the table."""

    when: str
    properties: tuple[str, ...]
    """All properties that the event may have; unknown ones are left out."""


EVENTS: Mapping[str, ProductEvent] = {
    "{preset}_generation_requested": ProductEvent("a job is queued", _ABOUT),
    "{preset}_generation_completed": ProductEvent("it succeeded", (*_ABOUT, *_METRICS)),
    "{preset}_generation_failed": ProductEvent("it failed", (*_ABOUT, *_METRICS, *_FAILURE)),
    "{preset}_generation_cancelled": ProductEvent("a job was cancelled", (*_ABOUT, *_METRICS)),
    "model_loaded": ProductEvent("a succeeded job loaded a model; one event for each", ("class_type", "ms", FILE)),
    "lora_loaded": ProductEvent("a succeeded job loaded a LoRA; one event for each", ("class_type", "ms", FILE)),
    "lora_load_failed": ProductEvent("a job failed in a LoRA loader", (*_FAILURE, FILE)),
    "{preset}_face_consistency_measured": ProductEvent(
        "a picture of a job with `measureFace` was measured, some time after the job's end",
        ("preset", *_FACE, *_ARM, "route"),
    ),
}
"""Every event, by its name without the prefix."""


def events_of(job: Job, prefix: str = PREFIX) -> Iterator[tuple[str, dict[str, Any]]]:
    """The product events that follow from the current state of a job."""
    return ((f"{prefix}{name}", properties) for name, properties in _events_of(job))


def face_event(job: Job, score: Mapping[str, Any], prefix: str = PREFIX) -> tuple[str, dict[str, Any]]:
    """The event of a picture whose face was measured; it holds no biometric data."""
    preset = job.request.preset or "workflow"
    name = event_stem(preset).removeprefix(PREFIX).removesuffix("_generation")
    facts = {"preset": preset, **{key: score[key] for key in _SCORE if score[key] is not None}}
    if score["match"] is not None:
        facts["match_percent"] = round(100 * score["match"], 1)
    if (strength := next(filter(job.request.parameters.__contains__, _STRENGTHS), None)) is not None:
        facts["strength"] = job.request.parameters[strength]
    facts |= {"seconds": score["ms"] / 1000} | arm_of(job)
    facts |= {"route": job.metrics["route"]} if "route" in job.metrics else {}
    return f"{prefix}{name}_face_consistency_measured", facts


def arm_of(job: Job) -> dict[str, Any]:
    """The experiment that the job was part of, if any."""
    first = job.attempts[0] if job.attempts else {}
    return {"experiment": first["experiment"], "arm": first.get("arm") or "control"} if first.get("experiment") else {}


def _events_of(job: Job) -> Iterator[tuple[str, dict[str, Any]]]:
    preset = job.request.preset or "workflow"
    stem = event_stem(preset).removeprefix(PREFIX)
    parameters = job.request.parameters
    about: dict[str, Any] = {"preset": preset, "seed": job.request.seed}
    about |= {name: parameters[name] for name in _REPORTED if name in parameters}
    about |= arm_of(job)
    if job.state is JobState.QUEUED and not job.cancel_requested:
        yield f"{stem}_requested", about
    elif job.state is JobState.SUCCEEDED:
        yield from _loaded(job)
        yield f"{stem}_completed", about | _metrics(job)
    elif job.state is JobState.FAILED and job.error is not None:
        failed = {"code": job.error.code, "node": job.error.node, "class_type": job.error.class_type}
        if "lora_name" in weight_folders(job.error.class_type or ""):
            yield "lora_load_failed", failed | _file_of(job, job.error.node)
        yield f"{stem}_failed", about | _metrics(job) | failed
    elif job.state is JobState.CANCELLED:
        yield f"{stem}_cancelled", about | _metrics(job)


def _metrics(job: Job) -> dict[str, Any]:
    return {name: job.metrics[name] for name in _METRICS if name in job.metrics}


def _loaded(job: Job) -> Iterator[tuple[str, dict[str, Any]]]:
    """The files that the loaders of a job loaded. A node that ComfyUI had in its cache did not run, and has no time."""
    times: Mapping[str, Any] = job.metrics.get("nodes", {})
    for number, body in job.request.prompt.items():
        files = weight_folders(body["class_type"])
        if files and number in times:
            lora = "lora_name" in files
            name = "lora_loaded" if lora else "model_loaded"
            yield name, {"class_type": body["class_type"], "ms": times[number], **_file_of(job, number)}


def _file_of(job: Job, number: str | None) -> dict[str, Any]:
    body = job.request.prompt.get(number or "", {"class_type": "", "inputs": {}})
    inputs = weight_folders(body["class_type"])
    return {name: body["inputs"][name] for name in inputs if isinstance(body["inputs"].get(name), str)}
