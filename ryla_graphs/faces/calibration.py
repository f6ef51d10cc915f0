"""What a distance between two faces means, as data: measured for one model, and of no use for another."""

from __future__ import annotations

import hashlib
import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

VERIFIED = 0.85
"""The `match` from which on a picture counts as one of the person."""
_LEAST, _MOST = 0.01, 0.99
"""What a probability is cut to: a few hundred pairs cannot show more."""


@dataclass(frozen=True)
class Calibration:
    """The numbers of one model. Scores of two calibrations cannot be compared.

    Of a model without pairs that were measured here it only has the distance that its authors accept: then `verified`
    is all it can say, and the other numbers are None.
    """

    facts: Mapping[str, Any]

    @property
    def id(self) -> str:
        """`dlib-resnet-v1/2026-11-` and a digest, so that it changes whenever any number does."""
        content = json.dumps(self.facts, sort_keys=True).encode()
        return f"{self.facts['model']}/{self.facts['made']}-{hashlib.sha256(content).hexdigest()[:8]}"

    @property
    def measured(self) -> bool:
        """Whether it stands on pairs of photos, so that it has probabilities."""
        return "slope" in self.facts

    def verified(self, distance: float) -> bool:
        """Whether two faces so far apart count as one person."""
        match = self.match(distance)
        return bool(distance <= self.facts["accept"]) if match is None else match >= VERIFIED

    def match(self, distance: float) -> float | None:
        """How likely it is one person, of two equally likely stories; no measure of how alike two faces are."""
        if not self.measured:
            return None
        exponent: float = self.facts["slope"] * distance - self.facts["intercept"]
        return min(_MOST, max(_LEAST, 1 / (1 + math.exp(min(exponent, 700.0)))))

    def consistency(self, distance: float) -> float | None:
        """How many in a hundred pairs of photos of one person are at least this far apart: 50 is as good as photos."""
        return 100 * _between(self.facts["farther_same"], distance) if self.measured else None

    def false_match_rate(self, distance: float) -> float | None:
        """How many pairs of different people are this near, never finer than the pairs that were measured."""
        if not self.measured:
            return None
        pairs: int = self.facts["different_pairs"]
        return max(0.1 / pairs, _between(self.facts["nearer_different"], distance))


@cache
def calibration(model: str) -> Calibration:
    """The bundled calibration of a model."""
    text = files("ryla_graphs.faces").joinpath("data", f"{model}.json").read_text(encoding="utf-8")
    return Calibration(json.loads(text))


def _between(points: Sequence[Sequence[float]], x: float) -> float:
    """The value on the line between the measured points."""
    place = bisect_right([point[0] for point in points], x)
    if place in (0, len(points)):
        return points[min(place, len(points) - 1)][1]
    (left, low), (right, high) = points[place - 1], points[place]
    return low + (high - low) * (x - left) / (right - left)
