"""Docstrings of generated classes: a line of meaning, and for each input what it takes, its default and its choices.

The meaning comes from the catalog's server if it gives one, else from our own `meanings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema
from ryla_graphs.codegen import meanings
from ryla_graphs.problems import shorten, wording

_LONGEST = 400
"""The length to which a server's text is cut."""


class Prose(NamedTuple):
    """The texts about a class and its inputs."""

    summary: str = ""
    inputs: Mapping[str, str] = {}
    """By key, including the inputs that an option adds."""


def prose_of(class_type: str, entry: Mapping[str, Any]) -> Prose:
    """The prose for a class, from an entry of ``/object_info`` and our own `meanings`."""
    said = dict(_tooltips(entry.get("input") or {}))
    prefix = f"{class_type}."
    ours = {name.removeprefix(prefix): text for name, text in meanings.INPUTS.items() if name.startswith(prefix)}
    return Prose(_line(entry.get("description")) or meanings.CLASSES.get(class_type, ""), {**ours, **said})


def _tooltips(sections: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for section in ("required", "optional"):
        for key, value in (sections.get(section) or {}).items():
            facts = value[1] if len(value) > 1 and isinstance(value[1], Mapping) else {}
            if text := _line(facts.get("tooltip")):
                yield key, text
            for option in facts.get("options") or ():
                if isinstance(option, Mapping):
                    yield from _tooltips(option.get("inputs") or {})


def _line(text: Any) -> str:
    """A text as one line, cut to length."""
    line = " ".join(text.split()) if isinstance(text, str) else ""
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def docstring(summary: str, prose: Prose, specs: Sequence[InputSpec], fields: Sequence[str]) -> Iterator[str]:
    """The lines of a docstring, quotes included."""
    lines = [summary]
    if prose.summary:
        lines += ["", prose.summary]
    if specs:
        lines += ["", *(_input(field, spec, prose) for field, spec in zip(fields, specs, strict=True))]
    quoted = [line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') for line in lines]
    last = quoted[-1]
    quoted[-1] = f'{last[:-1]}\\"' if last.endswith('"') and len(quoted) == 1 else last
    quoted[0] = f'"""{quoted[0]}'
    yield from [*quoted, '"""'] if len(quoted) > 1 else [f'{quoted[0]}"""']


def _input(field: str, spec: InputSpec, prose: Prose) -> str:
    """``- `steps`: a whole number from 1 to 10000, by default 20: more take longer``."""
    takes = f"up to {len(spec.slots)} links" if spec.kind is Kind.AUTOGROW else wording.expected(spec)
    if not spec.required:
        takes += ", optional"
    elif spec.kind is not Kind.DYNAMIC_COMBO and spec.initial not in (None, ""):
        takes += f", by default {shorten(spec.initial, 60)}"
    meaning = prose.inputs.get(spec.key)
    return f"- `{field}`: {takes}{f': {meaning}' if meaning else ''}"


def summary_of(schema: NodeSchema, name: str) -> str:
    """The first line: the editor's name for the class, its place in the menu, and what to know about it."""
    title = schema.display_name if schema.display_name != name else schema.class_type
    marks = [mark for mark in ("deprecated", "experimental") if getattr(schema, mark)]
    category = f" ({schema.category})" if schema.category else ""
    return f"{title}{category}{''.join(f', {mark}' for mark in marks)}."
