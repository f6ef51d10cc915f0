"""Prompts broken the way people break them."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from ryla_graphs.prompt import read_link

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["euler", "1", "1.5", "", "nan", "model.safetensors", "../x", "\ud800", 10**400, -(10**400)]),
)
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
"""Any JSON value."""


@st.composite
def mutations(draw: st.DrawFn, prompt: Any, *, most: int = 3) -> Any:
    """API JSON with up to `most` faults: changed or removed values, links, names, classes and nodes."""
    broken = copy.deepcopy(prompt)
    for _ in range(draw(st.integers(1, most))):
        if not isinstance(broken, dict) or not broken:
            return broken
        broken = draw(_one(broken))
    return broken


_KINDS = (
    "value", "value", "link", "link", "cycle", "drop", "rename", "class", "key", "node", "stray", "document",
)  # fmt: skip


@st.composite
def _one(draw: st.DrawFn, prompt: dict[str, Any]) -> Any:
    number = draw(st.sampled_from(sorted(prompt)))
    body = prompt[number]
    inputs = body.get("inputs") if isinstance(body, dict) else None
    kind = draw(
        st.sampled_from(
            ["value", "value", "link", "link", "cycle", "drop", "rename", "class", "key", "node", "stray", "document"]
        )
    )
    if kind == "document":
        return draw(st.one_of(st.just(prompt), JSON))
    if kind == "node":
        prompt[number] = draw(JSON)
    elif kind == "stray":
        prompt[draw(st.sampled_from(["class_type", "inputs", "prompt", "nodes", ""]))] = draw(JSON)
    elif kind == "key" and isinstance(body, dict) and body:
        del body[draw(st.sampled_from(sorted(body)))]
    elif not isinstance(inputs, dict):
        del prompt[number]
    elif kind == "class":
        body["class_type"] = draw(st.one_of(JSON, st.sampled_from(["KSampler", "SaveImage", "NoSuchNode"])))
    elif not inputs:
        body["inputs"] = draw(JSON)
    else:
        _change_input(draw, kind, prompt, inputs)
    return prompt


def _change_input(draw: st.DrawFn, kind: str, prompt: dict[str, Any], inputs: dict[str, Any]) -> None:
    name = draw(st.sampled_from(sorted(inputs)))
    if kind == "cycle":
        # Random links rarely close a cycle, and almost never one that other nodes depend on.
        for _ in range(draw(st.integers(1, 3))):
            _feed_back(draw, prompt, inputs)
    elif kind == "drop":
        del inputs[name]
    elif kind == "rename":
        inputs[draw(st.text(min_size=1, max_size=8))] = inputs.pop(name)
    elif kind == "link":
        target = draw(st.one_of(st.sampled_from(sorted(prompt)), st.just("404"), JSON))
        inputs[name] = [target, draw(st.one_of(st.integers(-2, 6), JSON))]
    else:
        inputs[name] = draw(JSON)


def _feed_back(draw: st.DrawFn, prompt: dict[str, Any], inputs: dict[str, Any]) -> None:
    """Link a node that feeds these inputs, directly or not, to one that they feed."""
    place = next((number for number, body in prompt.items() if isinstance(body, dict) and body.get("inputs") is inputs))
    for _ in range(draw(st.integers(1, 4))):
        links = [link for value in inputs.values() if (link := read_link(value)) is not None]
        body = prompt.get(draw(st.sampled_from(links)).node) if links else None
        if not isinstance(body, dict) or not isinstance(body.get("inputs"), dict) or not body["inputs"]:
            break
        inputs = body["inputs"]
    inputs[draw(st.sampled_from(sorted(inputs)))] = [place, 0]
