"""Chooses the GPU of a job and checks its weights, at submission, before a GPU costs anything."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import modal
from modal.exception import Error as ModalError

from ryla_graphs import catalogs
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.modal_deploy.money import Pricing
from ryla_graphs.modal_deploy.reported import Reported, lacked
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.plan import choose_gpu
from ryla_graphs.problems import AtNode, CannotRunHere, EngineUnreachable, Problem
from ryla_graphs.prompt import Prompt
from ryla_graphs.ryla import GPU_WISHES
from ryla_graphs.server.job_options import JobOptions, Place
from ryla_graphs.weights import Need, needed

log = logging.getLogger("ryla_graphs.modal_deploy")

LISTED_SECONDS = 30.0
"""Seconds that a listing of a volume is cached; after a pull, jobs are accepted at most this much later."""


class VolumeFiles:
    """The paths of a volume's files, read through Modal's API and cached for a while."""

    def __init__(self, volume: modal.Volume, seconds: float = LISTED_SECONDS) -> None:
        self._volume = volume
        self._seconds = seconds
        self._lock = threading.Lock()
        self._until = 0.0
        self._paths: frozenset[str] = frozenset()

    def __call__(self, *, fresh: bool = False) -> frozenset[str]:
        """The paths; raises `modal.exception.Error`."""
        with self._lock:
            if fresh or time.monotonic() >= self._until:
                entries = self._volume.listdir("/", recursive=True)
                self._paths = frozenset(entry.path.strip("/") for entry in entries if entry.type.name == "FILE")
                self._until = time.monotonic() + self._seconds
            return self._paths


def placing(
    settings: ModalSettings,
    models: VolumeFiles | None = None,
    reported: Reported | None = None,
) -> Place:
    """Make a chooser of GPUs that refuses graphs whose weights are not on the volume or whose classes no worker has."""

    def place(workflow: CompiledWorkflow, options: JobOptions) -> str | None:
        if reported is not None and (why := reported.circuit()):
            raise EngineUnreachable(why)
        if reported is not None and (problems := lacked(workflow.view, reported.lacking())):
            raise CannotRunHere([workflow.explain(problem) for problem in problems])
        if models is not None and (needs := missing(workflow.document, models)):
            raise CannotRunHere([not_there(workflow, need) for need in needs])
        return gpu_for(settings, workflow, options)

    return place


def gpu_for(settings: ModalSettings, workflow: CompiledWorkflow, options: JobOptions) -> str | None:
    """The requested GPU; else RYLA's preference for the preset, if the graph fits it; else the plan's choice.

    None stands for the worker class's fall-back list: if that begins with the choice, or if the graph's needs are
    unknown. Raises `CannotRunHere` for a GPU that is not offered or too small, or if every GPU costs more than
    `maxCostUsd`: that counts a run without a warm container, with its cold start and idle window.
    """
    if options.gpu is not None and options.gpu not in settings.gpus:
        raise CannotRunHere([not_offered(options.gpu, settings)])
    allowed = settings.gpus if options.gpu is None else (options.gpu,)
    preferred = options.gpu or GPU_WISHES.get(workflow.name or "")
    if preferred not in settings.gpus:
        preferred = None
    choice = choose_gpu(
        workflow.plan,
        allowed=allowed,
        preferred=preferred,
        max_cost_usd=options.max_cost_usd,
        cost=Pricing.of(settings).alone,
    )
    if choice is None:
        log.info("%s runs on a GPU of the fall-back list, because its needs are unknown", workflow.name or "a graph")
        return None
    chosen = choice.gpu.name
    log.info("%s for %s: %s", chosen, workflow.name or "a graph", choice.reason)
    # The list is only for graphs that fit all of its GPUs, and for callers who set no limit on the cost.
    anyone = options.any_machine and chosen == settings.fallback[0]
    return None if anyone and all(workflow.plan.on(name).runs for name in settings.fallback) else chosen


def missing(prompt: Mapping[str, Any], models: VolumeFiles) -> list[Need]:
    """The weights of a graph that are not on the volume, except LoRAs, which have their own volume.

    Empty if Modal does not answer.
    """
    wanted = [need for need in needed(Prompt(prompt, catalogs.bundled())) if need.folder != "loras"]
    try:
        if not absent(wanted, models()):
            return []
        return absent(wanted, models(fresh=True))  # a pull may have just ended
    except ModalError:
        return []  # the worker checks again


def absent(wanted: Iterable[Need], held: Collection[str]) -> list[Need]:
    """The missing ones: neither the file itself nor, for a folder of files, anything below it is in `held`."""
    return [
        need
        for need in wanted
        if (path := f"{need.folder}/{need.name}") not in held and not any(one.startswith(f"{path}/") for one in held)
    ]


def not_there(workflow: CompiledWorkflow, need: Need) -> Problem:
    """The problem of missing weights, with the command that downloads them."""
    preset = workflow.origin.preset
    return workflow.explain(
        Problem(
            code="weights_missing",
            message=f"the weights '{need.folder}/{need.name}' are not on this deployment's volume",
            subject=AtNode(need.node, need.class_type, need.input),
            given=need.name,
            hint=f"modal run runtime_modal.py::pull --{f'preset {preset}' if preset else f'file {need.name}'}",
        )
    )


def not_offered(gpu: str, settings: ModalSettings) -> Problem:
    """The problem of a GPU that this deployment does not have."""
    return Problem(
        code="no_such_gpu",
        message=f"this deployment has no GPU '{gpu[:40]}'",
        given=gpu[:40],
        expected=", ".join(settings.gpus),
        parameters=("gpu",),
        hint="choose one of those, or leave `gpu` out",
    )
