"""Shares of users: the same user always gets the same arm, on every machine and after every restart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

WHOLE = 10_000
"""Shares are in basis points."""


def bucket(experiment: str, user_key: str) -> int:
    """A user's position among 10,000, for one experiment.

    >>> bucket("routes", "ada") == bucket("routes", "ada")
    True
    """
    digest = hashlib.sha256(f"{experiment}:{user_key}".encode("utf-8", "surrogatepass")).hexdigest()
    return int(digest[:8], 16) % WHOLE


def arm_of(experiment: str, user_key: str, shares: Iterable[tuple[str, int]]) -> str | None:
    """The arm of a user, given arms with their shares in order; None for the remaining users.

    If the share of the last or only arm grows, users only move into that arm.
    """
    place, end = bucket(experiment, user_key), 0
    for name, share in shares:
        end += share
        if place < end:
            return name
    return None


def share_in(text: str) -> int:
    """A percentage in basis points; raises `ValueError`.

    >>> share_in("12.5%")
    1250
    """
    number = float(text.removesuffix("%").strip())
    if not 0 <= number <= 100:
        raise ValueError(f"{text} is not a percentage")
    return round(number * 100)
