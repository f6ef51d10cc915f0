"""Webhooks: post the end of a job to the caller's URL, signed as Standard Webhooks says (standardwebhooks.com).

The headers are `webhook-id`, `webhook-timestamp` and `webhook-signature`; the signature is HMAC-SHA256 over
``id.timestamp.body``. A failed delivery is retried with growing pauses, and never affects the job.
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

PAUSES = (5.0, 30.0, 120.0, 600.0, 3600.0)
"""Seconds before the second attempt, the third, and so on; after the last one, the delivery is given up."""
THREADS = 16
"""How many webhooks are posted at once."""
PER_OWNER = 2
"""How many webhooks of one owner are posted at once."""
BACKLOG = 1_000
"""How many webhooks of one owner may wait; further ones are given up."""
_PREFIX = "whsec_"
_GONE = 410


class Signer:
    """Signs with a secret: ``whsec_`` and the base64 of 24 to 64 bytes."""

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
        """The headers of a message, with its signature."""
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
    """A sink that posts the end of jobs to their webhook URLs, from its own threads.

    An owner uses `PER_OWNER` threads at most, so that one slow receiver does not delay other owners. Undelivered
    webhooks are in the store, and continue after a restart.
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
        """Raise `InvalidInputs` (`webhook_refused`) if this server would not post to this URL."""
        if self._signer is None:
            raise refusal(
                "webhook_refused", "this server sends no webhooks, since it has no key to sign them", name="webhook_url"
            )
        try:
            self._fetcher.check(address, name="webhook_url")
        except InvalidInputs as error:
            (problem,) = error.problems
            raise InvalidInputs([problem.at(code="webhook_refused")]) from None

    def restore(self) -> None:
        """Resume the deliveries that an earlier process did not finish."""
        for hook in self._store.hooks() if self._signer is not None else ():
            if hook.body:
                self._plan(hook, 0.0)
            elif (job := self._store.job(hook.job_id)) is not None:  # it was killed right after the job's end
                self._plan(hook._replace(body=self._body(job, job.ended_at)), 0.0)

    @property
    def due_in(self) -> float | None:
        """Seconds until the next delivery, 0 during one; None if none is waiting."""
        with self._changed:
            if any(self._busy.values()):
                return 0.0
            return max(0.0, self._waiting[0].due - time.monotonic()) if self._waiting else None

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Queue a webhook if the job has ended and has a webhook URL."""
        hook = job.hook
        if hook is None or self._signer is None or event.kind != "status" or not job.state.terminal:
            return
        with self._changed:
            mine = sum(waiting.hook.owner == job.owner for waiting in self._waiting)
        if mine >= BACKLOG:
            log.error("webhook of job %s given up: its owner has %d waiting webhooks already", job.id, mine)
            self._keep(hook, done=True)
            return
        hook = hook._replace(body=self._body(job, event.at))
        self._keep(hook)
        self._plan(hook, 0.0)

    def _body(self, job: Job, ended_at: float | None) -> str:
        content = {"type": f"job.{job.state}", "timestamp": ended_at, "data": self._view(job)}
        return json.dumps(content, separators=(",", ":"))

    def close(self) -> None:
        """Stop posting; the next process resumes the waiting deliveries."""
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
        except Exception as error:  # noqa: BLE001 - it is delivered anyway, at worst twice
            log.error("cannot store the webhook of job %s: %s", hook.job_id, error)

    def _work(self) -> None:
        while (hook := self._next()) is not None:
            try:
                self._deliver(hook)
            except Exception:  # the thread lives
                log.exception("webhook of job %s given up because of a bug in this server", hook.job_id)
            with self._changed:
                self._busy[hook.owner] -= 1
                self._changed.notify()

    def _deliver(self, hook: Hook) -> None:
        problem = self._post(hook)
        if problem is None:
            log.info("webhook of job %s delivered", hook.job_id, extra={"facts": {"job": hook.job_id}})
        elif hook.attempt < len(self._pauses):
            pause, again = self._pauses[hook.attempt], hook._replace(attempt=hook.attempt + 1)
            log.warning("webhook of job %s failed, next attempt in %g s: %s", hook.job_id, pause, problem)
            self._keep(again)
            self._plan(again, pause)
            return
        else:
            log.error("webhook of job %s given up: %s", hook.job_id, problem)
        self._keep(hook, done=True)

    def _next(self) -> Hook | None:
        """The next webhook that is due and whose owner has a free thread."""
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
        """Post a webhook; returns why it failed, or None if it arrived or is no longer wanted."""
        assert self._signer is not None
        # The id stays the same, so that a receiver can detect repeats; the time is that of this attempt.
        body = hook.body.encode()
        headers = self._signer.headers(f"msg_{hook.job_id}", int(time.time()), body)
        try:
            status = self._fetcher.post(hook.address, body, headers, name="webhook_url").status
        except InvalidInputs as error:
            return error.problems[0].message
        return None if 200 <= status < 300 or status == _GONE else f"answered {status}"
