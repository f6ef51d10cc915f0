"""Recorded commits of ComfyUI: the pinned one has the classes of the bundled catalog, and locks promise no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ryla_graphs import catalogs, presets
from ryla_graphs.lockfile import Asked, Lock, catalog_of, check_classes, lock_of
from ryla_graphs.lockfile.classes import SHOWN, core_classes, names_digest
from ryla_graphs.problems import CannotRunHere
from ryla_graphs.software.packs import folder_of
from ryla_graphs.software.pins import PINS
from ryla_graphs.software.releases import RECORDED, RELEASE
from ryla_graphs.software.versions import CLASSES_SINCE, number
from tests.conftest import ROOT, recorded_json

PINNED_COMMIT = "783545f689a0af730065994b46b382ae24844c99"
_OLDER = [row for row in RECORDED.values() if row is not RELEASE]
OLD = _OLDER[-1] if _OLDER else None
"""The recorded release before, which has fewer classes; none where ComfyUI has dropped a class since."""
with_an_older = pytest.mark.skipif(OLD is None, reason="no older commit is recorded whose classes are all still there")
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
        if own is None and sum(row["version"] == other["version"] for other in listed.values()) > 1:
            continue  # it may be a commit after that release that has no row left
        if own is not None:
            assert (own.version, own.classes_sha256) == (row["version"], names_digest(row["classes"]))
        assert set(core_classes(own.level if own else row["version"])) == OWN & set(row["classes"]), row["version"]


@pytest.mark.skipif(RELEASE.commit != PINNED_COMMIT, reason="what another release asks for is not written down here")
def test_the_pins_are_what_the_recorded_server_ran() -> None:
    assert {"comfyui-frontend-package==1.49.6", "comfyui-workflow-templates==0.11.44"} < {*PINS["comfyui"]}
    assert "comfyui-embedded-docs==0.5.10" in PINS["comfyui"]


def test_a_version_after_a_release_lies_between_it_and_the_next() -> None:
    assert number("0.33.0") < number("0.33.0+") < number("0.33.1") < number("0.34.0")
    assert CLASSES_SINCE["Trellis2Conditioning"] == "0.33.0+"


@with_an_older
def test_a_lock_of_the_release_before_promises_its_classes_only() -> None:
    assert OLD is not None
    lock = lock_for(OLD.commit)
    assert lock.comfyui.classes == OLD.classes and lock.comfyui.own_requirements
    catalog = catalog_of(lock)
    newer = sorted(OWN - {*catalog})
    assert len(newer) == len(OWN) - OLD.classes > 0 and "KSampler" in catalog
    assert f"came {'after' if number(RELEASE.version) == number(OLD.version) else 'with'}" in catalog.absent[newer[0]]


@with_an_older
def test_a_lock_whose_commit_lacks_its_classes_is_refused() -> None:
    """As `ryla.lock` was: 886 classes of the catalog, at the commit of the release, which has 848."""
    assert OLD is not None
    lock = lock_for(None)
    stale = replace(lock, comfyui=replace(lock.comfyui, commit=OLD.commit))
    with pytest.raises(CannotRunHere) as caught:
        catalog_of(stale)
    (problem,) = caught.value.problems
    missing = sorted(OWN - {*core_classes(OLD.level)})
    assert f"it lacks {', '.join(missing[:SHOWN])}" in problem.message
    assert str(OLD.classes) in problem.message
    assert len(missing) <= SHOWN or f"and {len(missing) - SHOWN} more" in problem.message
    assert problem.hint is not None and f"`ryla-graphs lock` pins commit {RELEASE.commit}" in problem.hint


def test_an_unrecorded_commit_is_refused() -> None:
    with pytest.raises(CannotRunHere, match="are not recorded") as caught:
        lock_for("0123456789abcdef0123456789abcdef01234567")
    assert RELEASE.commit in str(caught.value.problems[0].hint)


def test_a_catalog_that_is_not_of_the_pinned_commit_makes_no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(CLASSES_SINCE, dict)
    monkeypatch.setitem(CLASSES_SINCE, "KSampler", "0.99.0")
    with pytest.raises(
        CannotRunHere, match=f"the lock promises {len(OWN) - 1} node classes, and ComfyUI has {len(OWN)}"
    ):
        lock_for(None)


def test_a_recorded_version_is_locked_by_its_commit() -> None:
    latest = {row.version: row.commit for row in RECORDED.values()}
    for version, commit in latest.items():
        assert lock_for(version).comfyui.commit == commit
    assert lock_for(RELEASE.version).comfyui == lock_for(None).comfyui
    older = lock_for("0.31.0").comfyui
    assert older.commit is None
    check_classes(older)
