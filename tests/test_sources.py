"""Catalogs and graphs come from files, gzipped or not, from standard input, and from servers."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ryla_graphs import catalogs, open_catalog
from ryla_graphs.problems import InvalidDocument, SourceUnreachable
from ryla_graphs.sources import parse_json, read_bytes

FACTS = Path(__file__).parent / "data" / "object_info.json"


def test_a_file_plain_or_gzipped_is_the_same_catalog(tmp_path: Path) -> None:
    packed = tmp_path / "object_info.json.gz"
    packed.write_bytes(gzip.compress(FACTS.read_bytes()))
    plain, unpacked = open_catalog(str(FACTS)), open_catalog(str(packed))
    assert list(plain) == list(unpacked)
    assert [plain[name] for name in plain] == [unpacked[name] for name in unpacked]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(gzip.compress(b"[1]"))))
    assert read_bytes("-") == b"[1]"


def test_bundled_catalogs_by_name() -> None:
    assert open_catalog() is open_catalog("bundled")
    for name in catalogs.NAMES:
        assert set(open_catalog(name)) <= set(open_catalog())
    assert "KSampler" in open_catalog("core") and "ApplyInstantID" not in open_catalog("core")
    assert "ApplyInstantID" in open_catalog("instantid")


@pytest.mark.parametrize("source", ["nope.json", "/", "http://127.0.0.1:9", "http://127.0.0.1:9/object_info"])
def test_what_cannot_be_reached(source: str) -> None:
    with pytest.raises(SourceUnreachable):
        open_catalog(source)


BROKEN = {
    "no JSON": (b"{", "line 1"),
    "no text": (b"\xff\xfe\xfa", "not JSON"),
    "a list": (b"[]", "object"),
    "cut gzip": (gzip.compress(b"{}" * 100)[:20], "broken gzip"),
    "a class that is no object": (b'{"KSampler": 3}', "KSampler"),
    "nested beyond reason": (b"[" * 100_000, "not JSON"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_catalog(case: str, tmp_path: Path) -> None:
    content, expected = BROKEN[case]
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(InvalidDocument, match=expected):
        open_catalog(str(path))


def test_parsed_json_is_what_json_says() -> None:
    assert parse_json(json.dumps({"a": [1, None]}), "x") == {"a": [1, None]}
