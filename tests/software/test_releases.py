"""Recorded commits of ComfyUI: the pinned one has the classes of the bundled catalog, and locks promise no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ryla_graphs import catalogs, presets
from ryla_graphs.lockfile import Asked, Lock, catalog_of, check_classes, lock_of
from ryla_graphs.lockfile.classes import core_classes, names_digest
from ryla_graphs.problems import CannotRunHere
from ryla_graphs.software.packs import folder_of
from ryla_graphs.software.pins import PINS
from ryla_graphs.software.releases import RECORDED, RELEASE
from ryla_graphs.software.versions import CLASSES_SINCE, number
from tests.conftest import ROOT, recorded_json

OLD = "2f35f4a08176d993cded35dac3332be4f7287f41"
"""The release 0.33.0 itself, which has 38 classes less than the bundled catalog."""
OWN = {name for name, schema in catalogs.bundled("core").items() if folder_of(schema) is None}


def lock_for(comfyui: str | None, *names: str) -> Lock:
    graphs = {name: presets.get(name).build(presets.get(name).example).compile() for name in names or ("flux-dev",)}
    return lock_of(Asked(targets=(*graphs,), comfyui=comfyui), graphs)


def test_the_bundled_catalog_is_that_of_the_pinned_commit() -> None:
    assert (RELEASE.classes, RELEASE.classes_sha256) == (len(OWN), names_digest(OWN))
    assert RELEASE.version == catalogs.COMFYUI_VERSION
    assert Lock.read(ROOT / "ryla.lock").comfyui.commit == RELEASE.commit


@pytest.mark.parametrize("commit", RECORDED)
def test_every_recorded_commit_has_the_classes_that_its_level_says(commit: str) -> None:
    row = RECORDED[commit]
    assert (row.classes, row.classes_sha256) == (len(core_classes(row.level)), names_digest(core_classes(row.level)))
    assert row.level.removesuffix("+") == row.version


def test_what_servers_listed_is_what_the_rows_and_the_table_say() -> None:
    listed: dict[str, Any] = recorded_json("classes_of_commits.json.gz")
    assert set(listed[RELEASE.commit]["classes"]) == OWN
    for commit, row in listed.items():
        own = RECORDED.get(commit)
        if own is not None:
            assert (own.version, own.classes_sha256) == (row["version"], names_digest(row["classes"]))
        assert set(core_classes(own.level if own else row["version"])) == OWN & set(row["classes"]), row["version"]


def test_the_pins_are_what_the_recorded_server_ran() -> None:
    assert {"comfyui-frontend-package==1.49.6", "comfyui-workflow-templates==0.11.44"} < {*PINS["comfyui"]}
    assert "comfyui-embedded-docs==0.5.10" in PINS["comfyui"]


def test_a_version_after_a_release_lies_between_it_and_the_next() -> None:
    assert number("0.33.0") < number("0.33.0+") < number("0.33.1") < number("0.34.0")
    assert CLASSES_SINCE["Trellis2Conditioning"] == RELEASE.level


def test_a_lock_of_the_release_before_promises_its_classes_only() -> None:
    lock = lock_for(OLD)
    assert lock.comfyui.classes == 848 and lock.comfyui.own_requirements
    catalog = catalog_of(lock)
    assert "Trellis2Conditioning" not in catalog and "KSampler" in catalog
    assert "came after ComfyUI 0.33.0" in catalog.absent["Trellis2Conditioning"]


def test_a_lock_whose_commit_lacks_its_classes_is_refused() -> None:
    """As `ryla.lock` was: 886 classes of the catalog, at the commit of the release, which has 848."""
    lock = lock_for(None)
    stale = replace(lock, comfyui=replace(lock.comfyui, commit=OLD))
    with pytest.raises(CannotRunHere) as caught:
        catalog_of(stale)
    (problem,) = caught.value.problems
    assert "it lacks ApplyTextureToMesh, BakeAmbientOcclusion, " in problem.message
    assert "and 30 more" in problem.message and "848" in problem.message
    assert problem.hint is not None and f"`ryla-graphs lock` pins commit {RELEASE.commit}" in problem.hint


def test_a_commit_that_nobody_recorded_is_refused() -> None:
    with pytest.raises(CannotRunHere, match="nobody has recorded which node classes") as caught:
        lock_for("0123456789abcdef0123456789abcdef01234567")
    assert RELEASE.commit in str(caught.value.problems[0].hint)


def test_a_catalog_that_is_not_of_the_pinned_commit_makes_no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(CLASSES_SINCE, dict)
    monkeypatch.setitem(CLASSES_SINCE, "KSampler", "0.99.0")
    with pytest.raises(CannotRunHere, match="the lock promises 885 node classes, and ComfyUI has 886"):
        lock_for(None)


def test_a_recorded_version_is_locked_by_its_commit() -> None:
    assert lock_for("0.32.0").comfyui.commit == "c2bcbecd82ec5ae66594340b395c24ef0217b238"
    assert lock_for("0.33.0").comfyui == lock_for(None).comfyui
    older = lock_for("0.31.0").comfyui
    assert older.commit is None
    check_classes(older)
