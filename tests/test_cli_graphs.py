"""What `convert` and `diff` say of a graph beside its nodes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.editor.sheets import Sheet
from tests.test_cli import ryla


@pytest.fixture
def dated(tmp_path: Path) -> Path:
    sheet = Sheet()
    sheet.add("EmptyImage", [64, 64, 1, 0])
    sheet.add("SaveImage", ["day/%date:yyyy-MM-dd%/x"], {"images": (1, 0)})
    path = tmp_path / "dated.json"
    path.write_text(json.dumps(sheet.document()))
    return path


def test_a_date_that_python_source_fixes_is_reported(dated: Path) -> None:
    result = ryla("convert", dated, "--to", "python")
    assert result.returncode == 0
    assert "%date" not in result.stdout
    assert "2 the date in 'day/%date:yyyy-MM-dd%/x'" in result.stderr
    assert "%year%-%month%-%day%" in result.stderr
    (left,) = json.loads(ryla("convert", dated, "--to", "python", "--json").stdout)["left_out"]
    assert left["node"] == "2"


def test_a_file_without_dates_reports_none(tmp_path: Path) -> None:
    sheet = Sheet()
    sheet.add("EmptyImage", [64, 64, 1, 0])
    sheet.add("SaveImage", ["%width%/x"], {"images": (1, 0)})
    path = tmp_path / "plain.json"
    path.write_text(json.dumps(sheet.document()))
    assert "the date" not in ryla("convert", path, "--to", "python").stderr


def test_diff_gives_its_parameters_to_both_presets() -> None:
    same = ryla("diff", "flux-dev", "flux-dev", "-p", "prompt=a fox", "-p", "seed=7")
    assert (same.returncode, same.stdout) == (0, "the same\n")
    apart = json.loads(ryla("diff", "flux-dev", "flux-schnell", "-p", "seed=7", "-p", "prompt=a fox", "--json").stdout)
    assert not [change for change in apart["changes"] if change["input"] in ("seed", "text")]


def test_diff_leaves_a_file_as_it_is(dated: Path, tmp_path: Path) -> None:
    compiled = tmp_path / "compiled.json"
    compiled.write_text(ryla("compile", "flux-dev", "-p", "prompt=a fox", "-p", "seed=7").stdout)
    assert ryla("diff", compiled, "flux-dev", "-p", "prompt=a fox", "-p", "seed=7").returncode == 0
    refused = ryla("diff", dated, compiled, "-p", "seed=7")
    assert refused.returncode == 2
    assert "both graphs are files" in refused.stderr
