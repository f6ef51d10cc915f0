"""Notes next to a graph in the editor: what its code says about it, for the person who opens the file."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ryla_graphs.problems import Problem

_LONGEST = 300
"""Longer values are cut."""


class Note(NamedTuple):
    """What a person should read next to the graph, in Markdown."""

    title: str
    text: str


def about(
    name: str | None, description: str, parameters: Mapping[str, Any], notices: Sequence[Problem] = ()
) -> tuple[Note, ...]:
    """The note that says what a graph does, what it was made with, and any remarks about that."""
    paragraphs = [inspect.cleandoc(description)] if description.strip() else []
    given = {parameter: value for parameter, value in parameters.items() if value not in (None, "", [], {})}
    if given:
        paragraphs.append("\n".join(f"- `{parameter}`: {_shown(value)}" for parameter, value in given.items()))
    paragraphs += [f"**{notice.level.capitalize()}:** {notice.message}" for notice in notices]
    return (Note(name or "About", "\n\n".join(paragraphs)),) if paragraphs else ()


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
