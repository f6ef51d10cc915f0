"""A score in a few words: the same on the command line and below the pictures of a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ryla_graphs.answers.words import Outcome
from ryla_graphs.faces.comparing import FaceScore

NOT_MEASURED: Mapping[Outcome, str] = {
    "no_reference_face": "no face in the reference",
    "no_face": "no face",
    "failed": "face not measured",
    "dropped": "face not measured: too many wait",
}
_WEAK: Mapping[Outcome, str] = {"small": "small face", "profile": "profile"}


def lowest(scores: Sequence[FaceScore]) -> tuple[str, ...]:
    """The worst of several scores, in a few words; one without a number counts as worse than any number."""
    if not scores:
        return ()
    worst = max(scores, key=lambda score: float("inf") if score.distance is None else score.distance)
    return (in_short(worst) + (f", lowest of {len(scores)}" if len(scores) > 1 else ""),)


def in_short(score: FaceScore) -> str:
    """The score in a few words.

    >>> in_short(FaceScore("measured", "m", "c", verified=True, match=0.93, distance=0.5))
    'same face 93%'
    >>> in_short(FaceScore("no_face", "m", "c"))
    'no face'
    """
    if score.distance is None:
        return NOT_MEASURED[score.outcome]
    same = "same face" if score.verified else "another face"
    number = f"{score.match:.0%}" if score.match is not None else f"distance {score.distance:.2f}"
    weak = f" ({_WEAK[score.outcome]})" if score.outcome in _WEAK else ""
    return f"{same} {number}{weak}"
