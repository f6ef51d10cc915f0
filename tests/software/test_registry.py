"""Packs by their ids in the Comfy Registry."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ryla_graphs.lockfile.request import CustomPack
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.software.packs import PACKS, pack_of
from ryla_graphs.software.registry import REGISTERED, Registered, id_of, registered
from tests.conftest import recorded

COMMIT = "1" * 40


def test_every_pinned_pack_has_an_id() -> None:
    for pack in PACKS.values():
        assert pack.registry_id is not None, pack.repository
        assert CustomPack.parse(pack.registry_id).commit == pack.commit


@pytest.mark.parametrize("row", REGISTERED.values(), ids=lambda row: row.id)
def test_an_id_in_any_case_names_its_repository(row: Registered) -> None:
    named = row.id.swapcase()
    asked = CustomPack.parse(f"{named}@{COMMIT}:elsewhere")
    assert (asked.repository, asked.commit, asked.folder) == (row.repository, COMMIT, "elsewhere")
    known = pack_of(row.repository)
    if known is None:
        assert row.version is None
        with pytest.raises(InvalidSettings, match="it has not a full commit"):
            CustomPack.parse(named)
    else:
        assert CustomPack.parse(named) == CustomPack.parse(row.repository)
        assert row.version is None or CustomPack.parse(f"{named}@{row.version}").commit == known.commit
    assert id_of(row.repository) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("comfyui-impact-subpack@1.0.0", "known here only of its version 1.3.4: write ltdrdata/.*git ls-remote --tags"),
        ("comfyui-nunchaku@2:n", "of none of its versions: write nunchaku-tech/ComfyUI-nunchaku@COMMIT:n"),
        ("comfyui-kjnode", "write OWNER/REPO@COMMIT.*did you mean comfyui-kjnodes"),
        ("no-such-thing-at-all", r"write OWNER/REPO@COMMIT, or ./FOLDER for a folder of your own$"),
        ("", "no pack is known here"),
    ],
)
def test_what_names_no_pack_says_what_to_give_instead(text: str, expected: str) -> None:
    with pytest.raises(InvalidSettings, match=expected):
        CustomPack.parse(text)


def test_saved_graphs_agree_with_the_ids() -> None:
    """What the recorded editor files call a node's pack, beside its repository."""
    with gzip.open(recorded("pairs.new.dev.jsonl.gz")) as file:
        named = [pair for line in file if b"aux_id" in line for pair in named_in(json.loads(line)["ui"])]
    assert len(set(named)) > 5
    for name, repository in named:
        row = registered(name)
        assert row is not None and row.repository.casefold() == repository.casefold(), name


def named_in(value: Any) -> Iterator[tuple[str, str]]:
    """The ids and repositories that the nodes in a part of an editor file name."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from named_in(inner)
    match value:
        case {"cnr_id": str(name), "aux_id": str(repository)} if re.fullmatch("[^/]+/[^/]+", repository):
            yield name, repository
