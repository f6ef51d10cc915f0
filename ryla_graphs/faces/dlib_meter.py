"""dlib's network as a meter. Its weights are in the public domain; everything comes from packages, with no download."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ryla_graphs.faces.calibration import Calibration, calibration
from ryla_graphs.faces.face import Face, face_of, largest_first
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.problems.extras import needs_extra

if TYPE_CHECKING:
    from PIL.Image import Image

_NETWORK = "dlib_face_recognition_resnet_model_v1.dat"
_POINTS = "shape_predictor_5_face_landmarks.dat"
# The package also has a predictor of 68 points that may not be used commercially. It is never opened.


class DlibMeter:
    """Finds faces and measures how far apart two are. One thread at a time uses it; the others wait."""

    def __init__(self) -> None:
        with needs_extra("faces"):
            dlib: Any = import_module("dlib")  # has no types
            import numpy as np  # noqa: PLC0415

            folder = models_folder()
        self.calibration: Calibration = calibration("dlib-resnet-v1")
        if hashlib.sha256((folder / _NETWORK).read_bytes()).hexdigest() != self.calibration.facts["weights_sha256"]:
            raise InvalidSettings(f"{_NETWORK} is not the file that {self.calibration.id} was measured with")
        self._dlib, self._np = dlib, np
        self._detector = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(folder / _POINTS))
        self._network = dlib.face_recognition_model_v1(str(folder / _NETWORK))
        self._lock = threading.Lock()

    @property
    def model(self) -> str:
        """The model that measures."""
        return str(self.calibration.facts["model"])

    def faces(self, image: Image) -> list[Face]:
        """The faces in an RGB picture, the largest first."""
        pixels = self._np.asarray(image)
        with self._lock:
            shapes = [self._points(pixels, box) for box in self._detector(pixels, 0)]
        return largest_first([_face(shape) for shape in shapes])

    def embed(self, image: Image, face: Face) -> Sequence[float]:
        """The vector of a face. It identifies a person: never store, log or send it."""
        with self._lock:
            chip = self._dlib.get_face_chip(self._np.asarray(image), face.shape, 150, 0.25)
            return list(self._network.compute_face_descriptor(chip))

    def distance(self, one: Sequence[float], other: Sequence[float]) -> float:
        """Euclidean; 0 is the same vector."""
        return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)


def models_folder() -> Path:
    """Where the weights are. Finds them without importing the package, because importing it opens all of them.

    Raises `ModuleNotFoundError`.
    """
    spec = find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'face_recognition_models'", name="face_recognition_models")
    return Path(next(iter(spec.submodule_search_locations))) / "models"


def _face(shape: Any) -> Face:
    """Points 0 and 2 are the outer corners of the eyes, 4 is below the nose."""
    left, right, nose = ((shape.part(at).x, shape.part(at).y) for at in (0, 2, 4))
    return face_of((shape.rect.width(), shape.rect.height()), (left, right), nose[0], shape)
