"""The report on a newer ComfyUI says what changed, and what of ours that breaks."""

from __future__ import annotations

import gzip
import json
import runpy
import subprocess
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ryla_graphs import Catalog, catalogs
from ryla_graphs.software.releases import RECORDED, RELEASE, Release
from tools import catalog_releases, make_catalogs, take_over
from tools.take_over_rows import of_checkout, own_classes, put_recordings, with_row


@pytest.fixture(autouse=True)
def no_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six hundred official templates take a minute."""
    monkeypatch.setattr(take_over, "_templates", lambda _catalog: ({}, {}))


def newer() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(dict(catalogs.bundled("core").entries())))
    return found


def test_the_same_comfyui_changes_nothing() -> None:
    report = take_over.report_on(catalogs.bundled("core").replace(any_input_file=True))
    assert not report.changes and not report.presets and not report.breaks


def test_what_breaks_is_reported_by_preset() -> None:
    entries = newer()
    guidance = entries["FluxGuidance"]["input"]["required"]
    guidance["strength"] = guidance.pop("guidance")
    del entries["ConditioningAverage"]
    report = take_over.report_on(Catalog(entries, any_input_file=True))
    assert report.renamed == {"FluxGuidance.guidance": "FluxGuidance.strength"}
    assert ("class", "ConditioningAverage") in {(each.what, each.where) for each in report.changes}
    assert report.breaks and "flux-dev" in report.presets and "z-image-turbo" not in report.presets
    text = "\n".join(take_over.markdown(report))
    assert "- `FluxGuidance.guidance`: FluxGuidance.strength" in text
    assert "strength" in report.presets["flux-dev"][0]


def test_lists_of_files_of_a_recording_are_open() -> None:
    entries = newer()
    entries["LoraLoader"]["input"]["required"]["lora_name"] = [[], {}]
    core = take_over.core_of(Catalog({name: _as_recorded(entry) for name, entry in entries.items()}))
    assert next(spec.open for spec in core["LoraLoader"].inputs if spec.name == "lora_name")


def _as_recorded(entry: dict[str, Any]) -> dict[str, Any]:
    return {"output_name": entry["output"], "display_name": "", **entry}


# --- what --write does ---------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A ComfyUI with a history: a release, and a commit after it."""
    folder = tmp_path / "comfyui"
    folder.mkdir()
    _git(folder, "init", "-q")
    _commit(folder, "comfyui_version.py", '__version__ = "0.99.0"\n')
    return folder


def _commit(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    _git(folder, "add", ".")
    _git(folder, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "a change")


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


def _pack(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(content).encode()))


def two_classes() -> dict[str, Any]:
    """As a server lists them."""
    entries = catalogs.bundled("core").subset(("KSampler", "ImageInvert")).entries()
    return {name: _as_recorded(json.loads(json.dumps(entry))) for name, entry in dict(entries).items()}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The recordings before: the pinned ComfyUI, as far as two classes go, and its release."""
    folder = tmp_path / "data"
    recorded = two_classes()
    _pack(folder / "object_info.core.json.gz", recorded)
    _pack(folder / "object_info.packs.json.gz", {})
    _pack(folder / "frontend_types.core.json.gz", {"types": {}})
    _pack(folder / "packs" / "class_to_pack.json.gz", {"classes": {}, "patterns": []})
    listed: dict[str, Any] = {row.commit: {"version": row.version, "classes": [*recorded]} for row in RECORDED.values()}
    listed[next(iter(RECORDED))]["classes"].append("GoneToday")
    _pack(folder / "classes_of_commits.json.gz", listed)
    return folder


def made_up() -> dict[str, Any]:
    """A newer ComfyUI's answer: a class more, and an input that is called otherwise."""
    recorded = two_classes()
    recorded["BrandNew"] = recorded["ImageInvert"]
    sampler = recorded["KSampler"]["input"]["required"]
    sampler["strength"] = sampler.pop("denoise")
    return recorded


def test_a_newer_comfyui_becomes_the_release_and_the_one_before_stays(
    checkout: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = of_checkout(checkout, own_classes(made_up()))
    assert (taken.version, taken.level, taken.classes) == ("0.99.0", "0.99.0", 3)
    put_recordings(data, made_up(), taken, RELEASE)
    monkeypatch.setattr(catalog_releases, "RELEASE", taken)
    monkeypatch.setattr(make_catalogs, "NEWER", {})
    make_catalogs.main([str(data), "--out", str(tmp_path / "out")])
    core = gzip.decompress((tmp_path / "out" / "core.tsv.gz").read_bytes()).decode()
    assert [line.split("\t")[0] for line in core.splitlines()] == ["", "KSampler", "ImageInvert", "BrandNew"]
    assert '"strength"' in core and '"denoise"' not in core
    lines = gzip.decompress((tmp_path / "out" / "releases.tsv.gz").read_bytes()).decode().splitlines()
    assert [line.split("\t")[0] for line in lines] == ["0.99.0", RELEASE.level, "KSampler", "BrandNew"]
    assert '"denoise"' in lines[2] and lines[3] == "BrandNew\t"


def test_the_row_of_a_newer_comfyui_replaces_those_that_have_more(checkout: Path, data: Path, tmp_path: Path) -> None:
    taken = of_checkout(checkout, own_classes(made_up()))
    put_recordings(data, made_up(), taken, RELEASE)
    listed = json.loads(gzip.decompress((data / "classes_of_commits.json.gz").read_bytes()))
    path = take_over.ROOT / "ryla_graphs/software/releases.py"
    rows = [*RECORDED.values()]
    text = with_row(path.read_text(encoding="utf-8"), rows, taken, listed, date(2030, 1, 1))
    (tmp_path / "releases.py").write_text(text, encoding="utf-8")
    module = SimpleNamespace(**runpy.run_path(str(tmp_path / "releases.py")))
    assert module.RELEASE.commit == taken.commit and module.RELEASE.classes_sha256 == taken.classes_sha256
    assert [row.commit for row in module._ROWS] == [*(row.commit for row in rows[1:]), taken.commit]
    assert date.fromisoformat(taken.date) < date.fromisoformat(module.PINS_AS_OF) <= date(2030, 1, 1)
    # A second commit after the same release takes its place.
    _commit(checkout, "nodes.py", "")
    later, latest = (_taken_later(checkout, data, name) for name in ("A", "B"))
    assert later.level == latest.level == "0.99.0+"
    listed = json.loads(gzip.decompress((data / "classes_of_commits.json.gz").read_bytes()))
    again = with_row(text, [taken, later], latest, listed, date(2030, 1, 1))
    assert later.commit not in again and taken.commit in again and latest.commit in again


def _taken_later(checkout: Path, data: Path, name: str) -> Release:
    _commit(checkout, "nodes.py", name)
    object_info = {**made_up(), name: made_up()["BrandNew"], "A": made_up()["BrandNew"]}
    taken = of_checkout(checkout, own_classes(object_info))
    put_recordings(data, object_info, taken, RELEASE)
    return taken


def test_all_that_is_made_again_can_be_run(tmp_path: Path) -> None:
    steps = take_over.steps(tmp_path, tmp_path, "python3", "uv")
    assert steps[0][:2] == ["python3", "tools/record_core_facts.py"] and (take_over.ROOT / steps[0][1]).is_file()
    modules = [step[2] for step in steps[1:]]
    assert modules[:2] == ["tools.make_catalogs", "tools.class_versions"] and modules[-1] == "ryla_graphs"
    assert {"tools.generate_nodes", "tools.pin_requirements", "tools.write_presets_page"} < {*modules}
    assert all(find_spec(module) is not None for module in modules)
    assert not any("uv" in step for step in take_over.steps(tmp_path, tmp_path, "python3", None))
