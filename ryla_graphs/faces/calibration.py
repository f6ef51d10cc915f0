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

_LEAST, _MOST = 0.01, 0.99
"""What a probability is cut to: a few hundred pairs cannot show more."""


@dataclass(frozen=True)
class Calibration:
    """The numbers of one model. Scores of two calibrations cannot be compared."""

    facts: Mapping[str, Any]

    @property
    def id(self) -> str:
        """`dlib-resnet-v1/2026-11-` and a digest, so that it changes whenever any number does."""
        content = json.dumps(self.facts, sort_keys=True).encode()
        return f"{self.facts['model']}/{self.facts['made']}-{hashlib.sha256(content).hexdigest()[:8]}"

    def match(self, distance: float) -> float:
        """How likely it is one person, of two equally likely stories; no measure of how alike two faces are."""
        exponent: float = self.facts["slope"] * distance - self.facts["intercept"]
        return min(_MOST, max(_LEAST, 1 / (1 + math.exp(min(exponent, 700.0)))))

    def consistency(self, distance: float) -> float:
        """How many in a hundred pairs of photos of one person are at least this far apart: 50 is as good as photos."""
        return 100 * _between(self.facts["farther_same"], distance)

    def false_match_rate(self, distance: float) -> float:
        """How many pairs of different people are this near, never finer than the pairs that were measured."""
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
