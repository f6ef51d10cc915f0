"""How patiently a service is asked about a job that it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, in seconds."""

    least: float = 0.5
    """Between two questions; grows to `most` while nothing changes."""
    most: float = 5.0
    """A job that says nothing is asked about after this time at the latest."""
    doubt: float = 5.0
    """A job that is called unknown or expired is believed gone after so long: some services say it of live ones."""
    unreachable: float = 60.0
    """A service that says nothing of use for so long is given up."""
