"""One's own pipelines on the command line, by the names that a server has them under."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.pipelines.own import written
from tests.test_cli import good, ryla

FINISHED = """
from ryla_graphs import Workflow
from ryla_graphs.nodes import EmptyImage, SaveImage

workflow = Workflow(SaveImage(images=EmptyImage(width=16, height=16), filename_prefix="finished").named("save"))
_draft = workflow
other_one = Workflow(SaveImage(images=EmptyImage(width=8, height=8)).named("save"))


def fails(word: str) -> Workflow:
    return Workflow(words[word])
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = written(tmp_path_factory.mktemp("own"))
    (folder / "My_finished.py").write_text(FINISHED)
    (folder / "broken.py").write_text("1 / 0\n")
    return str(folder)


def size_of(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as opened:
        return opened.size


def test_they_are_listed_with_their_parameters(own: str) -> None:
    listed = json.loads(good("presets", "--json", RYLA_PIPELINES=own))
    assert {row["name"] for row in listed if row["makes"] == "your own"} == {
        "one-colour", "grey", "small-portrait", "my-finished", "other-one", "fails",
    }  # fmt: skip
    assert "paint" in good("presets", "one-colour", RYLA_PIPELINES=own)


def test_each_command_knows_them(own: str, tmp_path: Path) -> None:
    good("run", "grey", "-p", "width=32", "-o", tmp_path / "a", RYLA_PIPELINES=own)
    (picture,) = (tmp_path / "a").glob("*.png")
    assert size_of(picture) == (32, 64)
    assert json.loads(good("compile", "one-colour", "-p", "paint=9", RYLA_PIPELINES=own))["1"]["inputs"]["color"] == 9
    assert "grey: valid" in good("validate", "grey", "-p", "width=48", RYLA_PIPELINES=own)
    assert json.loads(good("plan", "small-portrait", "--json", RYLA_PIPELINES=own))["estimate"]
    swept = json.loads(
        good("sweep", "grey", "--grid", "width=16,32", "-o", tmp_path / "b", "--json", RYLA_PIPELINES=own)
    )
    assert [cell["parameters"]["width"] for cell in swept["cells"]] == [16, 32]


def test_a_finished_workflow_is_one_without_parameters(own: str, tmp_path: Path) -> None:
    good("run", "my-finished", "-o", tmp_path, RYLA_PIPELINES=own)
    assert size_of(next(tmp_path.glob("finished*.png"))) == (16, 16)
    refused = ryla("compile", "other-one", "-p", "width=3", RYLA_PIPELINES=own)
    assert refused.returncode == 2 and "other-one has no parameter `width`" in refused.stderr
    named = ryla("compile", f"{own}/My_finished.py:other_one", "-p", "width=3")
    assert named.returncode == 2 and "takes no parameters" in named.stderr


def test_what_is_not_there_is_reported_with_what_did_not_load(own: str) -> None:
    missing = ryla("run", "grei", RYLA_PIPELINES=own)
    assert missing.returncode == 2
    assert "there is no preset, pipeline or file 'grei'; did you mean 'grey'" in missing.stderr
    assert "not loaded: " in missing.stderr and "broken.py:1: ZeroDivisionError" in missing.stderr


def test_one_that_fails_is_reported_with_its_line(own: str) -> None:
    failed = ryla("run", "fails", "-p", "word=x", RYLA_PIPELINES=own)
    assert failed.returncode == 1
    assert "pipeline 'fails' failed" in failed.stderr and "My_finished.py:11: NameError" in failed.stderr
    wrong = ryla("validate", "grey", "-p", "width=x", RYLA_PIPELINES=own)
    assert wrong.returncode == 2 and "grey.width" in wrong.stderr


def test_rows_are_run_again_where_the_file_changed(own: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("width\n16\n32\n")
    file = tmp_path / "small.py"
    asked = ("run", "grey", "--rows", tmp_path / "rows.csv", "-o", tmp_path / "out")
    ends = []
    for more in ("", "", "# another\n"):
        file.write_text((Path(own) / "my_own.py").read_text() + more)
        ends.append(good(*asked, RYLA_PIPELINES=str(file)).splitlines()[-1])
    assert [end.split(", ")[2] for end in ends] == ["0 skipped", "2 skipped", "0 skipped"]
