"""The prompts that the real editor made of thousands of files: ours are the same.

A sample by default; every row where RYLA_ALL_PAIRS is set. `python -m benchmarks.editor_pairs` prints the shares.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

import pytest

from benchmarks.editor_pairs import AS_THE_EDITOR, BY_THE_FILE, EXCEPTIONS, FILES, Row, differences, rows_of, server_of
from benchmarks.editor_pairs import recorded_catalogs as catalogs_in
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalogs import bundled
from ryla_graphs.formats.editor.convert import Choices, convert
from ryla_graphs.formats.editor.reading import parse
from tests.conftest import SHARED, recorded

EVERY = 1 if os.environ.get("RYLA_ALL_PAIRS") else 7
"""How many rows are stepped over."""

NOT_BUNDLED = {
    **dict.fromkeys(
        (
            "tpl11__template-multistyle-magazine-cover-nanobananapro__68158",
            "tpl97__template-multistyle-magazine-cover-nanobananapro__0c7fc",
            "quinteroac__templates-fashion_shoot_prompt_doodle__34c3f",
        ),
        "a default of many words",
    ),
    **dict.fromkeys(
        (
            "mut-truncate__api_tripo_image_to_model__38c9d__dac58",
            "mut-dict_values__pipeline_image_upscale__944f5__2e5cb",
        ),
        "the first picture in a server's folder",
    ),
}
"""Rows that need what the bundled catalog leaves out."""


NEVER_LEFT_OUT = EXCEPTIONS.keys() | NOT_BUNDLED.keys()


@cache
def rows() -> list[Row]:
    for name in FILES:
        recorded(name)
    return [row for number, row in enumerate(rows_of(SHARED)) if number % EVERY == 0 or row["name"] in NEVER_LEFT_OUT]


@cache
def servers() -> Mapping[str, Catalog]:
    for name in ("object_info.core.json.gz", "object_info.packs.json.gz"):
        recorded(name)
    return catalogs_in(SHARED)


def unlike(row: Row, catalog: Catalog, choices: Choices) -> list[str]:
    prompt = convert(parse(row["ui"]), catalog, choices).prompt
    return list(differences(prompt, row, known_only=choices.named))


@pytest.mark.parametrize("tier", ["core", "packs", "odd", "unknown-nodes"])
def test_prompts_are_those_of_the_real_editor(tier: str) -> None:
    chosen = [row for row in rows() if row["tier"] == tier and row["name"] not in EXCEPTIONS]
    assert len(chosen) >= {"core": 190, "packs": 10, "odd": 1, "unknown-nodes": 30}[tier]
    for row in chosen:
        assert unlike(row, servers()[server_of(row)], AS_THE_EDITOR) == [], row["name"]


def test_the_bundled_catalog_is_enough() -> None:
    chosen = [row for row in rows() if row["tier"] in ("core", "packs")]
    for row in chosen:
        if row["name"] not in EXCEPTIONS and row["name"] not in NOT_BUNDLED:
            assert unlike(row, bundled(), BY_THE_FILE) == [], row["name"]


def test_an_exception_that_is_none_any_more_is_taken_out_of_the_list() -> None:
    excepted = [row for row in rows() if row["name"] in EXCEPTIONS]
    assert {row["name"] for row in excepted} == set(EXCEPTIONS)
    for row in excepted:
        assert unlike(row, servers()[server_of(row)], AS_THE_EDITOR), row["name"]
    for row in rows():
        assert row["name"] not in NOT_BUNDLED or unlike(row, bundled(), BY_THE_FILE), row["name"]
