"""ComfyUI's own classes in older releases, as differences from the release after."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tools.catalog_entries import Entry, Reader, inputs_of

RECORDED = "0.33.0-0822"
"""What the recordings call the commit that is bundled; for us it is the newest release, `NEWEST`."""
NEWEST = "0.33.0+"
SHOWN_ONLY = ("category", "display_name")
"""Facts that only a page shows: a class that was moved in the menu is the same class."""


def render_releases(
    data: Path, read: Callable[[Path], Entry], told: Mapping[str, Any], core: Mapping[str, Entry]
) -> str:
    """Versions, newest first, each with the classes that differ from the version above; empty where it lacks one."""
    found = {path.name.removesuffix(".json.gz"): path for path in (data / "releases").glob("*.json.gz")}
    versions = sorted(found.keys() - {RECORDED}, key=lambda version: [*map(int, version.split("."))], reverse=True)
    lines = [NEWEST]
    newer = {name: _bare(entry) for name, entry in core.items()}
    for version in versions:
        entries = _entries(read(found[version])["object_info"], told)
        lines.append(version)
        lines += [f"{name}\t{_json(entry)}" for name, entry in entries.items() if not _same(newer.get(name), entry)]
        lines += [f"{name}\t" for name in newer if name not in entries]
        newer = entries
    return "".join(f"{line}\n" for line in lines)


def _entries(recorded: Mapping[str, Entry], told: Mapping[str, Any]) -> dict[str, Entry]:
    return {
        name: _bare(Reader(told.get(name, {}).get("open") or {}, None).entry(name, entry))
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
