"""How well a face was kept: two pictures compared by a network that had no part in making either.

Needs the extra `faces`. Nothing biometric leaves memory: only a score and its outcome are reported.
"""

from __future__ import annotations

from ryla_graphs.answers.words import Outcome
from ryla_graphs.faces.calibration import VERIFIED, Calibration, calibration
from ryla_graphs.faces.choosing import DLIB, calibration_of, check_meter, meter_at
from ryla_graphs.faces.comparing import FaceMeter, FaceScore, Reference, compare, picture_of
from ryla_graphs.faces.face import Face
from ryla_graphs.faces.measuring_process import NotMeasured, measured_scores
from ryla_graphs.faces.words import in_short, lowest

__all__ = [
    "DLIB",
    "VERIFIED",
    "Calibration",
    "Face",
    "FaceMeter",
    "FaceScore",
    "NotMeasured",
    "Outcome",
    "Reference",
    "calibration",
    "calibration_of",
    "check_meter",
    "compare",
    "in_short",
    "lowest",
    "measured_scores",
    "meter_at",
    "picture_of",
]
