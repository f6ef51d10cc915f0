"""Fills the pages of the site that are made of code: the gallery and the reference (an mkdocs hook)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ryla_graphs
from ryla_graphs import presets

INHERITING = ("Workflow",)
"""Classes whose methods partly stand in bases that are not public."""
GALLERY, REFERENCE, SUBMODULES = "<!-- gallery -->", "<!-- reference -->", "<!-- submodules -->"
DRAWING = re.compile(r"<!-- drawing of ([\w-]+)(?:, marked ([\w-]+))? -->")
"""Asks for the graph of a preset's example, with one node marked as one that has an error."""
NAMED = re.compile(r"\[([\w-]+\.md)\]\((\1(?:#[\w-]+)?)\)")
"""A link whose text is the name of a file, which is good in a checkout; the site has titles."""
DOCS = Path(__file__).parent


def on_page_markdown(markdown: str, **_site: Any) -> str:
    """Put generated parts where a page asks for them."""
    if GALLERY in markdown:
        markdown = markdown.replace(GALLERY, "\n\n".join(_picture(name) for name in presets.NAMES))
    if REFERENCE in markdown:
        markdown = markdown.replace(REFERENCE, "\n".join(_groups()))
    if SUBMODULES in markdown:
        markdown = markdown.replace(SUBMODULES, "\n".join(map(_submodule, ryla_graphs._SUBMODULES)))
    markdown = DRAWING.sub(lambda found: _drawn(found[1], found[2]), markdown)
    return NAMED.sub(lambda found: f"[{_title(found[1])}]({found[2]})", markdown)


def _title(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _picture(name: str) -> str:
    preset = presets.get(name)
    return f"## {name}\n\n{preset.summary}\n\n{_drawn(name)}"


def _drawn(name: str, marked: str | None = None) -> str:
    preset = presets.get(name)
    return preset.build(preset.example).to_svg(marked=[] if marked is None else [marked])


def _groups() -> Iterator[str]:
    """The public names by what they are for, as the page on stability groups them."""
    page = (DOCS / "stability.md").read_text(encoding="utf-8")
    for title, row in re.findall(r"^\| ([^|`]+) \| (`.*`) \|$", page.partition("## Submodules")[0], re.MULTILINE):
        yield f"## {title.capitalize()}\n"
        yield from map(_entry, re.findall(r"`(\w+)`", row))


def _submodule(name: str) -> str:
    """What a submodule exports, but for the names that the package itself has, and the thousand node classes."""
    module = getattr(ryla_graphs, name)
    exported = [] if name == "nodes" else getattr(module, "__all__", None)
    place = f"{ryla_graphs.__name__}.{name}"
    options = "    options:\n      heading_level: 2\n      show_root_heading: true\n"
    if exported is None:
        return f"::: {place}\n{options}"
    names = sorted(set(exported) - set(ryla_graphs.__all__))
    hidden = [each for each in names if f"{place}.{each}" in sys.modules]  # a function in a module of its name
    shown = [each for each in names if each not in hidden]
    directives = [
        f"::: {place}\n{options}      members: {shown}\n",
        *(_placed(f"{place}.{each}.{each}") for each in hidden),
    ]
    return "\n".join(directives)


def _entry(name: str) -> str:
    value = getattr(ryla_graphs, name)
    if (getattr(value, "__module__", None) or "").startswith(ryla_graphs.__name__):
        return _public(value)
    return _placed(f"ryla_graphs.{ryla_graphs._MODULE_OF[name]}.{name}")  # an alias, whose module is `typing`


def _public(value: Any) -> str:
    more = "      inherited_members: true\n" if value.__name__ in INHERITING else ""
    return _placed(f"{value.__module__}.{value.__qualname__}", more)


def _placed(place: str, more: str = "") -> str:
    options = "    options:\n      heading_level: 3\n      show_root_heading: true\n      show_root_full_path: false\n"
    return f"::: {place}\n{options}{more}"
