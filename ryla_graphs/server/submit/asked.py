"""What a caller prefers, from the headers of a request: `Prefer`, `Accept`, and when to give up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_WAIT = re.compile(r"wait\s*=\s*\"?(\d{1,6})\"?")


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a job is to be answered."""

    asynchronous: bool = False
    """Answer 202 at once (``Prefer: respond-async``)."""
    wait: float | None = None
    """In seconds: answer 202 after so long (``Prefer: wait=N``)."""
    cancel_on_disconnect: bool = False
    """Cancel the job if the caller hangs up (``X-Cancel-On-Disconnect: true``)."""
    accept: str = "*/*"

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Preferences:
        """Read the headers; what is not understood is no preference."""
        wishes = [wish.strip().lower() for wish in headers.get("prefer", "").split(",")]
        waits = [match for wish in wishes if (match := _WAIT.fullmatch(wish))]
        return cls(
            asynchronous="respond-async" in wishes and not waits,
            wait=float(waits[0][1]) if waits else None,
            cancel_on_disconnect=headers.get("x-cancel-on-disconnect", "").strip().lower() in ("true", "1", "yes"),
            accept=headers.get("accept", "*/*"),
        )


def best_of(accept: str, offered: Sequence[str]) -> str | None:
    """The offered media type that an ``Accept`` header likes best, the first of equals; None where it likes none."""
    ranges = [_range(part) for part in accept.split(",")]
    rated = [(max((_rate(offer, kind, q) for kind, q in ranges), default=(0, 0.0)), offer) for offer in offered]
    best = max(rated, key=lambda pair: pair[0][1], default=((0, 0.0), ""))
    return best[1] if best[0][1] > 0 else None


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip() for piece in part.split(";"))
    try:
        q = next((float(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
    except ValueError:
        q = 1.0
    return kind.lower(), q


def _rate(offer: str, kind: str, q: float) -> tuple[int, float]:
    """How specifically a range names an offer, and how much it likes it; the most specific range counts."""
    if kind == offer:
        return 3, q
    if kind == f"{offer.partition('/')[0]}/*":
        return 2, q
    return (1, q) if kind in ("*/*", "*") else (0, 0.0)
