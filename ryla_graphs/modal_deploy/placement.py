"""Which GPU a job gets, and whether its weights are there: decided at submit, before a GPU is paid for."""

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
from ryla_graphs.server.wishes import Place, Wishes
from ryla_graphs.weights import Need, needed

log = logging.getLogger("ryla_graphs.modal_deploy")

LISTED_SECONDS = 30.0
"""How long a listing of a volume is good; after a pull it takes at most this long until jobs are taken."""


class VolumeFiles:
    """The files of a volume by path, asked through Modal's API and remembered for a while."""

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
    """Chooses by the plan; graphs whose weights are not on the volume, or whose classes no worker has, are refused."""

    def place(workflow: CompiledWorkflow, wishes: Wishes) -> str | None:
        if reported is not None and (why := reported.circuit()):
            raise EngineUnreachable(why)
        if reported is not None and (problems := lacked(workflow.view, reported.lacking())):
            raise CannotRunHere([workflow.explain(problem) for problem in problems])
        if models is not None and (needs := missing(workflow.document, models)):
            raise CannotRunHere([not_there(workflow, need) for need in needs])
        return gpu_for(settings, workflow, wishes)

    return place


def gpu_for(settings: ModalSettings, workflow: CompiledWorkflow, wishes: Wishes) -> str | None:
    """The GPU that was asked for, else what RYLA prefers for the preset, where it fits, else the plan's choice.

    None, the class's own fall-back list, where that begins with the choice, and if it is unknown what the graph
    needs. Raises `CannotRunHere` for a GPU that is not offered, that the graph does not fit, or where all cost more
    than was said: what counts is a run that finds no container, with its cold start and idle window.
    """
    if wishes.gpu is not None and wishes.gpu not in settings.gpus:
        raise CannotRunHere([not_offered(wishes.gpu, settings)])
    allowed = settings.gpus if wishes.gpu is None else (wishes.gpu,)
    preferred = wishes.gpu or GPU_WISHES.get(workflow.name or "")
    if preferred not in settings.gpus:
        preferred = None
    choice = choose_gpu(
        workflow.plan,
        allowed=allowed,
        preferred=preferred,
        max_cost_usd=wishes.max_cost_usd,
        cost=Pricing.of(settings).alone,
    )
    if choice is None:
        log.info("%s is left to the fall-back list: what it needs is not known", workflow.name or "a graph")
        return None
    chosen = choice.gpu.name
    log.info("%s for %s: %s", chosen, workflow.name or "a graph", choice.reason)
    # The list is only for graphs that fit all of it, and for callers who did not say what they pay.
    anyone = wishes.any_machine and chosen == settings.fallback[0]
    return None if anyone and all(workflow.plan.on(name).runs for name in settings.fallback) else chosen


def missing(prompt: Mapping[str, Any], models: VolumeFiles) -> list[Need]:
    """The weights of a graph that are not on the volume; LoRAs lie on another one. Nothing where Modal is silent."""
    wanted = [need for need in needed(Prompt(prompt, catalogs.bundled())) if need.folder != "loras"]
    try:
        if not absent(wanted, models()):
            return []
        return absent(wanted, models(fresh=True))  # a pull may have ended just now
    except ModalError:
        return []  # the worker looks again


def absent(wanted: Iterable[Need], held: Collection[str]) -> list[Need]:
    """Those that are missing: neither the file nor, for a folder of files, anything below it is held."""
    return [
        need
        for need in wanted
        if (path := f"{need.folder}/{need.name}") not in held and not any(one.startswith(f"{path}/") for one in held)
    ]


def not_there(workflow: CompiledWorkflow, need: Need) -> Problem:
    """The problem of weights that are missing, with the command that brings them."""
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
    """The problem of a GPU that this deployment has not."""
    return Problem(
        code="no_such_gpu",
        message=f"this deployment has no GPU '{gpu[:40]}'",
        given=gpu[:40],
        expected=", ".join(settings.gpus),
        parameters=("gpu",),
        hint="take one of those, or leave `gpu` out",
    )
