"""How well a face was kept: two pictures compared by a network that had no part in making either.

Needs the extra `faces`. Nothing biometric leaves memory: only a score and its outcome are reported.
"""

from __future__ import annotations

from ryla_graphs.faces.calibration import Calibration, calibration
from ryla_graphs.faces.comparing import VERIFIED, FaceMeter, FaceScore, Outcome, compare
from ryla_graphs.faces.meters import Face, dlib_meter

__all__ = [
    "VERIFIED",
    "Calibration",
    "Face",
    "FaceMeter",
    "FaceScore",
    "Outcome",
    "calibration",
    "compare",
    "dlib_meter",
]
