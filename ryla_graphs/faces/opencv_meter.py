"""YuNet and SFace as a meter: smaller and quicker than dlib's, but their weights have to be pulled first."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ryla_graphs.faces.calibration import Calibration, calibration
from ryla_graphs.faces.face import Face, face_of, largest_first
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.problems.extras import needs_extra

if TYPE_CHECKING:
    from PIL.Image import Image

FOLDER = "faces"
"""Where the files are below a models folder."""
DETECTOR, NETWORK = "face_detection_yunet_2023mar.onnx", "face_recognition_sface_2021dec.onnx"

_SIDES = (640, 320)
"""Pixels of a picture's longer side when it is searched: the detector finds faces of 10 to 300 pixels."""
_CERTAIN = 0.7
_CORNERS = 1.4
"""The factor by which the outer corners of two eyes are farther apart than their middles."""


class OpenCvMeter:
    """Finds faces with YuNet and measures with SFace. One thread at a time uses it; the others wait."""

    def __init__(self, folder: Path) -> None:
        with needs_extra("faces-opencv"):
            cv2: Any = import_module("cv2")  # its types change with each release
            import numpy as np  # noqa: PLC0415

        self.calibration: Calibration = calibration("sface-2021dec")
        detector, network = weights_in(folder)
        facts = self.calibration.facts
        _check(detector, facts["detector_sha256"], self.calibration.id)
        _check(network, facts["weights_sha256"], self.calibration.id)
        self._np, self._cv2 = np, cv2
        self._detector = cv2.FaceDetectorYN.create(str(detector), "", (_SIDES[0], _SIDES[0]), _CERTAIN)
        self._network = cv2.FaceRecognizerSF.create(str(network), "")
        self._lock = threading.Lock()

    @property
    def model(self) -> str:
        """The model that measures."""
        return str(self.calibration.facts["model"])

    def faces(self, image: Image) -> list[Face]:
        """The faces in an RGB picture, the largest first."""
        for side in _SIDES:
            if found := self._found(image, min(1.0, side / max(image.size))):
                return largest_first(found)
        return []

    def embed(self, image: Image, face: Face) -> Sequence[float]:
        """The vector of a face. It identifies a person: never store, log or send it."""
        with self._lock:
            chip = self._network.alignCrop(self._pixels(image), face.shape)
            vector = self._network.feature(chip)[0]
        return [float(value) for value in vector]

    def distance(self, one: Sequence[float], other: Sequence[float]) -> float:
        """1 less the cosine; 0 is the same direction."""
        a, b = self._np.asarray(one), self._np.asarray(other)
        length = float(self._np.linalg.norm(a) * self._np.linalg.norm(b))
        return 1 - float(a @ b) / length if length else 1.0

    def _found(self, image: Image, scale: float) -> list[Face]:
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        with self._lock:
            self._detector.setInputSize(size)
            rows = self._detector.detect(self._pixels(image.resize(size)))[1]
        return [] if rows is None else [_face(row, scale) for row in rows]

    def _pixels(self, image: Image) -> Any:
        """The pixels in OpenCV's order: blue first."""
        return self._np.ascontiguousarray(self._np.asarray(image)[:, :, ::-1])


def weights_in(folder: Path) -> tuple[Path, Path]:
    """The two files of a models folder; raises `InvalidSettings` with the command that pulls the missing ones."""
    files = folder / FOLDER / DETECTOR, folder / FOLDER / NETWORK
    if missing := [path.name for path in files if not path.is_file()]:
        command = f"ryla-graphs weights pull {' '.join(missing)} --into {folder}"
        raise InvalidSettings(f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not pulled: {command}")
    return files


def _check(path: Path, sha256: str, wanted_by: str) -> None:
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise InvalidSettings(f"{path.name} is not the file that {wanted_by} is for: pull it again with --replace")


def _face(row: Any, scale: float) -> Face:
    """A row is x, y, width, height, the middles of both eyes, the nose, both corners of the mouth, and how certain."""
    row = row.copy()
    row[:14] /= scale
    (ax, ay), (bx, by), (nose, _) = (map(float, row[at : at + 2]) for at in (4, 6, 8))
    wide, high = ((one - other) * (_CORNERS - 1) / 2 for one, other in ((ax, bx), (ay, by)))
    corners = (ax + wide, ay + high), (bx - wide, by - high)
    return face_of((float(row[2]), float(row[3])), corners, nose, row)
