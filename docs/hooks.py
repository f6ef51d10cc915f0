"""Fills the pages of the site that are made of code: the gallery and the reference (an mkdocs hook)."""

from __future__ import annotations

from typing import Any

import ryla_graphs
from ryla_graphs import presets

GALLERY, REFERENCE = "<!-- gallery -->", "<!-- reference -->"


def on_page_markdown(markdown: str, **_site: Any) -> str:
    """Put generated parts where a page asks for them."""
    if GALLERY in markdown:
        markdown = markdown.replace(GALLERY, "\n\n".join(_picture(name) for name in presets.NAMES))
    if REFERENCE in markdown:
        markdown = markdown.replace(REFERENCE, "\n".join(_entry(name) for name in ryla_graphs.__all__))
    return markdown


def _picture(name: str) -> str:
    preset = presets.get(name)
    return f"## {name}\n\n{preset.summary}\n\n{preset.build(preset.example).to_svg()}"


def _entry(name: str) -> str:
    value = getattr(ryla_graphs, name)
    options = "    options:\n      heading_level: 2\n      show_root_heading: true\n"
    own = (getattr(value, "__module__", None) or "").startswith(ryla_graphs.__name__)  # an alias is of `typing`
    place = f"{value.__module__}.{value.__qualname__}" if own else f"ryla_graphs.{ryla_graphs._MODULE_OF[name]}.{name}"
    return f"::: {place}\n{options}"
