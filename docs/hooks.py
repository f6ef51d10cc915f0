"""Fills the pages of the site that are made of code: the gallery and the reference (an mkdocs hook)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ryla_graphs
from ryla_graphs import presets

INHERITING = ("Workflow",)
"""Classes whose methods partly stand in bases that are not public."""
GALLERY, REFERENCE = "<!-- gallery -->", "<!-- reference -->"
DRAWING = re.compile(r"<!-- drawing of ([\w-]+)(?:, marked ([\w-]+))? -->")
"""Asks for the graph of a preset's example, with one node marked as one that has an error."""


def on_page_markdown(markdown: str, **_site: Any) -> str:
    """Put generated parts where a page asks for them."""
    if GALLERY in markdown:
        markdown = markdown.replace(GALLERY, "\n\n".join(_picture(name) for name in presets.NAMES))
    if REFERENCE in markdown:
        markdown = markdown.replace(REFERENCE, "\n".join(_groups()))
    return DRAWING.sub(lambda found: _drawn(found[1], found[2]), markdown)


def _picture(name: str) -> str:
    preset = presets.get(name)
    return f"## {name}\n\n{preset.summary}\n\n{_drawn(name)}"


def _drawn(name: str, marked: str | None = None) -> str:
    preset = presets.get(name)
    return preset.build(preset.example).to_svg(marked=[] if marked is None else [marked])


def _groups() -> Iterator[str]:
    """The public names by what they are for, as the page on stability groups them."""
    page = (Path(__file__).parent / "stability.md").read_text(encoding="utf-8")
    for title, row in re.findall(r"^\| ([^|`]+) \| (`.*`) \|$", page.partition("## Submodules")[0], re.MULTILINE):
        yield f"## {title.capitalize()}\n"
        yield from map(_entry, re.findall(r"`(\w+)`", row))


def _entry(name: str) -> str:
    value = getattr(ryla_graphs, name)
    options = "    options:\n      heading_level: 3\n      show_root_heading: true\n      show_root_full_path: false\n"
    options += "      inherited_members: true\n" if name in INHERITING else ""
    own = (getattr(value, "__module__", None) or "").startswith(ryla_graphs.__name__)  # an alias is of `typing`
    place = f"{value.__module__}.{value.__qualname__}" if own else f"ryla_graphs.{ryla_graphs._MODULE_OF[name]}.{name}"
    return f"::: {place}\n{options}"
