"""What a distance between two faces means, as data. It is measured for one model and useless for another."""

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
"""The lowest `match` at which a picture counts as one of the person."""
_LEAST, _MOST = 0.01, 0.99
"""The bounds of a probability: a few hundred pairs cannot show more."""


@dataclass(frozen=True)
class Calibration:
    """The numbers of one model. Scores of two calibrations cannot be compared.

    For a model whose pairs were not measured here, it has only the distance that the model's authors accept. Then only
    `verified` has an answer; the other numbers are None.
    """

    facts: Mapping[str, Any]

    @property
    def id(self) -> str:
        """`dlib-resnet-v1/2026-11-` and a digest, so that it changes whenever any number does."""
        content = json.dumps(self.facts, sort_keys=True).encode()
        return f"{self.facts['model']}/{self.facts['made']}-{hashlib.sha256(content).hexdigest()[:8]}"

    @property
    def measured(self) -> bool:
        """Whether it is based on pairs of photos and therefore has probabilities."""
        return "slope" in self.facts

    def verified(self, distance: float) -> bool:
        """Whether two faces so far apart count as one person."""
        match = self.match(distance)
        return bool(distance <= self.facts["accept"]) if match is None else match >= VERIFIED

    def match(self, distance: float) -> float | None:
        """The probability of one person if one and two are equally likely a priori; not a measure of similarity."""
        if not self.measured:
            return None
        exponent: float = self.facts["slope"] * distance - self.facts["intercept"]
        return min(_MOST, max(_LEAST, 1 / (1 + math.exp(min(exponent, 700.0)))))

    def consistency(self, distance: float) -> float | None:
        """How many in a hundred pairs of photos of one person are at least this far apart: 50 is as good as photos."""
        return 100 * _between(self.facts["farther_same"], distance) if self.measured else None

    def false_match_rate(self, distance: float) -> float | None:
        """The share of pairs of different people that are this near, no finer than the measured pairs allow."""
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
    """The value interpolated linearly between the measured points."""
    place = bisect_right([point[0] for point in points], x)
    if place in (0, len(points)):
        return points[min(place, len(points) - 1)][1]
    (left, low), (right, high) = points[place - 1], points[place]
    return low + (high - low) * (x - left) / (right - left)
