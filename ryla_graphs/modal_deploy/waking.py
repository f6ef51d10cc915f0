"""What a job's end starts when no request reaches the web side: its container may sleep, and webhooks wait for it.

A worker has a function on a processor called, by Modal and not over HTTP, so no address has to be reached and no proxy
asks for a token. That function is the web side without its routes, for as long as something comes to its end.
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
from ryla_graphs.modal_deploy.store.reaching import reaching
from ryla_graphs.problems import StoreUnreachable
from ryla_graphs.server.deployment import Deployment

log = logging.getLogger("ryla_graphs.modal_deploy")

QUIET_SECONDS = 20.0
"""Nothing has happened for so long: what still runs has its own end set this going again."""
HOOK_SECONDS = 150.0
"""A webhook that is due within this time is waited for."""
LOOK_SECONDS = 0.5


def wake(settle: modal.Function[..., None, None], records: modal.Dict) -> None:
    """Have `settle` called, unless a web side is awake; what goes wrong is logged."""
    try:
        if not Lease(records).owned():
            settle.spawn()
    except (ModalError, StoreUnreachable) as error:
        log.warning("the web side could not be woken: %s", error)


def unsettled(records: modal.Dict) -> bool:
    """Whether jobs have not ended, or webhooks are due, and no web side is awake. Raises `StoreUnreachable`."""
    if Lease(records).owned():
        return False
    with reaching("records"):
        names = {*records.keys()}
        left = any(name.startswith("job:") and f"end:{name[4:]}" not in names for name in names)
        return left or float(records.get(HOOKS_DUE) or "inf") <= time.time()


HOOKS_DUE = "hooks_due"
"""The entry that says when the next webhook is due that no process waits for."""


async def settled(app: FastAPI, records: modal.Dict, *, quiet: float = QUIET_SECONDS) -> None:
    """Run an app without its routes until nothing comes to its end any more, or another container has taken over."""
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
    with reaching("records"):
        records.put(HOOKS_DUE, None if due is None else time.time() + due)
