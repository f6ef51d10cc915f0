"""Finishes jobs while the web container sleeps: without it, no webhook of an ended job would be sent.

A worker calls a CPU function through Modal, not over HTTP, so it needs no URL and no proxy token. The function runs the
web side without its routes, until no job or webhook is left to finish.
"""

from __future__ import annotations

import asyncio
import logging
import time

import modal
from fastapi import FastAPI
from modal.exception import Error as ModalError

from ryla_graphs.modal_deploy.handover import Handover
from ryla_graphs.modal_deploy.store.lease import Lease
from ryla_graphs.modal_deploy.store.modal_errors import modal_errors
from ryla_graphs.problems import StoreUnreachable
from ryla_graphs.server.deployment import Deployment

log = logging.getLogger("ryla_graphs.modal_deploy")

QUIET_SECONDS = 20.0
"""Seconds without events after which the function ends; jobs that still run call it again at their own end."""
HOOK_SECONDS = 150.0
"""The function waits for a webhook that is due within this many seconds."""
LOOK_SECONDS = 0.5


def wake(settle: modal.Function[..., None, None], records: modal.Dict) -> None:
    """Call `settle` unless a web side is awake; logs errors."""
    try:
        if not Lease(records).owned():
            settle.spawn()
    except (ModalError, StoreUnreachable) as error:
        log.warning("cannot wake the web side: %s", error)


def unsettled(records: modal.Dict) -> bool:
    """Whether jobs are unfinished or webhooks due while no web side is awake. Raises `StoreUnreachable`."""
    if Lease(records).owned():
        return False
    with modal_errors("records"):
        names = {*records.keys()}
        left = any(name.startswith("job:") and f"end:{name[4:]}" not in names for name in names)
        return left or float(records.get(HOOKS_DUE) or "inf") <= time.time()


HOOKS_DUE = "hooks_due"
"""The entry with the time of the next webhook that no process waits for."""


async def settled(app: FastAPI, records: modal.Dict, *, quiet: float = QUIET_SECONDS) -> None:
    """Run an app without its routes until no job or webhook is left to finish, or another container takes over."""
    handover: Handover = app.state.handover
    async with app.router.lifespan_context(app):
        deployment: Deployment = app.state.deployment
        before, since = None, time.monotonic()
        while not handover.gone.is_set():
            due = deployment.webhooks.due_in
            now = {job.id: job.state for job in deployment.jobs.live_jobs}
            if now != before or (due is not None and due < HOOK_SECONDS):
                before, since = now, time.monotonic()
            elif time.monotonic() - since >= (quiet if now else 0.0):
                break
            await asyncio.sleep(LOOK_SECONDS)
        due = deployment.webhooks.due_in
    with modal_errors("records"):
        await records.put.aio(HOOKS_DUE, None if due is None else time.time() + due)
