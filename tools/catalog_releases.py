"""ComfyUI's own classes in older releases, as differences from the release after."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ryla_graphs.software.releases import RELEASE
from ryla_graphs.software.versions import number
from tools.catalog_entries import Entry, Reader, inputs_of

SHOWN_ONLY = ("category", "display_name")
"""Facts that only a page shows: a class that moved in the menu is still the same class."""


def render_releases(
    data: Path, read: Callable[[Path], Entry], facts: Mapping[str, Any], core: Mapping[str, Entry]
) -> str:
    """Versions, newest first, each with the classes that differ from the version above; empty where it lacks one."""
    found = {level_of(path): path for path in (data / "releases").glob("*.json.gz")}
    lines = [RELEASE.level]
    newer = {name: _bare(entry) for name, entry in core.items()}
    for version in sorted(found, key=number, reverse=True):
        recording = read(found[version])
        if recording["commit"] == RELEASE.commit:
            continue
        entries = _entries(recording["object_info"], facts)
        lines.append(version)
        lines += [f"{name}\t{_json(entry)}" for name, entry in entries.items() if not _same(newer.get(name), entry)]
        lines += [f"{name}\t" for name in newer if name not in entries]
        newer = entries
    return "".join(f"{line}\n" for line in lines)


def level_of(path: Path) -> str:
    """The release that a recording shows: ``0.33.0-0822`` is a commit after 0.33.0, which we call ``0.33.0+``."""
    version, dash, _ = path.name.removesuffix(".json.gz").partition("-")
    return f"{version}+" if dash else version


def _entries(recorded: Mapping[str, Entry], facts: Mapping[str, Any]) -> dict[str, Entry]:
    return {
        name: _bare(Reader(facts.get(name, {}).get("open") or {}, None).entry(name, entry))
        for name, entry in recorded.items()
        if not entry["python_module"].startswith("custom_nodes")
    }


def _same(one: Entry | None, other: Entry) -> bool:
    """Whether two entries are equal, the order of their inputs too: the editor goes by it."""
    return one == other and one is not None and _order(one) == _order(other)


def _order(entry: Entry) -> list[str]:
    return [name for _, name, _ in inputs_of(entry["input"])]


def _bare(entry: Entry) -> Entry:
    return {key: value for key, value in entry.items() if key not in ("facts", *SHOWN_ONLY)}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
