"""How well a face was kept, below the pictures of a sweep; and the ways to keep one, side by side."""

from __future__ import annotations

import io
import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from ryla_graphs.catalogs import bundled
from ryla_graphs.cli import app
from ryla_graphs.engines import Artifact, connect
from ryla_graphs.faces import FaceScore, Reference
from ryla_graphs.presets.flux_dev import flux_dev
from ryla_graphs.problems import ExecutionFailed, InvalidParameters, InvalidWorkflow
from ryla_graphs.sweeps import METHODS, CellResult, contact_sheet, grid, method_grid, run_grid, save_sweep
from tests.faces.test_faces import PORTRAITS, Fake

SMALL = {"prompt": "a man", "width": 64, "height": 64, "steps": 1}
FACE = (0.0, 80, False)
PICTURES = {"near": (20, 10), "far": (30, 10), "empty": (40, 10)}
FOUND: dict[tuple[int, int], list[tuple[float, float, bool]]] = {
    (300, 200): [FACE],
    PICTURES["near"]: [(0.3, 80, False)],
    PICTURES["far"]: [(0.9, 80, False)],
}


def png(name: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", PICTURES[name]).save(buffer, "PNG")
    return buffer.getvalue()


def shown(given: pytest.MonkeyPatch) -> dict[str, str | None]:
    """What comes to stand below each cell of the sheets that are made from now on."""
    notes: dict[str, str | None] = {}

    def drawn(swept: Any, cells: Any, **more: Any) -> Any:
        notes.update({cell.name: each.note for cell, each in cells.items()})
        return contact_sheet(swept, cells, **more)

    given.setattr("ryla_graphs.sweeps.saving.contact_sheet", drawn)
    return notes


def test_the_scores_stand_below_the_pictures_and_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swept, notes = grid(flux_dev, {"seed": [1, 2, 3, 4, 5]}, SMALL), shown(monkeypatch)

    def made(place: int, *names: str, folder: str = "output") -> CellResult:
        outputs = (Artifact("save", "image", f"{n}.png", folder=folder, read=partial(png, n)) for n in names)
        return CellResult(swept.cells[place], tuple(outputs))

    results = [
        made(0, "near"),
        made(1, "far", "near"),
        made(2, "empty", "near"),
        made(3, "near", folder="temp"),
        CellResult(swept.cells[4], error=ExecutionFailed("no memory")),
    ]
    saved = save_sweep(swept, results, tmp_path, reference=Reference(Image.new("RGB", (300, 200)), Fake(FOUND)))
    assert notes == {
        "seed=1": "same face 99%",
        "seed=2": "another face 1%, lowest of 2, +1 more",
        "seed=3": "no face, lowest of 2, +1 more",
        "seed=4": None,
        "seed=5": None,
    }
    rows = json.loads(saved.file.read_text())["cells"]
    assert [[face["outcome"] for face in row.get("faces", [])] for row in rows[:4]] == [
        ["measured"],
        ["measured", "measured"],
        ["no_face", "measured"],
        [],
    ]
    assert rows[0]["faces"][0]["file"] == rows[0]["files"][0] and rows[0]["faces"][0]["distance"] == 0.3


def test_simulated_pictures_have_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the meter would find a face in them."""
    notes = shown(monkeypatch)
    swept = grid(flux_dev, {"seed": [1]}, SMALL)
    reference = Reference(Image.new("RGB", (300, 200)), Fake({(300, 200): [FACE], (64, 64): [FACE]}))
    save_sweep(swept, run_grid(connect("simulator"), swept), tmp_path, reference=reference)
    assert notes == {"seed=1": "no face"}


def test_every_method_gets_what_it_has_of_the_parameters() -> None:
    made, left_out = method_grid("me.png", {"prompt": "a knight.", "width": 512, "pulid_strength": 0.7})
    assert left_out == {} and [cell.values["method"] for cell in made] == list(METHODS)
    seeds = {cell.parameters["seed"] for cell in made}
    assert len(seeds) == 1 and made.fixed["seed"] in seeds
    by_method = {cell.values["method"]: cell.parameters for cell in made}
    assert {name: given.get("width") for name, given in by_method.items()} == dict.fromkeys(METHODS, 512) | {
        "kontext": None
    }
    assert by_method["pulid"]["pulidStrength"] == 0.7
    assert "a knight. Keep the face" in by_method["kontext"]["prompt"] and by_method["kontext"]["image"] == "me.png"
    assert len(made.compiled) == len(METHODS)  # each compiles with the bundled catalog
    braces = method_grid("me.png", {"prompt": "a {red|blue} {prompt}"}, methods=["kontext", "pulid"]).grid
    assert all("a {red|blue} {prompt}" in cell.parameters["prompt"] for cell in braces)


def test_methods_that_cannot_run_are_left_out() -> None:
    made, left_out = method_grid("me.png", {"prompt": "a knight"}, {"seed": [1, 2]}, catalog=bundled("core"))
    assert {cell.values["method"] for cell in made} == {"kontext"} and len(made) == 2
    assert left_out.keys() == METHODS.keys() - {"kontext"} and "InstantIDModelLoader" in left_out["instantid"]
    with pytest.raises(InvalidWorkflow, match=r"instantid cannot run here: .*InstantIDModelLoader"):
        method_grid("me.png", {"prompt": "x"}, methods=["instantid"], catalog=bundled("core"))


@pytest.mark.parametrize(
    ("given", "methods", "words"),
    [
        ({"prompt": "x", "promt": "y"}, ["instantid"], "no method takes `promt`"),
        ({"prompt": "x", "pulidStrength": 1}, ["instantid"], "no method takes `pulidStrength`"),
        ({"prompt": "x", "referenceImage": "you.png"}, ["pulid"], "is the reference, which is given already"),
        ({"prompt": "x"}, ["instantd"], "'instantd' is no method"),
        ({}, ["instantid"], "prompt"),
        ({"prompt": "x", "width": 5}, ["instantid"], "width"),
    ],
)
def test_what_no_method_takes_is_refused(given: dict[str, Any], methods: list[str], words: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        method_grid("me.png", given, methods=methods)
    assert words in str(caught.value)


def command(monkeypatch: pytest.MonkeyPatch, found: Any, *arguments: str | Path) -> Result:
    """A command in this process, whose meter finds what is given."""
    monkeypatch.setattr("ryla_graphs.faces.meter_at", lambda _: Fake(found))
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


PORTRAIT = PORTRAITS / "obama.jpg"
WHOLE = {(256, 255): [FACE]}
"""The portrait is so large."""


def test_the_command_compares_the_methods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = ("-p", "prompt=a man", "-p", "width=64", "-p", "height=64", "-o", tmp_path)
    done = command(monkeypatch, WHOLE, "faces", "methods", PORTRAIT, *more, "--grid", "seed=1,2")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("no face  (simulated: no model ran)") == 2 * len(METHODS)
    facts = json.loads((tmp_path / "sweep.json").read_text())
    assert facts["simulated"] and facts["left_out"] == {} and len(facts["cells"]) == 2 * len(METHODS)
    assert {face["outcome"] for cell in facts["cells"] for face in cell["faces"]} == {"no_face"}
    Image.open(tmp_path / "contact_sheet.png").verify()


def test_the_command_says_what_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = tmp_path / "object_info.json"
    catalog.write_text(json.dumps(bundled("core").entries()))
    more = ("-p", "prompt=a man", "--catalog", catalog, "-o", tmp_path / "out")
    done = command(monkeypatch, WHOLE, "faces", "methods", PORTRAIT, *more)
    assert done.exit_code == 0, done.output
    lines = [line for line in done.stderr.splitlines() if line.startswith("left out: ")]
    assert len(lines) == len(METHODS) - 1 and "PulidFluxModelLoader" in lines[1]
    assert json.loads((tmp_path / "out" / "sweep.json").read_text())["left_out"].keys() == METHODS.keys() - {"kontext"}


def test_a_reference_without_a_face_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (
        ("faces", "methods", PORTRAIT),
        ("sweep", "flux-dev", "--grid", "seed=1", "--measure-face", PORTRAIT),
    ):
        done = command(monkeypatch, {}, *words, "-p", "prompt=x", "-o", tmp_path / "out")
        assert done.exit_code != 0 and "no face was found in '" in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_a_sweep_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    score = FaceScore("measured", "m", "c", verified=True, match=0.93, distance=0.5)
    person = SimpleNamespace(unseen=score)
    monkeypatch.setattr("ryla_graphs.cli.sweep.reference_of", lambda *_: person)
    more = ("-p", "prompt=x", "-p", "width=64", "-p", "height=64", "-o", tmp_path)
    done = command(monkeypatch, WHOLE, "sweep", "flux-dev", "--grid", "seed=1,2", "--measure-face", PORTRAIT, *more)
    assert done.exit_code == 0 and done.stdout.count("  same face 93%  (simulated") == 2, done.output
