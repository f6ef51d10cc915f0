"""YuNet and SFace by OpenCV itself, with files of ours in the place of theirs, which no package has.

What the true networks find and how far faces are apart for them was not seen here.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from ryla_graphs.faces import Calibration, FaceMeter, calibration, check_meter, compare, meter_at, opencv_meter
from ryla_graphs.problems import InvalidSettings, MissingExtra
from ryla_graphs.weights import known
from tests.faces.onnx_files import EYES, detector, recogniser


def write(models: Path, files: dict[str, bytes]) -> None:
    (models / "faces").mkdir(exist_ok=True)
    for name, content in files.items():
        (models / "faces" / name).write_bytes(content)


@pytest.fixture
def meter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaceMeter:
    """A meter on the stand-ins, whose hashes stand in the place of the true ones."""
    pytest.importorskip("cv2", reason="the extra `faces-opencv` is not installed")
    files = {opencv_meter.DETECTOR: detector(), opencv_meter.NETWORK: recogniser()}
    write(tmp_path, files)
    hashes = [hashlib.sha256(content).hexdigest() for content in files.values()]
    own = {"detector_sha256": hashes[0], "weights_sha256": hashes[1]}
    monkeypatch.setattr(opencv_meter, "calibration", lambda name: Calibration({**calibration(name).facts, **own}))
    return meter_at(f"sface:{tmp_path}")


def face(at: tuple[int, int], eyes: str, side: int = 32, size: tuple[int, int] = (320, 256)) -> Image.Image:
    """A grey picture with a red square, at a multiple of its side, whose eyes have a colour."""
    picture = Image.new("RGB", size, "black")
    pen, scale = ImageDraw.Draw(picture), side / 32
    x, y = at[0] * side, at[1] * side
    pen.rectangle((x, y, x + side - 1, y + side - 1), fill="red")
    for eye in EYES:
        pen.rectangle(
            [x + eye[0] * scale - 1, y + eye[1] * scale - 1, x + eye[0] * scale + 1, y + eye[1] * scale + 1], eyes
        )
    return picture


def test_it_finds_faces_where_they_are(meter: FaceMeter) -> None:
    [found] = meter.faces(face((3, 2), "red"))
    assert (found.width, found.height) == pytest.approx((32, 32), abs=1) and not found.turned
    assert found.between_eyes == pytest.approx(16 * 1.4, abs=1)
    assert list(found.shape[:2]) == pytest.approx([96, 64], abs=1)
    [large] = meter.faces(face((2, 1), "red", side=64, size=(1280, 640)))  # it is searched at half the size
    assert large.width == pytest.approx(64, abs=2) and list(large.shape[:2]) == pytest.approx([128, 64], abs=2)
    assert meter.faces(Image.new("RGB", (320, 256), "blue")) == []


def test_it_compares(meter: FaceMeter) -> None:
    same = compare(face((3, 2), "white"), face((5, 4), "white"), meter)
    assert same.distance == pytest.approx(0, abs=0.01) and same.verified is True and same.outcome == "small"
    assert (same.match, same.consistency, same.model) == (None, None, "sface-2021dec")
    assert (
        meter.distance([1, 0], [0, 1]) == 1
        and meter.distance([0, 0], [0, 1]) == 1
        and meter.distance([1, 1], [2, 2]) < 1e-9
    )
    assert compare(face((3, 2), "white"), Image.new("RGB", (320, 256)), meter).outcome == "no_face"


def test_weights_that_are_not_pulled_or_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cv2", reason="the extra `faces-opencv` is not installed")
    with pytest.raises(InvalidSettings, match=f"are not pulled: ryla-graphs weights pull .* --into {tmp_path}"):
        check_meter(f"sface:{tmp_path}")
    write(tmp_path, {opencv_meter.DETECTOR: b"x"})
    with pytest.raises(InvalidSettings, match=f"^{opencv_meter.NETWORK} is not pulled"):
        meter_at(f"sface:{tmp_path}")
    write(tmp_path, {opencv_meter.NETWORK: b"x"})
    check_meter(f"sface:{tmp_path}")
    with pytest.raises(InvalidSettings, match="is not the file that sface-2021dec/2026-11-"):
        meter_at(f"sface:{tmp_path}")
    monkeypatch.setattr("ryla_graphs.faces.choosing.find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"ryla-graphs\[faces-opencv\]"):
        check_meter(f"sface:{tmp_path}")


@pytest.mark.parametrize("address", ["", "arcface", "sface", "sface:"])
def test_other_networks_are_refused(address: str) -> None:
    with pytest.raises(InvalidSettings, match="no network is called"):
        check_meter(address)


def test_the_manifest_has_the_files_that_the_calibration_is_for() -> None:
    facts = calibration("sface-2021dec").facts
    rows = [known(name, opencv_meter.FOLDER) for name in (opencv_meter.DETECTOR, opencv_meter.NETWORK)]
    assert [row and row.sha256 for row in rows] == [facts["detector_sha256"], facts["weights_sha256"]]
    assert all(row and row.licence.commercial and not row.gated for row in rows)
