"""`compare`: how likely the person of one picture is in another, or why that cannot be said."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from PIL import Image, ImageOps

from ryla_graphs.faces.calibration import Calibration
from ryla_graphs.faces.meters import Face

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

log = logging.getLogger("ryla_graphs.faces")

Outcome = Literal["measured", "small", "profile", "no_face", "no_reference_face", "failed"]

VERIFIED = 0.85
"""The `match` from which on a picture counts as one of the person."""
_SMALL = 60
"""Pixels between the outer corners of the eyes, below which a distance says more of the pixels than of the face."""
_LARGEST = 1024
"""Pixels of a picture's longer side as it is searched."""


class FaceMeter(Protocol):
    """A network that measures faces, with its calibration."""

    calibration: Calibration

    @property
    def model(self) -> str:
        """What it is called."""
        ...

    def faces(self, image: Picture) -> list[Face]:
        """The faces in an RGB picture, the largest first."""
        ...

    def embed(self, image: Picture, face: Face) -> Sequence[float]:
        """The vector of one."""
        ...

    def distance(self, one: Sequence[float], other: Sequence[float]) -> float:
        """How far two vectors are apart."""
        ...


@dataclass(frozen=True)
class FaceScore:
    """What came of a comparison. Nothing in it describes a face."""

    outcome: Outcome
    """`small` and `profile` have numbers that say little; the last three have none, which is not zero."""
    model: str
    calibration: str
    match: float | None = None
    """How likely it is one person, of two equally likely stories, from 0 to 1."""
    consistency: float | None = None
    """How many in a hundred pairs of photos of one person are at least this far apart."""
    distance: float | None = None
    false_match_rate: float | None = None
    faces: int = 0
    """How many the second picture has; the score is of the one that matches best."""
    reference_faces: int = 0
    """How many the first has; its largest is the reference."""
    ms: int = 0

    @property
    def verified(self) -> bool | None:
        """Whether it counts as the same person; None if nothing was measured."""
        return None if self.match is None else self.match >= VERIFIED

    def to_dict(self) -> dict[str, Any]:
        """The score as JSON-ready data."""
        return {**asdict(self), "verified": self.verified}


def compare(reference: Picture, picture: Picture, meter: FaceMeter) -> FaceScore:
    """Compare the largest face of a reference with the faces of a picture; never raises.

    Ask the person first: comparing faces is processing of biometric data in many places.
    """
    begun = time.monotonic()
    try:
        score = _compared(_ready(reference), _ready(picture), meter)
    except Exception as error:  # noqa: BLE001 - a measurement is never in the way of what it measures
        log.warning("a face could not be measured: %s", type(error).__name__)
        score = FaceScore("failed", meter.model, meter.calibration.id)
    return replace(score, ms=round((time.monotonic() - begun) * 1000))


def _compared(reference: Picture, picture: Picture, meter: FaceMeter) -> FaceScore:
    nothing = FaceScore("no_reference_face", meter.model, meter.calibration.id)
    looked, known = _found(reference, meter)
    if not known:
        return nothing
    nothing = replace(nothing, outcome="no_face", reference_faces=len(known))
    seen, found = _found(picture, meter)
    if not found:
        return nothing
    wanted = meter.embed(looked, known[0])
    distance, best = min(
        ((meter.distance(wanted, meter.embed(seen, face)), face) for face in found), key=lambda x: x[0]
    )
    measured = meter.calibration
    return replace(
        nothing,
        outcome=_outcome(known[0], best),
        match=measured.match(distance),
        consistency=measured.consistency(distance),
        distance=distance,
        false_match_rate=measured.false_match_rate(distance),
        faces=len(found),
    )


def _outcome(*faces: Face) -> Outcome:
    if any(face.turned for face in faces):
        return "profile"
    return "small" if any(face.between_eyes < _SMALL for face in faces) else "measured"


def _found(picture: Picture, meter: FaceMeter) -> tuple[Picture, list[Face]]:
    """The faces, and the picture in which they are: where there are none, it is enlarged, then turned."""
    for each in _tries(picture):
        if faces := meter.faces(each):
            return each, faces
    return picture, []


def _tries(picture: Picture) -> Iterator[Picture]:
    yield picture
    if max(picture.size) <= _LARGEST:
        yield picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.LANCZOS)
    for turn in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180):
        yield picture.transpose(turn)


def _ready(picture: Picture) -> Picture:
    """Upright, without transparency, no larger than it is searched."""
    upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS)
    return upright
