"""Faces: what a distance means, which outcomes there are, and that a measurement is never in the way."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from typer.testing import CliRunner

from ryla_graphs.cli import app
from ryla_graphs.faces import VERIFIED, Calibration, Face, FaceMeter, FaceScore, calibration, compare, meter_at
from ryla_graphs.faces.face import face_of
from tests.conftest import ROOT
from tests.test_cli import ryla

PORTRAITS = ROOT / "tests" / "data" / "faces"
DLIB = calibration("dlib-resnet-v1")
distances = st.floats(0, 2, allow_nan=False)


def numbers(distance: float) -> tuple[float, float, float]:
    """Match, consistency and false match rate."""
    found = DLIB.match(distance), DLIB.consistency(distance), DLIB.false_match_rate(distance)
    match, consistency, rate = found
    assert match is not None and consistency is not None and rate is not None
    return match, consistency, rate


@given(distances, distances)
def test_farther_is_never_more_likely_the_same(one: float, other: float) -> None:
    near, far = map(numbers, sorted((one, other)))
    assert near[0] >= far[0] and near[1] >= far[1] and near[2] <= far[2]
    assert 0 <= near[0] <= 1 and 0 <= near[1] <= 100 and 6e-5 < near[2] <= 1
    assert DLIB.verified(one) == (numbers(one)[0] >= VERIFIED)


def test_the_calibration_is_data_with_an_id() -> None:
    shown = {0.3: 0.99, 0.45: 0.982, 0.5: 0.930, 0.55: 0.770, 0.6: 0.456, 0.65: 0.174, 0.9: 0.01}
    assert {distance: round(numbers(distance)[0], 3) for distance in shown} == shown
    assert (DLIB.match(0.1), DLIB.match(1.5)) == (0.99, 0.01)
    assert DLIB.consistency(0.35) == pytest.approx(33)
    assert DLIB.id.startswith("dlib-resnet-v1/2026-11-")
    assert Calibration({**DLIB.facts, "slope": 27.7}).id != DLIB.id


def test_a_network_whose_pairs_were_not_measured_has_no_probability() -> None:
    """SFace's authors accept a cosine from 0.363 on."""
    sface = calibration("sface-2021dec")
    assert (sface.match(0.1), sface.consistency(0.1), sface.false_match_rate(0.1)) == (None, None, None)
    assert sface.verified(1 - 0.37) and not sface.verified(1 - 0.36)


def test_a_nose_beside_the_eyes_is_a_profile() -> None:
    def turned(nose: float, second: tuple[float, float] = (100, 10)) -> bool:
        return face_of((100, 100), ((20, 0), second), nose, None).turned

    assert [turned(nose) for nose in (10, 60, 110)] == [True, False, True]
    assert not turned(10, (30, 90))  # lies on its side
    assert face_of((1, 1), ((0, 0), (30, 40)), 10, None).between_eyes == 50


class Fake:
    """A meter that finds what a test says in pictures of some size, by the widths of the faces."""

    model, calibration = "dlib-resnet-v1", DLIB

    def __init__(self, found: dict[tuple[int, int], list[tuple[float, float, bool]]]) -> None:
        self._found = found

    def faces(self, image: Image.Image) -> list[Face]:
        return [Face(100, 100, between, turned, where) for where, between, turned in self._found.get(image.size, [])]

    def embed(self, image: Image.Image, face: Face) -> Sequence[float]:
        return [face.shape]

    def distance(self, one: Sequence[float], other: Sequence[float]) -> float:
        return abs(one[0] - other[0])


def scored(reference: list[Any], picture: list[Any]) -> FaceScore:
    fake = Fake({(300, 200): reference, (200, 100): picture})
    return compare(Image.new("RGB", (300, 200)), Image.new("RGB", (200, 100)), fake)


def test_outcomes_instead_of_zeros() -> None:
    face, small, turned = (0.0, 80, False), (0.3, 40, False), (0.3, 80, True)
    assert scored([], [face]).outcome == "no_reference_face"
    missing = scored([face, face], [])
    assert (missing.outcome, missing.match, missing.verified, missing.reference_faces) == ("no_face", None, None, 2)
    best = scored([face], [(0.9, 80, False), (0.3, 80, False)])
    assert (best.outcome, best.distance, best.faces, best.verified) == ("measured", 0.3, 2, True)
    assert [scored([face], [each]).outcome for each in (small, turned)] == ["small", "profile"]
    assert scored([face], [(0.9, 80, False)]).verified is False


def test_a_face_is_looked_for_in_a_turned_and_an_enlarged_picture() -> None:
    face = (0.0, 80, False)
    for size in ((400, 200), (100, 200)):
        fake = Fake({(300, 200): [face], size: [face]})
        assert compare(Image.new("RGB", (300, 200)), Image.new("RGBA", (200, 100)), fake).outcome == "measured"


def test_a_meter_that_raises_is_an_outcome_and_logs_nothing_of_the_face(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Fake):
        def embed(self, image: Image.Image, face: Face) -> Sequence[float]:
            raise ValueError(f"the vector is 0.123456 {face.shape}")

    black, broken = Image.new("RGB", (300, 200)), Broken({(300, 200): [(0.123456, 80, False)]})
    with caplog.at_level(logging.DEBUG):
        score = compare(black, black, broken)
    assert (score.outcome, score.match) == ("failed", None)
    assert "0.123456" not in caplog.text + json.dumps(score.to_dict())
    assert "0.123456" not in repr(Face(1, 1, 1, False, 0.123456))


@cache
def meter() -> FaceMeter:
    pytest.importorskip("dlib", reason="the extra `faces` is not installed")
    pytest.importorskip("numpy")
    return meter_at()


def portrait(name: str) -> Image.Image:
    return Image.open(PORTRAITS / f"{name}.jpg")


def test_portraits() -> None:
    """What was measured of the full portraits is .362 and .858."""
    same = compare(portrait("obama"), portrait("obama2"), meter())
    other = compare(portrait("obama"), portrait("biden"), meter())
    assert (same.outcome, other.outcome, same.faces) == ("measured", "measured", 1)
    assert same.distance == pytest.approx(0.362, abs=0.05) and other.distance == pytest.approx(0.858, abs=0.05)
    assert (same.verified, other.verified) == (True, False)


def test_turned_mirrored_and_several() -> None:
    whole = portrait("obama")
    both = Image.new("RGB", (512, 256))
    both.paste(portrait("biden"), (0, 0))
    both.paste(whole, (256, 0))
    assert (found := compare(whole, both, meter())).faces == 2 and found.distance == pytest.approx(0, abs=0.2)
    changed = ImageOps.mirror(whole).transpose(Image.Transpose.ROTATE_90)
    assert compare(whole, changed, meter()).distance == pytest.approx(0, abs=0.25)


def test_the_command(tmp_path: Path) -> None:
    meter()
    first, second = (PORTRAITS / f"{name}.jpg" for name in ("obama", "obama2"))
    same = ryla("faces", "compare", first, second)
    assert (same.returncode, same.stdout.splitlines()[0][:15]) == (0, "the same person")
    (tmp_path / "x.png").write_text("no picture")
    assert "cannot be read as a picture" in ryla("faces", "compare", tmp_path / "x.png", first).stderr


@pytest.mark.parametrize(
    ("reference", "picture", "code", "words"),
    [
        ([(0.0, 80, False)], [(0.3, 40, False), (0.4, 80, False)], 0, "a face is small"),
        ([(0.0, 80, False)], [(0.9, 80, False)], 1, "not verified"),
        ([(0.0, 80, False)], [], 2, "no face was found in the second picture"),
    ],
)
def test_exit_codes(
    reference: list[Any], picture: list[Any], code: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = scored(reference, picture)
    monkeypatch.setattr("ryla_graphs.faces.compare", lambda *_: score)
    monkeypatch.setattr("ryla_graphs.faces.meter_at", lambda _: None)
    paths = [str(PORTRAITS / "obama.jpg")] * 2
    result = CliRunner().invoke(app, ["faces", "compare", *paths])
    assert result.exit_code == code and words in result.stdout
    facts = json.loads(CliRunner().invoke(app, ["faces", "compare", *paths, "--json"]).stdout)
    assert facts["verified"] == {0: True, 1: False, 2: None}[code]
