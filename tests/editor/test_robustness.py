"""Hostile files: mangled, huge, or made to hurt. A finding or a clear error, in bounded time."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.editor_pairs import FILES, rows_of
from ryla_graphs.catalogs import bundled
from ryla_graphs.formats.editor.convert import Choices, convert, convert_line
from ryla_graphs.formats.editor.document import MOST
from ryla_graphs.formats.editor.reading import parse
from ryla_graphs.problems import InvalidDocument, RylaError
from tests.conftest import SHARED, recorded
from tests.editor.sheets import PART, Sheet, codes

SMALL = 30_000
"""How many characters a file has at most that is mangled."""

ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 1.5, 2**70, 1e308, float("nan"), float("inf"), -10, -20),
    *("", "*", "a", "1", "-1", "x" * 300, "%a.b%", "{a|b", "KSampler", "SaveImage", "Reroute", "PrimitiveNode"),
    *([], {}, [1], [None], [[1, 2, 3, 4, 5, 6]], ["-1", "x"], [["1", "x"]], {"a": 1}, {"name": ["x"]}, {"nodes": [{}]}),
]
KEYS = ["link", "links", "id", "type", "mode", "title", "widget", "label", "name", "proxyWidgets", "linkIds", "0"]


@cache
def originals() -> list[str]:
    """Recorded files of each tier, and some with groups, promoted widgets and setters."""
    for name in FILES:
        recorded(name)
    found: dict[str, list[str]] = {}
    for row in rows_of(SHARED):
        text = json.dumps(row["ui"])
        if len(text) <= SMALL:
            marks = [mark for mark in ('"type": "workflow', '"proxyWidgets": [[', '"SetNode"') if mark in text]
            found.setdefault(marks[0] if marks else row["tier"], []).append(text)
    return [text for texts in found.values() for text in texts[:: max(1, len(texts) // 20)]]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key of a JSON value."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


def mangle(document: Any, random: Random) -> None:
    """Change one thing of a file."""
    found = list(places(document))
    if not found:
        return
    holder, key = random.choice(found)
    other, at = random.choice(found)
    change = random.randrange(6)
    if change == 0:
        del holder[key]
    elif change == 1:
        holder[key] = copy.deepcopy(other[at])
    elif change == 2 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(random.choice([holder[key], *ODD])))
    elif change == 2:
        holder[random.choice(KEYS)] = copy.deepcopy(random.choice(ODD))
    else:
        holder[key] = copy.deepcopy(random.choice(ODD))


@given(st.data(), st.randoms(use_true_random=False), st.integers(1, 6))
def test_mangled_files_are_converted_or_refused(data: st.DataObject, random: Random, changes: int) -> None:
    document = json.loads(data.draw(st.sampled_from(originals())))
    for _ in range(changes):
        mangle(document, random)
    line = convert_line({"id": 1, "ui": document}, bundled())
    json.dumps(line, allow_nan=False)
    assert ("error" in line) != ("api" in line)
    for node in line.get("api", {}).values():
        for value in node["inputs"].values():
            assert not isinstance(value, list) or value[0] in line["api"]
    with suppress(RylaError):
        convert(parse(document), bundled("core"), Choices(named=False))


def chain(count: int) -> dict[str, Any]:
    """A latent, reroutes one behind the other, and a decoder."""
    sheet = Sheet()
    latent = {"name": "LATENT", "type": "LATENT", "links": [1]}
    sheet.nodes = [{"id": 0, "type": "EmptyLatentImage", "outputs": [latent], "widgets_values": [8, 8, 1]}]
    for number in range(1, count):
        slots = {"inputs": [{"name": "", "type": "*", "link": number}], "outputs": [{**latent, "links": [number + 1]}]}
        sheet.nodes.append({"id": number, "type": "Reroute", **slots})
    sheet.nodes.append(
        {"id": count, "type": "VAEDecode", "inputs": [{"name": "samples", "type": "LATENT", "link": count}]}
    )
    sheet.links = [[number + 1, number, 0, number + 1, 0, "LATENT"] for number in range(count)]
    return sheet.document()


def fan(count: int) -> dict[str, Any]:
    """A primitive that feeds a widget of each of many nodes inside of a subgraph."""
    part = Sheet(PART)
    part.add("PrimitiveNode", [3, "fixed"])
    links = list(range(count))
    part.nodes[0]["outputs"] = [{"name": "INT", "type": "INT", "links": links}]
    part.links = [[number, 1, 0, number + 2, 0, "INT"] for number in links]
    slot = {"name": "width", "type": "INT", "widget": {"name": "width"}}
    part.nodes += [
        {
            "id": number + 2,
            "type": "EmptyLatentImage",
            "inputs": [{**slot, "link": number}],
            "widgets_values": [8, 8, 1],
        }
        for number in links
    ]
    root = Sheet()
    root.add(PART, number=count + 9)
    return root.document(part)


def instances(count: int) -> dict[str, Any]:
    """Many instances of one subgraph, each with a value of its own that an older file lists."""
    part = Sheet(PART)
    part.add("EmptyLatentImage", [8, 8, 1])
    root = Sheet()
    root.nodes = [
        {"id": number + 2, "type": PART, "widgets_values": [number], "properties": {"proxyWidgets": [["1", "width"]]}}
        for number in range(count)
    ]
    return root.document(part)


def seconds(document: dict[str, Any]) -> float:
    started = time.process_time()
    convert(parse(document), bundled())
    return time.process_time() - started


@pytest.mark.parametrize("make", [chain, fan, instances])
def test_the_time_grows_with_the_file(make: Any) -> None:
    """Ten times the file takes about ten times as long; a rule that looks at all for each would take a hundred."""
    small = min(seconds(make(1000)) for _ in range(3))
    assert any(seconds(make(10_000)) < 40 * small for _ in range(3))


def test_a_hundred_thousand_nodes() -> None:
    converted = convert(parse(chain(100_000)), bundled())
    assert converted.prompt["100000"]["inputs"] == {"samples": ["0", 0]}
    assert len(converted.prompt) == 2


@pytest.mark.parametrize("part", ["inputs", "outputs", "widgets_values_named"])
def test_a_node_of_too_many_parts_is_refused_with_its_place(part: str) -> None:
    sheet = Sheet()
    parts = {str(n): 1 for n in range(MOST + 1)} if part == "widgets_values_named" else [{"name": "x"}] * (MOST + 1)
    sheet.nodes = [{"id": 1, "type": "Nope", part: parts}]
    with pytest.raises(InvalidDocument, match=rf"nodes\[0\]\.{part} has 1,001 entries"):
        sheet.convert()


def test_instances_of_too_many_inputs_are_refused() -> None:
    part = Sheet(PART)
    part.inputs = [{"name": str(number), "type": "INT", "linkIds": []} for number in range(MOST)]
    root = Sheet()
    root.nodes = [{"id": number, "type": PART} for number in range(1001)]
    with pytest.raises(InvalidDocument, match="more than 1,000,000 inputs"):
        root.convert(part)


@pytest.mark.parametrize("text", ["{a|" * 3000, "/*" * 30_000, "{" * 30_000, "\\" * 30_001, "{a" * 45 + "x" * 30_000])
def test_texts_that_are_made_to_hurt(text: str) -> None:
    sheet = Sheet()
    sheet.add("CLIPTextEncode", [text])
    assert isinstance(sheet.inputs_of(1)["text"], str)


def test_file_names_that_multiply_stay_short() -> None:
    sheet = Sheet()
    sheet.add("CLIPTextEncode", ["x" * 50_000], title="long")
    sheet.add("SaveImage", ["%long.text%" * 1000])
    assert len(sheet.inputs_of(2)["filename_prefix"]) < 200_000


def test_values_that_are_nested_too_deeply_are_refused() -> None:
    deep: Any = []
    for _ in range(20_000):
        deep = [deep]
    sheet = Sheet()
    sheet.add("EmptyLatentImage", [deep, 8, 1])
    with pytest.raises(InvalidDocument, match="nested too deeply"):
        sheet.convert()


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"nodes": [5]}, "nodes[0]"),
        ({"nodes": [{"id": 1, "type": 7}]}, "nodes[0].type"),
        ({"nodes": [{"id": [], "type": "VAEDecode"}]}, "nodes[0].id"),
        ({"nodes": [{"id": 1, "type": "VAEDecode", "inputs": [5]}]}, "nodes[0].inputs[0]"),
        ({"nodes": [{"id": 1, "type": "VAEDecode", "inputs": 5}]}, "nodes[0].inputs"),
        ({"nodes": [{"id": 1, "type": "VAEDecode", "outputs": ["x"]}]}, "nodes[0].outputs[0]"),
        ({"nodes": [{"id": 1, "type": "VAEDecode", "widgets_values": 5}]}, "nodes[0].widgets_values"),
        ({"nodes": [], "links": [[1, 2]]}, "links[0]"),
        ({"nodes": [], "links": [{"id": 4}]}, "links[0]"),
        ({"nodes": [], "links": {}}, "links"),
        ({"nodes": [], "definitions": {"subgraphs": [{"nodes": []}]}}, "definitions.subgraphs[0]"),
        ({"nodes": [], "definitions": {"subgraphs": [{"id": PART, "nodes": 5}]}}, "definitions.subgraphs[0].nodes"),
    ],
)
def test_what_is_malformed_is_reported_with_its_place(document: dict[str, Any], place: str) -> None:
    converted = convert(parse(document), bundled())
    assert ("malformed_file", place) in [(problem.code, problem.source) for problem in converted.problems]


@pytest.mark.parametrize("document", [None, 5, "x", [], {}, {"nodes": {}}, {"1": {"class_type": "KSampler"}}])
def test_what_is_no_file_of_the_editor_is_refused(document: Any) -> None:
    with pytest.raises(InvalidDocument, match="not a workflow of the editor"):
        parse(document)


def test_two_nodes_of_one_id_are_reported() -> None:
    sheet = Sheet()
    sheet.add("EmptyLatentImage", [8, 8, 1], number=4)
    sheet.add("EmptyLatentImage", [9, 9, 1], number=4)
    converted = sheet.convert()
    assert converted.prompt["4"]["inputs"]["width"] == 8
    assert codes(converted) == ["duplicate_node_id"]
    assert converted.problems[0].source == "nodes[1]"
