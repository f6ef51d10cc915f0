"""The official templates, from the package that ComfyUI ships them in: needs the extra `templates`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from ryla_graphs.formats import json_text
from ryla_graphs.problems import NotFound
from ryla_graphs.problems.extras import needs_extra

_PACKAGE = "comfyui_workflow_templates_json"
_FOLDER = "templates"
_INDEX = "index.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What the index says about a template."""

    name: str
    title: str
    description: str
    media: str
    """What it makes: ``image``, ``video``, ``audio``, ``3d``."""
    tags: tuple[str, ...]
    models: tuple[str, ...]
    paid: bool
    """Whether it uses paid services on other people's servers."""
    bytes: int | None
    """The total size of its weights, if the index gives it."""
    comfyui: str | None
    """The oldest ComfyUI that it runs on, if the index gives it."""

    def to_dict(self) -> dict[str, Any]:
        """The template as JSON-ready data."""
        return {name: getattr(self, name) for name in self.__slots__}


def templates() -> Iterator[Template]:
    """All templates: those in the index, in its order, then those that are only in the folder.

    Raises `MissingExtra` if the package is not installed.
    """
    rows = _index()
    names = {entry.name.removesuffix(".json") for entry in _folder().iterdir() if _is_template(entry.name)}
    for name in [*(name for name in rows if name in names), *sorted(names - rows.keys())]:
        row = rows.get(name, {})
        yield Template(
            name=name,
            title=str(row.get("title") or name),
            description=str(row.get("description") or ""),
            media=str(row.get("mediaType") or "").lower(),
            tags=tuple(row.get("tags") or ()),
            models=tuple(row.get("models") or ()),
            paid=not row.get("openSource", True),
            bytes=row.get("size") or None,
            comfyui=row.get("minComfyUIVersion"),
        )


def template(name: str) -> bytes:
    """The workflow of a template, as the editor saved it.

    Raises `NotFound` with the nearest names, and `MissingExtra` if the package is not installed.
    """
    known = {entry.name: entry for entry in _folder().iterdir() if _is_template(entry.name)}
    found = known.get(f"{name}.json")
    if found is None:
        raise NotFound.among("template", name, (each.removesuffix(".json") for each in known))
    return found.read_bytes()


def _is_template(name: str) -> bool:
    return name.endswith(".json") and not name.startswith(("index.", "index_logo.", "fuse_options."))


@cache
def _folder() -> Traversable:
    with needs_extra("templates"):
        return resources.files(_PACKAGE) / _FOLDER


@cache
def _index() -> dict[str, dict[str, Any]]:
    groups = json_text.parse((_folder() / _INDEX).read_bytes(), "the index of templates")
    return {row["name"]: row for group in groups for row in group.get("templates", ()) if "name" in row}
