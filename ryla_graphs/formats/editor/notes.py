"""What stands beside a graph in the editor: what its code says of it, for whoever opens the file."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ryla_graphs.problems import Problem

_LONGEST = 300
"""A value that is longer is cut."""


class Note(NamedTuple):
    """What a person should read beside the graph, in Markdown."""

    title: str
    text: str


def about(
    name: str | None, description: str, parameters: Mapping[str, Any], notices: Sequence[Problem] = ()
) -> tuple[Note, ...]:
    """The note that tells what a graph does, what it was made with, and what is to be said about that."""
    paragraphs = [inspect.cleandoc(description)] if description.strip() else []
    given = {parameter: value for parameter, value in parameters.items() if value not in (None, "", [], {})}
    if given:
        paragraphs.append("\n".join(f"- `{parameter}`: {_shown(value)}" for parameter, value in given.items()))
    paragraphs += [f"**{notice.level.capitalize()}:** {notice.message}" for notice in notices]
    return (Note(name or "About", "\n\n".join(paragraphs)),) if paragraphs else ()


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
