"""Content by its hash: whole or not there, read in any part, swept when nothing needs it and it is old."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.problems import NotFound
from ryla_graphs.server.storage import blobs as module
from ryla_graphs.server.storage import recent
from ryla_graphs.server.storage.blobs import GRACE_SECONDS, FileBlobs
from ryla_graphs.server.storage.clock import SlowClock
from ryla_graphs.server.storage.recent import RecentBlobs


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "of" / "mine")


def begun(blobs: FileBlobs) -> list[Path]:
    return list((blobs.path(blobs.put(b"").hash).parents[1] / "begun").iterdir())


def test_what_was_put_is_read_in_any_part(blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 4)
    known = dict[str, int]()

    @given(st.binary(max_size=12), st.integers(0, 14), st.none() | st.integers(0, 14), st.booleans())
    def law(content: bytes, start: int, end: int | None, whole: bool) -> None:
        pieces = content if whole else (content[at : at + 3] for at in range(0, len(content), 3))
        blob = blobs.put(pieces)
        assert (blob.hash, blob.size) == (blake3(content).hexdigest(), len(content))
        assert blob.new is (blob.hash not in known)
        known[blob.hash] = blob.size
        assert blobs.read(blob.hash) == content and blobs.size(blob.hash) == blob.size
        chunks = list(blobs.stream(blob.hash, start, end))
        assert b"".join(chunks) == content[start:end] and all(len(chunk) <= 4 for chunk in chunks)
        assert b"".join(blobs.stream(blob.hash)) == content
        assert blobs.total() == sum(known.values())

    law()
    assert begun(blobs) == []
    digest = blobs.put(b"0123456").hash
    for start in range(9):
        for end in range(9):
            assert b"".join(blobs.stream(digest, start, end)) == b"0123456"[start:end]


def test_what_breaks_off_leaves_nothing(blobs: FileBlobs) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ValueError("cut")

    with pytest.raises(ValueError, match="cut"):
        blobs.put(broken())
    assert begun(blobs) == [] and blobs.total() == 0


def test_what_a_killed_process_began_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "half").write_bytes(b"half")
    assert begun(FileBlobs(tmp_path)) == []


def test_it_is_for_its_owner_alone(blobs: FileBlobs) -> None:
    for pieces in (b"a", iter([b"b"])):
        path = blobs.path(blobs.put(pieces).hash)
        assert path.stat().st_mode & 0o777 == 0o600
    assert (path.parents[1] / "begun").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("digest", ["0" * 64, "0" * 63, "0" * 65, "A" * 64, "../" * 8, "", "0" * 64 + "\n"])
def test_what_is_not_there_is_not_found(blobs: FileBlobs, digest: str) -> None:
    assert blobs.size(digest) is None
    for ask in (blobs.path, blobs.read, lambda digest: list(blobs.stream(digest))):
        with pytest.raises(NotFound):
            ask(digest)


def test_another_thread_may_make_the_same_folder_first(blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, raced = os.replace, list[str]()

    def racing(source: str, target: str) -> None:
        if not raced:
            raced.append(target)
            Path(target).parent.mkdir()
            raise FileNotFoundError
        replace(source, target)

    monkeypatch.setattr(os, "replace", racing)
    assert blobs.read(blobs.put(b"x").hash) == b"x" and raced


def test_a_long_name_is_cut_in_the_answer(blobs: FileBlobs) -> None:
    with pytest.raises(NotFound) as missing:
        blobs.read("x" * 300)
    assert "x" * 80 in str(missing.value) and "x" * 81 not in str(missing.value)


class TestASweep:
    @pytest.fixture
    def now(self, blobs: FileBlobs) -> float:
        now = 1_800_000_000.0
        blobs._clock = SlowClock(lambda: now, lambda: 0.0)
        return now

    def put(self, blobs: FileBlobs, content: bytes, at: float) -> str:
        digest = blobs.put(content).hash
        os.utime(blobs.path(digest), (at, at))
        return digest

    @pytest.mark.parametrize(("age", "stays"), [(GRACE_SECONDS, True), (GRACE_SECONDS + 1, False)])
    def test_what_is_young_stays(self, blobs: FileBlobs, now: float, age: float, stays: bool) -> None:
        digest = self.put(blobs, b"x", now - age)
        blobs.sweep(set())
        assert (blobs.size(digest) is not None) is stays

    def test_another_sweep_may_be_faster(self, blobs: FileBlobs, now: float, monkeypatch: pytest.MonkeyPatch) -> None:
        digest, unlink = self.put(blobs, b"x", 0), Path.unlink

        def racing(path: Path, missing_ok: bool = False) -> None:
            unlink(path)
            unlink(path, missing_ok=missing_ok)

        monkeypatch.setattr(Path, "unlink", racing)
        blobs.sweep(set())
        assert blobs.size(digest) is None

    def test_what_is_needed_stays_and_so_does_what_is_no_content(self, blobs: FileBlobs, now: float) -> None:
        needed, other = (self.put(blobs, content, 0) for content in (b"needed", b"other"))
        foreign = blobs.path(needed).parent / "notes.txt"
        foreign.write_text("mine")
        os.utime(foreign, (0, 0))
        assert blobs.total() == len(b"needed" + b"other")
        blobs.sweep({needed})
        assert blobs.read(needed) == b"needed" and blobs.size(other) is None and foreign.exists()

    @pytest.mark.parametrize("pieces", [b"again", iter([b"ag", b"ain"])], ids=["whole", "in pieces"])
    def test_what_is_put_again_is_young_again(self, blobs: FileBlobs, pieces: bytes | Iterator[bytes]) -> None:
        digest = self.put(blobs, b"again", 0)
        assert not blobs.put(pieces).new
        blobs.sweep(set())
        assert blobs.read(digest) == b"again" and begun(blobs) == []


def test_what_was_just_made_is_in_memory_as_far_as_there_is_room(
    blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "LARGEST", 4)
    monkeypatch.setattr(recent, "TOTAL", 10)
    held = RecentBlobs(blobs)
    digests = [held.put(content).hash for content in (b"1111", b"2222", b"33", b"33", b"55555")]
    assert [held.held(digest) for digest in digests] == [b"1111", b"2222", b"33", b"33", None]
    assert held.put(iter([b"44"])).hash and held.held(blobs.put(b"44").hash) is None
    held.put(b"6")
    assert [held.held(digest) for digest in digests] == [None, b"2222", b"33", b"33", None]
    assert [held.read(digest) for digest in digests] == [b"1111", b"2222", b"33", b"33", b"55555"]
    assert b"".join(held.stream(digests[0], 1, 3)) == b"11" and held.size(digests[4]) == 5
