"""The classes of a lock: what its image has, and what a server lacks of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import catalogs, presets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalogs import COMFYUI_VERSION
from ryla_graphs.lockfile import Asked, CustomPack, Difference, Lock, catalog_of, differences, lock_of
from ryla_graphs.lockfile.classes import classes_of_packs
from ryla_graphs.problems import CannotRunHere, InvalidSettings
from ryla_graphs.software.packs import PACKS

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NODES = {
    "Mine": {"input": {"required": {}}, "output": ["IMAGE"], "python_module": "custom_nodes.mine"},
    "Elsewhere": {"input": {"required": {}}, "output": ["IMAGE"], "python_module": "custom_nodes.elsewhere"},
}


def lock_for(*names: str, packs: tuple[str, ...] = (), comfyui: str | None = None) -> Lock:
    graphs = {name: presets.get(name).build(presets.get(name).example).compile() for name in names}
    asked = Asked(targets=names, packs=tuple(CustomPack.parse(text) for text in packs), comfyui=comfyui)
    return lock_of(asked, graphs, NODES)


FACES = lock_for("flux-instantid", "face-swap", packs=(f"me/mine@{COMMIT}",))
LIVE = catalog_of(FACES)


def test_the_packs_are_those_that_the_presets_need() -> None:
    assert [pack.folder for pack in FACES.packs] == [
        "ComfyUI-Impact-Pack",
        "ComfyUI-Impact-Subpack",
        "ComfyUI_InstantID",
        "mine",
    ]
    assert lock_for("flux-dev").packs == ()
    assert FACES.packs[-1].classes == ("Mine",) and FACES.packs[-1].own_requirements


def test_weights_have_their_facts_and_come_once() -> None:
    rows = {(row.folder, row.file): row for row in FACES.weights}
    assert len(rows) == len(FACES.weights)
    assert rows["vae", "ae.safetensors"].bytes == 335304388
    assert all(row.repository or row.url for row in FACES.weights)


def test_the_catalog_has_what_the_image_has() -> None:
    assert {*LIVE} == {*catalogs.bundled("core"), "Mine"} | {name for pack in FACES.packs for name in pack.classes}
    assert "PulidFluxModelLoader" not in LIVE and "Elsewhere" not in LIVE
    assert LIVE["Mine"].module == "custom_nodes.mine"


def test_of_every_other_known_pack_it_says_what_brings_it() -> None:
    absent = catalog_of(lock_for("flux-dev")).replace(any_input_file=True).absent
    for folder, names in classes_of_packs().items():
        for name in names:
            assert f"ryla-graphs lock --pack {PACKS[folder].repository}`" in absent[name]
    assert not absent.keys() & LIVE.keys() or "Mine" in LIVE


def test_an_older_comfyui_has_fewer_classes_and_says_since_when() -> None:
    older = lock_for("flux-dev", comfyui="0.27.0")
    assert older.comfyui.commit is None and older.comfyui.own_requirements
    assert older.comfyui.classes == len(catalog_of(older)) < FACES.comfyui.classes
    assert any("came with ComfyUI 0.33" in text for text in catalog_of(older).absent.values())


def test_what_needs_a_newer_comfyui_is_refused() -> None:
    with pytest.raises(CannotRunHere, match=r"z-image-turbo needs ComfyUI 0\.11\.0, asked is 0\.3\.64"):
        lock_for("z-image-turbo", comfyui="0.3.64")


def test_a_server_built_from_the_lock_has_no_differences() -> None:
    assert differences(FACES, LIVE, version=COMFYUI_VERSION) == []
    assert differences(FACES, LIVE | catalogs.bundled("gguf")) == []


def test_partner_nodes_may_be_off() -> None:
    local = [name for name in LIVE if not LIVE[name].api_node]
    assert len(local) < len(LIVE) and differences(FACES, LIVE.subset(local)) == []


@given(st.sets(st.sampled_from(sorted(name for name in LIVE if not LIVE[name].api_node)), min_size=1, max_size=12))
def test_every_missing_class_is_reported(missing: set[str]) -> None:
    found = differences(FACES, LIVE.subset(set(LIVE) - missing))
    assert {name for difference in found for name in difference.classes} == missing
    reported = [str(difference) for difference in found]
    for pack in FACES.packs:
        gone = missing & {*pack.classes}
        about = [line for line in reported if f"({pack.folder})" in line]
        assert bool(about) == bool(gone)
        assert any("did not load" in line for line in about) == (gone == {*pack.classes})


def test_another_version_and_another_pack_of_the_same_classes_are_reported() -> None:
    other = {name: dict(entry) for name, entry in LIVE.subset(["ApplyInstantID"]).entries().items()}
    other["ApplyInstantID"]["python_module"] = "custom_nodes.Fork"
    reported = differences(FACES, LIVE | Catalog(other), version="0.30.1")
    assert reported[0] == Difference(f"ComfyUI is 0.30.1, the lock has {COMFYUI_VERSION}")
    assert "ApplyInstantID comes from the folder Fork" in reported[1].text and len(reported) == 2
    assert reported[1].classes == ("ApplyInstantID",)


@given(
    st.from_regex(r"[A-Za-z0-9-]{1,9}/[A-Za-z0-9_-][A-Za-z0-9_-]{0,9}", fullmatch=True),
    st.text("0123456789abcdef", min_size=40, max_size=40),
    st.none() | st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,9}", fullmatch=True),
)
def test_a_pack_reads_back_as_it_is_written(repository: str, commit: str, folder: str | None) -> None:
    pack = CustomPack(repository=repository, commit=commit, folder=folder or repository.split("/")[1])
    assert CustomPack.parse(str(pack)) == pack
    assert CustomPack.parse(f"https://github.com/{pack}") == pack


@pytest.mark.parametrize("text", ["me/mine", "me/mine@main", "me/mine@0123abc", f"me/mine@{COMMIT.upper()}"])
def test_a_pack_needs_a_full_commit(text: str) -> None:
    with pytest.raises(InvalidSettings, match=r"git ls-remote https://github\.com/me/mine HEAD"):
        CustomPack.parse(text)


@pytest.mark.parametrize("text", ["mine", "../x@" + COMMIT, f"me/mine@{COMMIT}:../up", "me/mi ne", "me/mine@a b:c d"])
def test_what_is_no_repository_is_refused(text: str) -> None:
    with pytest.raises(InvalidSettings, match="--pack"):
        CustomPack.parse(text)


def test_a_pinned_pack_needs_no_commit() -> None:
    pack = CustomPack.parse("lldacing/comfyui_pulid_flux_ll")
    assert pack.commit == PACKS["ComfyUI_PuLID_Flux_ll"].commit and pack.folder == "ComfyUI_PuLID_Flux_ll"
    (locked,) = lock_for("flux-dev", packs=("lldacing/ComfyUI_PuLID_Flux_ll",)).packs
    assert locked.fixes and locked.requirements and "PulidFluxModelLoader" in locked.classes
    (moved,) = lock_for("flux-dev", packs=(f"lldacing/ComfyUI_PuLID_Flux_ll@{COMMIT}",)).packs
    assert not moved.fixes and moved.own_requirements and moved.classes == locked.classes
