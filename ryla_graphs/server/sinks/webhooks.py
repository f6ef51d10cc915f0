"""Webhooks: a caller's address hears how a job ended, signed by the Standard Webhooks rules (standardwebhooks.com).

The headers are `webhook-id`, `webhook-timestamp` and `webhook-signature`; the signature is HMAC-SHA256 over
``id.timestamp.body``. A hook that fails is tried again with growing pauses; what becomes of it never touches the job.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import heapq
import hmac
import itertools
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ryla_graphs.problems import InvalidInputs, InvalidSettings
from ryla_graphs.server.records import Hook, Job, JobEvent
from ryla_graphs.server.safety.fetch import Fetcher
from ryla_graphs.server.safety.refusals import refusal
from ryla_graphs.server.storage import Store

log = logging.getLogger("ryla_graphs.server")

EXTRA = "webhook_url"
"""Where a job keeps the address, in `JobRequest.extra`."""
PAUSES = (5.0, 30.0, 120.0, 600.0, 3600.0)
"""Seconds before the second attempt, the third, …; after the last one a delivery is given up."""
THREADS = 16
"""How many are posted at once."""
PER_OWNER = 2
"""How many of one owner."""
BACKLOG = 1_000
"""How many of one owner may wait; more are given up."""
_PREFIX = "whsec_"
_GONE = 410


class Signer:
    """Signs with a secret: ``whsec_`` and base64, of 24 to 64 bytes."""

    def __init__(self, secret: str) -> None:
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            key = b""
        if not 24 <= len(key) <= 64:
            raise InvalidSettings(
                "the webhook secret must be base64 of 24 to 64 bytes; make one with:"
                ' python -c "import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())"'
            )
        self._key = key

    def headers(self, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
        """The headers of a message."""
        signed = f"{message_id}.{timestamp}.".encode() + body
        signature = base64.b64encode(hmac.digest(self._key, signed, hashlib.sha256)).decode()
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": f"v1,{signature}",
        }


@dataclass(order=True)
class _Delivery:
    due: float
    number: int
    hook: Hook = field(compare=False)


class Webhooks:
    """A sink that posts the end of jobs to the addresses that came with them, from threads of its own.

    An owner has `PER_OWNER` of them at most, so that one receiver that hangs does not hold up anybody else's. What is
    not delivered yet is in the store, and goes on after a restart.
    """

    kinds = ("status",)

    def __init__(
        self,
        fetcher: Fetcher,
        signer: Signer | None,
        view: Callable[[Job], Mapping[str, Any]],
        store: Store,
        *,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._fetcher = fetcher
        self._signer = signer
        self._view = view
        self._store = store
        self._pauses = pauses
        self._waiting: list[_Delivery] = []
        self._busy: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._stopped = False
        self._numbers = itertools.count()
        self._threads: list[threading.Thread] = []

    def check(self, address: str) -> None:
        """Raise `InvalidInputs` (`webhook_refused`) where nothing would be posted to this address."""
        if self._signer is None:
            raise refusal("webhook_refused", "this server posts no webhooks", name="webhook_url")
        try:
            self._fetcher.check(address, name="webhook_url")
        except InvalidInputs as error:
            (problem,) = error.problems
            raise InvalidInputs([problem.at(code="webhook_refused")]) from None

    def restore(self) -> None:
        """Go on with what an earlier process did not deliver."""
        if self._signer is not None:
            for hook in self._store.hooks():
                self._plan(hook, 0.0)

    @property
    def due_in(self) -> float | None:
        """Seconds until the next one is posted, 0 while one is; None if none waits."""
        with self._changed:
            if any(self._busy.values()):
                return 0.0
            return max(0.0, self._waiting[0].due - time.monotonic()) if self._waiting else None

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Post the end of a job that asked for it."""
        address = job.request.extra.get(EXTRA)
        if address is None or self._signer is None or event.kind != "status" or not job.state.terminal:
            return
        content = {"type": f"job.{job.state}", "timestamp": event.at, "data": self._view(job)}
        hook = Hook(job.id, job.owner, str(address), json.dumps(content, separators=(",", ":")))
        with self._changed:
            mine = sum(waiting.hook.owner == job.owner for waiting in self._waiting)
        if mine >= BACKLOG:
            log.error("webhook of job %s given up: %d of its owner's wait already", job.id, mine)
            return
        self._keep(hook)
        self._plan(hook, 0.0)

    def close(self) -> None:
        """Post nothing more; what still waits is taken up by the next process."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def _plan(self, hook: Hook, pause: float) -> None:
        with self._changed:
            heapq.heappush(self._waiting, _Delivery(time.monotonic() + pause, next(self._numbers), hook))
            if len(self._threads) < THREADS:
                thread = threading.Thread(target=self._work, name="webhooks", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()

    def _keep(self, hook: Hook, *, done: bool = False) -> None:
        try:
            self._store.forget_hook(hook.job_id) if done else self._store.keep_hook(hook)
        except Exception as error:  # noqa: BLE001 - it is delivered all the same, at worst twice
            log.error("the webhook of job %s cannot be kept: %s", hook.job_id, error)

    def _work(self) -> None:
        while (hook := self._next()) is not None:
            try:
                self._deliver(hook)
            except Exception:  # the thread lives
                log.exception("webhook of job %s given up by a fault of this server", hook.job_id)
            with self._changed:
                self._busy[hook.owner] -= 1
                self._changed.notify()

    def _deliver(self, hook: Hook) -> None:
        problem = self._post(hook)
        if problem is None:
            log.info("webhook of job %s delivered", hook.job_id, extra={"facts": {"job": hook.job_id}})
        elif hook.attempt < len(self._pauses):
            pause, again = self._pauses[hook.attempt], hook._replace(attempt=hook.attempt + 1)
            log.warning("webhook of job %s failed, again in %g s: %s", hook.job_id, pause, problem)
            self._keep(again)
            self._plan(again, pause)
            return
        else:
            log.error("webhook of job %s given up: %s", hook.job_id, problem)
        self._keep(hook, done=True)

    def _next(self) -> Hook | None:
        """The next one that is due and whose owner has a thread left."""
        with self._changed:
            while not self._stopped:
                now, later = time.monotonic(), list[_Delivery]()
                found = None
                while self._waiting and self._waiting[0].due <= now and found is None:
                    first = heapq.heappop(self._waiting)
                    if self._busy[first.hook.owner] < PER_OWNER:
                        found = first.hook
                    else:
                        later.append(first)
                due = self._waiting[0].due - now if self._waiting else None
                for delivery in later:
                    heapq.heappush(self._waiting, delivery)
                if found is not None:
                    self._busy[found.owner] += 1
                    return found
                self._changed.wait(due)
        return None

    def _post(self, hook: Hook) -> str | None:
        """Why it did not arrive; None if it did, or is not wanted any more."""
        assert self._signer is not None
        # The id stays the same, so that a receiver can tell a repetition; the time is that of this attempt.
        body = hook.body.encode()
        headers = self._signer.headers(f"msg_{hook.job_id}", int(time.time()), body)
        try:
            status = self._fetcher.post(hook.address, body, headers, name="webhook_url").status
        except InvalidInputs as error:
            return error.problems[0].message
        return None if 200 <= status < 300 or status == _GONE else f"answered {status}"
