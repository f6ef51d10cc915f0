"""No false alarm: official templates and graphs of users have no error about families. `pytest -s` prints the table."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs import Problem, catalogs
from ryla_graphs.validation import View, validate
from ryla_graphs.validation.families import FAMILY_RULES
from tests.conftest import recorded

CATALOG = catalogs.bundled()


def pairs() -> Iterator[dict[str, Any]]:
    with gzip.open(recorded("pairs.dev.jsonl.gz"), "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def findings(prompt: Any) -> list[Problem]:
    view = View(prompt, CATALOG)
    return [problem for rule in FAMILY_RULES for problem in rule(view)]


def test_official_templates_have_no_error() -> None:
    templates = [row for row in pairs() if row["kind"] in ("template", "template2") and row["all_types_known"]]
    assert len(templates) > 300
    told: dict[str, list[str]] = {}
    errors = []
    for row in templates:
        for problem in findings(row["api"]):
            if problem.level == "error":
                errors.append((row["name"], str(problem)))
            else:
                told.setdefault(problem.code, []).append(f"{row['name']} {problem.where}")
    print(f"\n{len(templates)} templates, {len(errors)} errors")
    for code, places in sorted(told.items()):
        print(f"{len(places):3} {code}", *places, sep="\n      ")
    assert errors == []
    assert Counter({code: len(places) for code, places in told.items()}) <= Counter(unused_patch=4, setting_family=2)


def test_graphs_of_users_have_no_error() -> None:
    errors = [
        (row["name"], str(problem)) for row in pairs() for problem in findings(row["api"]) if problem.level == "error"
    ]
    assert errors == []


def test_most_wires_of_templates_have_a_family() -> None:
    known = unknown = 0
    for row in pairs():
        if row["kind"] not in ("template", "template2") or not row["all_types_known"]:
            continue
        view = View(row["api"], CATALOG)
        for number, node in view.nodes.items():
            outputs = view.families.out(number)
            for slot, type_ in enumerate(node.schema.output_types):
                if type_ in ("MODEL", "CLIP", "CONDITIONING", "LATENT", "VAE", "GUIDER"):
                    found = outputs[slot] if slot < len(outputs) else None
                    known, unknown = known + (found is not None), unknown + (found is None)
    print(f"\n{known} wires of a known family, {unknown} of an unknown one")
    assert known > 10 * unknown


def graphs() -> list[Path]:
    from tests.conftest import SHARED

    return sorted((SHARED / "graphs").glob("*.json"))


@pytest.mark.parametrize("path", graphs(), ids=lambda path: path.stem)
def test_recorded_pipelines(path: Path) -> None:
    problems = [p for p in validate(json.loads(path.read_text()), CATALOG) if p.code != "off_step"]
    bad = ["controlnet_family"] if path.stem.startswith("bad_") else []
    assert [problem.code for problem in problems] == bad
