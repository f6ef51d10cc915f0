"""Lock files: written and read back, damaged, and of a newer format."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ryla_graphs.lockfile import Asked, CustomPack, Lock, lock_of
from ryla_graphs.lockfile.lock import (
    LockedComfyUI,
    LockedFix,
    LockedGraph,
    LockedPack,
    LockedWeight,
    digest_of,
)
from ryla_graphs.problems import InvalidDocument, SourceUnreachable

LETTERS = "abyzABYZ0189-"
names = st.builds(str.__add__, st.sampled_from(LETTERS + "_"), st.text(LETTERS + "_.", max_size=9))
repositories = st.builds("{}/{}".format, st.text(LETTERS, min_size=1, max_size=9), names)
commits = st.binary(min_size=20, max_size=20).map(bytes.hex)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
versions = st.lists(st.integers(0, 999).map(str), min_size=2, max_size=3).map(".".join)
distributions = st.builds(str.__add__, st.sampled_from("az09"), st.text("az09-", max_size=9))
pins = st.lists(st.builds("{}=={}".format, distributions, versions), max_size=5).map(tuple)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
debian = st.lists(st.sampled_from(["git", "ffmpeg", "libglib2.0-0"])).map(tuple)
entries = st.dictionaries(texts, st.fixed_dictionaries({"input": st.just({}), "python_module": texts}), max_size=3)


def some(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=3).map(tuple)


weights = st.builds(LockedWeight, file=texts, folder=texts, sha256=st.none() | hashes, bytes=st.none() | st.integers(0))
fixes = st.builds(LockedFix, file=names, find=texts, replace=texts, why=texts)
packs = st.builds(
    LockedPack,
    folder=names,
    repository=repositories,
    commit=commits,
    requirements=pins,
    own_requirements=st.booleans(),
    system=debian,
    own_folders=some(names),
    fixes=some(fixes),
    classes=some(texts),
)
comfyuis = st.builds(
    LockedComfyUI,
    version=versions,
    repository=repositories,
    commit=st.none() | commits,
    requirements=pins,
    classes_sha256=hashes,
)
asked = st.builds(
    Asked,
    targets=some(texts),
    packs=some(st.builds(CustomPack, repository=repositories, commit=commits, folder=names)),
    comfyui=st.none() | versions,
)


def locked(nodes: dict[str, Any], **facts: Any) -> Lock:
    return Lock(nodes=nodes, nodes_sha256=digest_of(nodes), **facts)


locks = st.builds(
    locked,
    ryla_graphs=versions,
    asked=asked,
    python=versions,
    comfyui=comfyuis,
    packs=some(packs),
    requirements=pins,
    presets=some(texts),
    graphs=some(st.builds(LockedGraph, name=texts, sha256=hashes)),
    weights=some(weights),
    nodes=entries,
)


@given(locks)
def test_loads_undoes_dumps(lock: Lock) -> None:
    text = lock.dumps()
    again = Lock.loads(text, nodes=lock.nodes)
    assert again == lock and again.dumps() == text


@given(locks, locks)
def test_other_locks_have_other_texts(one: Lock, other: Lock) -> None:
    assume(one != other)
    assert one.dumps() != other.dumps()


def test_read_undoes_write(tmp_path: Path) -> None:
    @given(locks)
    def law(lock: Lock) -> None:
        lock.write(tmp_path / "ryla.lock")
        again = Lock.read(tmp_path / "ryla.lock")
        assert again == lock and again.path == tmp_path / "ryla.lock"
        assert (tmp_path / "ryla.lock.nodes.json").exists() == bool(lock.nodes)

    law()


@given(locks, st.data())
def test_whatever_is_cut_off_or_put_in_is_reported_or_read(lock: Lock, data: st.DataObject) -> None:
    """A damaged text gives an `InvalidDocument`, or is a lock still; never another error."""
    text = lock.dumps()
    at = data.draw(st.integers(0, len(text)))
    damaged = data.draw(st.sampled_from([text[:at], text[:at] + '"x"' + text[at:], text[:at] + text[at + 1 :]]))
    try:
        read = Lock.loads(damaged, nodes=lock.nodes)
    except InvalidDocument as error:
        message = str(error)
    else:
        message = f"{type(read).__name__} of ryla.lock"
    assert "ryla.lock" in message


def plain() -> Lock:
    return lock_of(Asked(targets=("flux-dev",)), {})


def changed(**changes: Any) -> str:
    return json.dumps(json.loads(plain().dumps()) | changes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no lock file, which is JSON: line 1"),
        ("[]", "it holds list, expected an object"),
        ('{"lock": 1}', "no lock file: ryla_graphs"),
        ("[" * 100_000, "no lock file"),
        (changed(lock=0), "lock: Input should be 1"),
        (changed(lock=2), "has format 2, this ryla_graphs reads up to 1: upgrade ryla-graphs"),
        (changed(python=3.12), "python"),
        (changed(colour="red"), "colour"),
        (changed(requirements=["torch"]), "requirements.0"),
        (changed(requirements=["torch==1; rm -rf /"]), "requirements.0"),
        (changed(nodes_sha256="0" * 64), "'ryla.lock.nodes.json' is not the file that 'ryla.lock' was written with"),
    ],
)
def test_a_damaged_lock_says_where_and_what_to_do(text: str, message: str) -> None:
    with pytest.raises(InvalidDocument, match="ryla-graphs lock") as caught:
        Lock.loads(text)
    assert message in str(caught.value)


def test_a_lock_that_is_not_there_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match="`ryla-graphs lock` writes one"):
        Lock.read(tmp_path / "ryla.lock")


def test_the_file_of_classes_belongs_to_its_lock(tmp_path: Path) -> None:
    nodes: dict[str, Any] = {"Mine": {"input": {}, "output": []}}
    replace(plain(), nodes=nodes, nodes_sha256=digest_of(nodes)).write(tmp_path / "ryla.lock")
    beside = tmp_path / "ryla.lock.nodes.json"
    beside.write_text(beside.read_text().replace("Mine", "Other"))
    with pytest.raises(InvalidDocument, match="is not the file"):
        Lock.read(tmp_path / "ryla.lock")
    beside.unlink()
    with pytest.raises(SourceUnreachable, match="it belongs to the lock"):
        Lock.read(tmp_path / "ryla.lock")


def test_the_text_says_how_it_is_made_again() -> None:
    assert (
        json.loads(plain().dumps())["generated"] == "by `ryla-graphs lock flux-dev`, which writes it again; do not edit"
    )
