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
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ryla_graphs.problems import InvalidInputs, InvalidSettings
from ryla_graphs.server.records import Job, JobEvent
from ryla_graphs.server.safety.fetch import Fetcher
from ryla_graphs.server.safety.refusals import refusal

log = logging.getLogger("ryla_graphs.server")

EXTRA = "webhook_url"
"""Where a job keeps the address, in `JobRequest.extra`."""
PAUSES = (5.0, 30.0, 120.0, 600.0, 3600.0)
"""Seconds before the second attempt, the third, …; after the last one a delivery is given up."""
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
    job_id: str = field(compare=False)
    address: str = field(compare=False)
    body: bytes = field(compare=False)
    attempt: int = field(default=0, compare=False)


class Webhooks:
    """A sink that posts the end of jobs to the addresses that came with them, in a thread of its own."""

    def __init__(
        self,
        fetcher: Fetcher,
        signer: Signer | None,
        view: Callable[[Job], Mapping[str, Any]],
        *,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._fetcher = fetcher
        self._signer = signer
        self._view = view
        self._pauses = pauses
        self._waiting: list[_Delivery] = []
        self._changed = threading.Condition()
        self._stopped = False
        self._count = 0
        self._thread: threading.Thread | None = None

    def check(self, address: str) -> None:
        """Raise `InvalidInputs` (`webhook_refused`) where nothing would be posted to this address."""
        if self._signer is None:
            raise refusal("webhook_refused", "this server posts no webhooks", name="webhook_url")
        try:
            self._fetcher.check(address, name="webhook_url")
        except InvalidInputs as error:
            (problem,) = error.problems
            raise InvalidInputs([problem.at(code="webhook_refused")]) from None

    def on_event(self, job: Job, event: JobEvent) -> None:
        """Post the end of a job that asked for it."""
        address = job.request.extra.get(EXTRA)
        if address is None or self._signer is None or event.kind != "status" or not job.state.terminal:
            return
        content = {"type": f"job.{job.state}", "timestamp": event.at, "data": self._view(job)}
        with self._changed:
            self._count += 1
            body = json.dumps(content, separators=(",", ":")).encode()
            heapq.heappush(self._waiting, _Delivery(time.monotonic(), self._count, job.id, address, body))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Post nothing more; what still waits is given up, and logged."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout=5)
        for delivery in self._waiting:
            log.warning("webhook of job %s given up: the server stops", delivery.job_id)

    def _work(self) -> None:
        while (delivery := self._next()) is not None:
            problem = self._post(delivery)
            if problem is None:
                log.info("webhook of job %s delivered", delivery.job_id, extra={"facts": {"job": delivery.job_id}})
            elif delivery.attempt < len(self._pauses):
                pause = self._pauses[delivery.attempt]
                log.warning("webhook of job %s failed, again in %g s: %s", delivery.job_id, pause, problem)
                delivery.due, delivery.attempt = time.monotonic() + pause, delivery.attempt + 1
                with self._changed:
                    heapq.heappush(self._waiting, delivery)
            else:
                log.error("webhook of job %s given up: %s", delivery.job_id, problem)

    def _next(self) -> _Delivery | None:
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                if self._waiting and self._waiting[0].due <= now:
                    return heapq.heappop(self._waiting)
                self._changed.wait(self._waiting[0].due - now if self._waiting else None)
        return None

    def _post(self, delivery: _Delivery) -> str | None:
        """Why it did not arrive; None where it did, or where nobody wants it any more."""
        assert self._signer is not None
        # The id stays the same, so that a receiver can tell a repetition; the time is that of this attempt.
        headers = self._signer.headers(f"msg_{delivery.job_id}", int(time.time()), delivery.body)
        try:
            status = self._fetcher.post(delivery.address, delivery.body, headers, name="webhook_url").status
        except InvalidInputs as error:
            return error.problems[0].message
        return None if 200 <= status < 300 or status == _GONE else f"answered {status}"
