"""The limits on what a prompt itself holds: nodes, inputs, texts and chains. They come before all others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.plan.allowed import Limits
from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.validation.depth import longest_chain
from ryla_graphs.validation.view import View


def crowded(prompt: Any, limits: Limits) -> Problem | None:
    """The problem of a prompt with too many nodes or inputs, which could take seconds to validate."""
    if not isinstance(prompt, Mapping):
        return None  # it is not a prompt, which validation reports
    if limits.nodes is not None and len(prompt) > limits.nodes:
        return _too_many("nodes", len(prompt), limits.nodes)
    if limits.inputs is not None:
        bodies = (body.get("inputs") for body in prompt.values() if isinstance(body, (dict, Mapping)))
        count = sum(len(inputs) for inputs in bodies if isinstance(inputs, (dict, Mapping)))
        if count > limits.inputs:
            return _too_many("inputs", count, limits.inputs)
    return None


def _too_many(what: str, count: int, limit: int, hint: str = "send several graphs") -> Problem:
    return Problem(
        code=f"too_many_{what}",
        message=f"{count:,} {what}, {limit:,} are allowed",
        given=count,
        expected=f"at most {limit:,}",
        hint=hint,
    )


def wordy(prompt: Any, limits: Limits) -> Problem | None:
    """The problem of a prompt with too many characters, which would be stored with its job."""
    if limits.characters is None or (count := _characters(prompt)) <= limits.characters:
        return None
    return _too_many("characters", count, limits.characters, "shorten its texts, and send files as `inputs`")


def _characters(value: Any) -> int:
    """The characters of all texts in JSON, keys included."""
    count, stack = 0, [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            count += len(item)
        elif isinstance(item, (list, tuple)):
            stack += item
        elif isinstance(item, (dict, Mapping)):
            stack += item.keys()
            stack += item.values()
    return count


def chained(view: View, limits: Limits) -> Problem | None:
    """The problem of a chain on which ComfyUI may stop."""
    if limits.chain is None or (chain := longest_chain(view)).nodes <= limits.chain:
        return None
    return Problem(
        code="chain_too_long",
        message=f"a chain of {chain.nodes:,} nodes, {limits.chain:,} are allowed",
        subject=AtNode(chain.end, chain.class_type),
        given=chain.nodes,
        expected=f"at most {limits.chain:,}",
        hint="save an intermediate result, and continue in another workflow",
    )
