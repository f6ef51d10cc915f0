"""Older releases of ComfyUI, put together from their differences, are what was recorded."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import Any

import pytest

from ryla_graphs import catalogs
from ryla_graphs.catalog import releases
from ryla_graphs.catalog.parsing import parse_node
from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.problems import NotFound
from ryla_graphs.validation import validate
from tests.conftest import recorded
from tools.catalog_releases import level_of

VERSIONS = catalogs.release_versions()


@cache
def recording(version: str) -> dict[str, Any]:
    by_level = {level_of(path): path for path in recorded("releases").glob("*.json.gz")}
    newest = version == VERSIONS[-1]
    with gzip.open(recorded("object_info.core.json.gz") if newest else by_level[version]) as file:
        content: dict[str, Any] = json.load(file)
    found = content if newest else content["object_info"]
    return {name: entry for name, entry in found.items() if not entry["python_module"].startswith("custom_nodes")}


def test_versions_are_in_order_and_end_with_what_is_bundled() -> None:
    numbers = [[int(part) for part in version.rstrip("+").split(".")] for version in VERSIONS]
    assert numbers == sorted(numbers)
    assert {*releases.entries(VERSIONS[-1])} == {*catalogs.bundled("core")}


def facts(schema: NodeSchema, lists: frozenset[str]) -> list[tuple[str, ...]]:
    """What the server checks, without the choices of lists of files, which a machine fills."""
    return sorted(
        tuple(map(str, (spec.name, spec.type, spec.required, spec.min, spec.max, spec.name in lists or spec.choices)))
        for spec in schema.every_input()
    )


@pytest.mark.parametrize("version", VERSIONS[::4] + VERSIONS[-1:])
def test_a_release_is_what_was_recorded(version: str) -> None:
    theirs = recording(version)
    ours = {name: parse_node(name, entry) for name, entry in releases.entries(version).items()}
    assert ours.keys() == theirs.keys()
    for name, entry in theirs.items():
        schema, parsed = ours[name], parse_node(name, entry)
        assert schema.output_types == parsed.output_types and schema.output_node == parsed.output_node, name
        assert [spec.name for spec in schema.inputs] == [
            name for section in ("required", "optional") for name in entry["input_order"].get(section) or ()
        ], name
        lists = frozenset(spec.name for spec in schema.every_input() if spec.open)
        assert facts(schema, lists) == facts(parsed, lists), name


@pytest.mark.parametrize(
    ("name", "since", "after", "until"),
    [
        ("KSampler", None, None, None),
        ("SeedVR2Conditioning", "0.28.0", "0.26.0", None),
        ("CFGNorm.pre_cfg", "0.24.0", "0.21.1", None),
        ("SaveVideo.format.codec", "0.33.0+", "0.33.0", None),
        ("IdeogramV1", None, None, "0.26.0"),
    ],
)
def test_spans(name: str, since: str | None, after: str | None, until: str | None) -> None:
    class_type, _, input_name = name.partition(".")
    assert catalogs.span_of(class_type, input_name or None) == (since, after, until)


@pytest.mark.parametrize("name", ["NoSuchClass", "KSampler.strange", "FaceDetailer"])
def test_what_no_release_has_has_no_span(name: str) -> None:
    class_type, _, input_name = name.partition(".")
    assert catalogs.span_of(class_type, input_name or None) is None


def test_spans_agree_with_the_recordings() -> None:
    for class_type in recording(VERSIONS[6]):
        there = [version for version in VERSIONS if class_type in recording(version)]
        span = catalogs.span_of(class_type)
        assert span is not None
        assert (span.since or VERSIONS[0]) == there[0] and (span.until or VERSIONS[-1]) == there[-1], class_type


def test_a_graph_is_judged_by_an_older_release() -> None:
    prompt = {
        "1": {"class_type": "SeedVR2Conditioning", "inputs": {}},
        "2": {"class_type": "CFGNorm", "inputs": {"model": ["1", 0], "strength": 1.0, "pre_cfg": True}},
    }
    problems = {problem.code: problem for problem in validate(prompt, catalogs.release("0.21.1"))}
    assert "since ComfyUI 0.28.0" in str(problems["missing_node_type"].hint)
    assert "since ComfyUI 0.24.0" in str(problems["unknown_input"].hint)
    assert "missing_node_type" not in {p.code for p in validate(prompt, catalogs.release("0.28"))}


def test_releases_have_the_packs_too_and_their_names_may_be_short() -> None:
    assert catalogs.release("v0.28").name == "ComfyUI 0.28.0"
    assert "FaceDetailer" in catalogs.release("0.28")
    with pytest.raises(NotFound, match=r"0\.28\.0"):
        catalogs.release("0.28.9")
