"""Sufficient values for parameters, from their JSON Schema: the author's examples, or something of the right type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from ryla_graphs.presets import forms

_FILES: Mapping[str, str] = {
    str(forms.FILE["format"]): "picture.png",
    str(forms.WEIGHTS["format"]): "model.safetensors",
}
_NAMED: Mapping[str, str] = {"prompt": "a red bicycle"}


class Example(NamedTuple):
    """Parameters sufficient for a run."""

    values: Mapping[str, Any]
    made_up: tuple[str, ...]
    """The parameters for which the author gave no example."""


def example_of(model: type[BaseModel]) -> Example:
    """Values for the required parameters of a model, by their JSON names."""
    schema = model.model_json_schema()
    values: dict[str, Any] = {}
    made_up: list[str] = []
    for name in schema.get("required", ()):
        facts = schema["properties"][name]
        if examples := facts.get("examples"):
            values[name] = examples[0]
        else:
            values[name] = _sample(facts, schema.get("$defs", {}), name)
            made_up.append(name)
    return Example(values, tuple(made_up))


def deep_files(model: type[BaseModel]) -> list[str]:
    """The parameters with files inside lists or objects, where a server does not look for uploads."""
    schema = model.model_json_schema()
    inside = {name: facts for name, facts in schema.get("properties", {}).items() if not forms.is_file(facts)}
    return [name for name, facts in inside.items() if _names_file(facts, schema.get("$defs", {}), frozenset())]


def _names_file(value: Any, definitions: Mapping[str, Any], seen: frozenset[str]) -> bool:
    if isinstance(value, list):
        return any(_names_file(part, definitions, seen) for part in value)
    if not isinstance(value, Mapping):
        return False
    if (name := str(value.get("$ref", "")).rpartition("/")[2]) and name not in seen:
        return _names_file(definitions.get(name), definitions, seen | {name})
    return value.get("format") == forms.FILE["format"] or any(
        _names_file(part, definitions, seen) for part in value.values()
    )


def _sample(facts: Mapping[str, Any], definitions: Mapping[str, Any], name: str) -> Any:
    if "$ref" in facts:
        facts = definitions[facts["$ref"].rpartition("/")[2]]
    for known in ("const", "default"):
        if known in facts:
            return facts[known]
    for choices in ("enum", "examples"):
        if facts.get(choices):
            return facts[choices][0]
    for choices in ("anyOf", "oneOf", "allOf"):
        if facts.get(choices):
            return _sample(facts[choices][0], definitions, name)
    match facts.get("type"):
        case "string":
            text = _FILES.get(facts.get("format", "")) or _NAMED.get(name, name)
            return text.ljust(facts.get("minLength", 0), "x")[: facts.get("maxLength")]
        case "integer" | "number":
            return _number(facts)
        case "boolean":
            return False
        case "array":
            return [_sample(facts.get("items", {}), definitions, name)] * facts.get("minItems", 0)
        case "object":
            rows = facts.get("properties", {})
            return {key: _sample(rows[key], definitions, key) for key in facts.get("required", ())}
        case _:
            return None


def _number(facts: Mapping[str, Any]) -> Any:
    """A number within the limits, if they are simple."""
    step = facts.get("multipleOf", 1)
    low = facts.get("minimum", facts.get("exclusiveMinimum"))
    high = facts.get("maximum", facts.get("exclusiveMaximum"))
    if low is None:
        return step if high is None or step <= high else high
    value: float = -(-low // step) * step
    if "exclusiveMinimum" in facts and value <= low:
        value += step if high is None or value + step <= high else (high - low) / 2
    return value if high is None or value <= high else low
