"""`compare`: how likely it is that two pictures show the same person, or why that cannot be determined."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from PIL import Image, ImageOps

from ryla_graphs.answers.words import Outcome
from ryla_graphs.faces.calibration import Calibration
from ryla_graphs.faces.face import Face

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

log = logging.getLogger("ryla_graphs.faces")

_SMALL = 60
"""Pixels between the outer corners of the eyes; below this, a distance reflects the pixels more than the face."""
_LARGEST = 1024
"""Pixels of a picture's longer side when it is searched."""


class FaceMeter(Protocol):
    """A network that measures faces, with its calibration."""

    calibration: Calibration

    @property
    def model(self) -> str:
        """The name of the model."""
        ...

    def faces(self, image: Picture) -> list[Face]:
        """The faces in an RGB picture, the largest first."""
        ...

    def embed(self, image: Picture, face: Face) -> Sequence[float]:
        """The vector of a face."""
        ...

    def distance(self, one: Sequence[float], other: Sequence[float]) -> float:
        """How far apart two vectors are."""
        ...


@dataclass(frozen=True)
class FaceScore:
    """What came of a comparison. Nothing in it describes a face."""

    outcome: Outcome
    """`small` and `profile` have numbers that say little; what follows them has none, which is not zero."""
    model: str
    calibration: str
    verified: bool | None = None
    """Whether it counts as the same person; None if nothing was measured."""
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

    def to_dict(self) -> dict[str, Any]:
        """The score as JSON-ready data."""
        return asdict(self)


def compare(reference: Picture, picture: Picture, meter: FaceMeter) -> FaceScore:
    """Compare the largest face of a reference with the faces of a picture; never raises.

    Ask the person first: comparing faces is processing of biometric data in many places.
    """
    begun = time.monotonic()
    return replace(Reference(reference, meter).score(picture), ms=_ms_since(begun))


class Reference:
    """The largest face of a picture, which others are compared with; its vector lives only as long as this object.

    Pictures may be given as the bytes of a file. Nothing here raises: any error becomes the outcome `failed`.
    """

    def __init__(self, picture: Picture | bytes, meter: FaceMeter) -> None:
        self._meter = meter
        self._wanted: tuple[Face, Sequence[float]] | None = None
        self._nothing = FaceScore("no_reference_face", meter.model, meter.calibration.id)
        try:
            looked, known = _found(_ready(picture), meter)
            if known:
                self._wanted = known[0], meter.embed(looked, known[0])
                self._nothing = replace(self._nothing, outcome="no_face", reference_faces=len(known))
        except Exception as error:  # noqa: BLE001 - a measurement must never break what it measures
            self._nothing = self._failed(error)

    @property
    def unseen(self) -> FaceScore:
        """The score for a picture that shows no person, such as a simulated one; the picture is not examined."""
        return self._nothing

    def score(self, picture: Picture | bytes) -> FaceScore:
        """Compare with the faces of a picture; the nearest one counts."""
        if self._wanted is None:
            return self._nothing
        begun = time.monotonic()
        try:
            score = self._scored(_ready(picture), *self._wanted)
        except Exception as error:  # noqa: BLE001
            score = self._failed(error)
        return replace(score, ms=_ms_since(begun))

    def _scored(self, picture: Picture, wanted: Face, vector: Sequence[float]) -> FaceScore:
        meter, measured = self._meter, self._meter.calibration
        seen, found = _found(picture, meter)
        if not found:
            return self._nothing
        near = ((meter.distance(vector, meter.embed(seen, face)), face) for face in found)
        distance, best = min(near, key=lambda pair: pair[0])
        return replace(
            self._nothing,
            outcome=_outcome(wanted, best),
            verified=measured.verified(distance),
            match=_rounded(measured.match(distance)),
            consistency=_rounded(measured.consistency(distance)),
            distance=_rounded(distance),
            false_match_rate=_rounded(measured.false_match_rate(distance)),
            faces=len(found),
        )

    def _failed(self, error: Exception) -> FaceScore:
        # The error's message may contain data that must not leave memory.
        log.warning("a face could not be measured: %s", type(error).__name__)
        return FaceScore("failed", self._meter.model, self._meter.calibration.id)


def picture_of(content: bytes) -> Picture:
    """The picture in a file's bytes; raises `ValueError` if they are not a picture."""
    try:
        picture = Image.open(io.BytesIO(content))
        picture.load()
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(str(error)) from None
    return picture


def _rounded(number: float | None) -> float | None:
    """Rounded to three digits: more would claim more than was measured."""
    return None if number is None else float(f"{number:.3g}")


def _ms_since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


def _outcome(*faces: Face) -> Outcome:
    if any(face.turned for face in faces):
        return "profile"
    return "small" if any(face.between_eyes < _SMALL for face in faces) else "measured"


def _found(picture: Picture, meter: FaceMeter) -> tuple[Picture, list[Face]]:
    """The faces, and the picture they were found in. If none are found, the picture is enlarged, then turned."""
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


def _ready(picture: Picture | bytes) -> Picture:
    """The picture upright, without transparency, and no larger than the size it is searched at."""
    opened = picture_of(picture) if isinstance(picture, bytes) else picture
    upright = ImageOps.exif_transpose(opened).convert("RGB")
    upright.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS)
    return upright
