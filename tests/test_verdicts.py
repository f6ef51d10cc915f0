"""Our verdict is that of a real ComfyUI 0.33, on every prompt that was recorded."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import pytest

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.catalogs import from_object_info
from ryla_graphs.validation import View, problems_of, verdict
from ryla_graphs.validation.faults import CUSTOM
from tests.conftest import recorded, recorded_json

Answer = tuple[bool, str | None, dict[str, frozenset[tuple[str, str | None]]]]


@cache
def catalog() -> Catalog:
    return from_object_info(recorded_json("object_info.packs.json.gz"))


@cache
def rows() -> tuple[tuple[Any, Any, Answer], ...]:
    with gzip.open(recorded("verdicts.dev.jsonl.gz"), "rt", encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    return tuple((row["id"], row["prompt"], _recorded_answer(row["status"], row["response"])) for row in read)


def _recorded_answer(status: int, response: Any) -> Answer:
    if not isinstance(response, dict) or "_raw" in response:
        return False, None, {}
    error = response.get("error")
    nodes = {
        number: frozenset((e["type"], e["extra_info"].get("input_name")) for e in found["errors"])
        for number, found in (response.get("node_errors") or {}).items()
    }
    return status == 200, error["type"] if isinstance(error, dict) else None, nodes


def _our_answer(prompt: Any, known: Catalog | None = None) -> Answer:
    answer = verdict(prompt, catalog() if known is None else known)
    return answer.accepted, answer.error, {number: frozenset(errors) for number, errors in answer.nodes.items()}


def _differing() -> Iterator[tuple[Any, Any, Answer, Answer]]:
    for number, prompt, theirs in rows():
        ours = _our_answer(prompt)
        if ours != theirs:
            yield number, prompt, theirs, ours


class _Shuffled(Catalog):
    """The same classes with their inputs in another order, as a server with another hash seed goes through them."""

    _random: Random

    def __init__(self, random: Random) -> None:
        super().__init__({})
        self.__dict__.update(_random=random, input_files=catalog().input_files)

    def __contains__(self, class_type: object) -> bool:
        return class_type in catalog()

    def __getitem__(self, class_type: str) -> NodeSchema:
        if class_type not in self._parsed:
            schema = catalog()[class_type]
            shuffled = self._random.sample(schema.inputs, len(schema.inputs))
            self._parsed[class_type] = schema.replace(inputs=tuple(shuffled))
        return self._parsed[class_type]


def _depends_on_set_order(prompt: Any, theirs: Answer) -> bool:
    """Whether the server's answer is ours for some order of inputs and outputs, which it keeps in Python sets."""
    random = Random(0)
    for _ in range(400):
        items = random.sample(list(prompt.items()), len(prompt))
        if _our_answer(dict(items), _Shuffled(random)) == theirs:
            return True
    return False


def _hangs_on_the_node_itself(theirs: Answer, ours: Answer) -> bool:
    kinds = {kind for answer in (theirs, ours) for errors in answer[2].values() for kind, _ in errors}
    return CUSTOM in kinds


def test_every_decidable_verdict_is_the_servers(capsys: pytest.CaptureFixture[str]) -> None:
    total = len(rows())
    custom: Counter[str] = Counter()
    order = 0
    undecided = []
    for number, prompt, theirs, ours in _differing():
        if theirs[:2] == ours[:2] and _depends_on_set_order(prompt, theirs):
            order += 1
        elif _hangs_on_the_node_itself(theirs, ours):
            nodes = [n for n in {*theirs[2], *ours[2]} if theirs[2].get(n) != ours[2].get(n)]
            custom.update({prompt[n]["class_type"] for n in nodes})
        elif _rewritten_by_a_pack(prompt):
            custom["rewritten by a pack before it is checked"] += 1
        else:
            undecided.append((number, theirs, ours))
    agreed = total - order - sum(custom.values()) - len(undecided)
    with capsys.disabled():
        print(f"\nverdicts: {agreed} of {total} equal ({100 * agreed / total:.2f} %)")
        print(f"  {order} differ only in what the server saw before it stumbled, which depends on a set's order")
        for class_type, count in custom.most_common():
            print(f"  {count} hang on the server's disk or a node's own check: {class_type}")
    assert undecided == []
    assert agreed / total > 0.97


def _rewritten_by_a_pack(prompt: Any) -> bool:
    """Impact-Pack cuts links of its switches before the server looks, where they select at once."""
    return any(
        "Switch" in body.get("class_type", "") and "sel_mode" in body.get("inputs", {}) for body in prompt.values()
    )


def test_tier_1_is_never_stricter_than_the_server() -> None:
    stricter = [number for number, _, theirs, ours in _differing() if theirs[0] and not ours[0]]
    assert stricter == []


def test_what_the_server_refuses_has_a_problem_and_what_it_takes_has_none_of_tier_1() -> None:
    for number, prompt, (accepted, _, nodes) in rows()[::5]:
        view = View(prompt, catalog())
        ours = view.verdict
        problems = [p for p in problems_of(view) if p.tier == 1]
        if ours.accepted and not ours.nodes:
            assert problems == [], number
        else:
            assert any(p.level == "error" for p in problems), (number, accepted, nodes)


def hand_made() -> list[str]:
    try:
        cases = recorded_json("errors.json.gz")["cases"].items()
        return [
            name for name, case in cases if isinstance(case["request"], dict) and set(case["request"]) == {"prompt"}
        ]
    except pytest.skip.Exception:
        return []


@pytest.mark.parametrize("name", hand_made())
def test_hand_made_cases(name: str) -> None:
    case = recorded_json("errors.json.gz")["cases"][name]
    assert _our_answer(case["request"]["prompt"]) == _recorded_answer(case["status"], case["response"])
