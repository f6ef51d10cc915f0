"""What a real server accepts is accepted here: on every prompt that was recorded, whoever made it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from ryla_graphs import Workflow
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalogs import from_object_info
from ryla_graphs.problems import CODES, Problem
from ryla_graphs.validation import validate
from tests.conftest import recorded, recorded_json

FILES = ("pairs.dev.jsonl.gz", "pairs.new.dev.jsonl.gz", "verdicts.dev.jsonl.gz")


@cache
def catalog() -> Catalog:
    """The server that gave the answers."""
    return from_object_info(recorded_json("object_info.packs.json.gz"))


def rows(name: str) -> Iterator[tuple[Any, Any, int, Any]]:
    """Name, prompt, status and answer of each recorded prompt."""
    with gzip.open(recorded(name), "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if "validation" in row:
                yield row["name"], row["api"], row["validation"]["http_status"], row["validation"]["response"]
            else:
                yield row["id"], row["prompt"], row["status"], row["response"]


def refused(problems: list[Problem]) -> list[Problem]:
    """What blocks a compile, but for families that do not fit, which is proven."""
    return [problem for problem in problems if problem.level == "error" and CODES[problem.code].group != "families"]


@pytest.mark.parametrize("name", FILES)
def test_what_the_server_accepts_is_accepted(name: str) -> None:
    accepted = [
        (number, prompt)
        for number, prompt, status, answer in rows(name)
        if status == 200 and not answer.get("node_errors")
    ]
    assert accepted
    ours = {number: refused(validate(prompt, catalog())) for number, prompt in accepted}
    assert {number: [str(problem) for problem in found] for number, found in ours.items() if found} == {}


@pytest.mark.parametrize("name", FILES)
def test_reading_and_compiling_agree_with_validating(name: str) -> None:
    for number, prompt, _, _ in rows(name):
        blocked = any(problem.level == "error" for problem in validate(prompt, catalog()))
        try:
            Workflow.load(prompt, catalog=catalog()).compile()
            compiles = True
        except ValueError:
            compiles = False
        assert compiles is not blocked, number
