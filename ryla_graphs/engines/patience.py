"""The timeouts for polling a service about a job."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Timeouts in seconds."""

    least: float = 0.5
    """Between two polls; grows to `most` while nothing changes."""
    most: float = 5.0
    """Silence after which a job is polled at the latest."""
    doubt: float = 5.0
    """Time after which an unknown or expired job counts as gone: some services report live jobs so."""
    unreachable: float = 60.0
    """Time without a useful answer after which the service is given up."""
