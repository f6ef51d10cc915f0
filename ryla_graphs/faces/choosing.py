"""Chooses the network that measures: `dlib`, or `sface:MODELS_FOLDER` with the folder its weights were pulled into."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ryla_graphs.faces.calibration import Calibration, calibration
from ryla_graphs.faces.comparing import FaceMeter
from ryla_graphs.faces.dlib_meter import DlibMeter, models_folder
from ryla_graphs.faces.opencv_meter import OpenCvMeter, weights_in
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.problems.extras import needs_extra

DLIB, _SFACE = "dlib", "sface:"
_MODELS = {DLIB: "dlib-resnet-v1", _SFACE: "sface-2021dec"}


def meter_at(address: str = DLIB) -> FaceMeter:
    """The meter that an address names; loads its network, which takes a moment.

    Raises `MissingExtra` or `InvalidSettings` as `check_meter` does, and also if the weights are other files.
    """
    check_meter(address)
    return DlibMeter() if address == DLIB else OpenCvMeter(Path(address.removeprefix(_SFACE)))


def calibration_of(address: str) -> Calibration:
    """The calibration of the network that an address names, without loading the network."""
    return calibration(_MODELS[DLIB if address == DLIB else _SFACE])


def check_meter(address: str) -> None:
    """Check that a meter is available, without loading anything.

    Raises `MissingExtra` if its packages are not installed, `InvalidSettings` if its weights are missing.
    """
    if address == DLIB:
        with needs_extra("faces"):
            _installed("dlib")
            models_folder()
    elif address.startswith(_SFACE) and address != _SFACE:
        with needs_extra("faces-opencv"):
            _installed("cv2")
        weights_in(Path(address.removeprefix(_SFACE)))
    else:
        raise InvalidSettings(f"no network is called '{address}'; use {DLIB}, or {_SFACE}MODELS_FOLDER")


def _installed(package: str) -> None:
    if find_spec(package) is None:
        raise ModuleNotFoundError(f"No module named '{package}'", name=package)
