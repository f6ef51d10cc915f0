"""What `tools.take_over` records about a newer ComfyUI: its release as a row, and its classes as a recording."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ryla_graphs.lockfile.classes import names_digest
from ryla_graphs.software.releases import Release

Json = dict[str, Any]
_SETTLED = timedelta(days=14)
"""How long after a commit the Python packages of an image are resolved."""


def of_checkout(checkout: Path, classes: Sequence[str]) -> Release:
    """The commit that is checked out, with the classes that a server at it listed."""
    version = re.search(r'__version__ = "([\d.]+)"', (checkout / "comfyui_version.py").read_text(encoding="utf-8"))
    if version is None:
        raise SystemExit(f"{checkout / 'comfyui_version.py'} says no version")
    commit, day = _git(checkout, "log", "-1", "--format=%H %cs").split()
    released = _git(checkout, "log", "-1", "--format=%H", "--", "comfyui_version.py").strip() == commit
    return Release(
        version=version[1],
        commit=commit,
        date=day,
        level=version[1] if released else f"{version[1]}+",
        classes=len(classes),
        classes_sha256=names_digest(classes),
    )


def _git(checkout: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", checkout, *arguments], capture_output=True, check=True, text=True).stdout


def own_classes(object_info: Mapping[str, Json]) -> list[str]:
    """The classes that are ComfyUI's own."""
    return [name for name, each in object_info.items() if not str(each["python_module"]).startswith("custom_nodes")]


def put_recordings(data: Path, object_info: Mapping[str, Json], taken: Release, before: Release) -> None:
    """Put a server's answer in its place; the one that was there stays as that of an older release."""
    core = data / "object_info.core.json.gz"
    kept = {_read(path)["commit"] for path in (data / "releases").glob("*.json.gz")}
    if before.commit not in kept and before.commit != taken.commit:
        older = {"comfyui": before.version, "commit": before.commit, "object_info": _read(core)}
        _write(data / "releases" / f"{before.level}.json.gz", older)
    _write(core, object_info)
    listed = data / "classes_of_commits.json.gz"
    known = _read(listed) if listed.exists() else {}
    row = {"version": taken.version, "classes": sorted(own_classes(object_info))}
    _write(listed, {**known, taken.commit: row})


def with_row(source: str, rows: Sequence[Release], taken: Release, listed: Mapping[str, Json], today: date) -> str:
    """The text of `software/releases.py` with one more row.

    Rows of commits with classes that ComfyUI has dropped since go: the new catalog does not know them.
    """
    own = {*listed[taken.commit]["classes"]}
    kept = [row for row in rows if row.level != taken.level and own >= {*listed[row.commit]["classes"]}]
    table = "_ROWS = (\n" + "".join(map(_row, [*kept, taken])) + ")\n"
    day = min(today, date.fromisoformat(taken.date) + _SETTLED)
    source, tables = re.subn(r"^_ROWS = \(\n.*?^\)\n", lambda _: table, source, flags=re.MULTILINE | re.DOTALL)
    source, days = re.subn(r'^PINS_AS_OF = ".*"$', f'PINS_AS_OF = "{day}"', source, flags=re.MULTILINE)
    if (tables, days) != (1, 1):
        raise SystemExit("software/releases.py has no longer one table of rows and one PINS_AS_OF")
    return source


def _row(row: Release) -> str:
    values = "".join(f"        {field.name}={json.dumps(getattr(row, field.name))},\n" for field in fields(row))
    return f"    Release(\n{values}    ),\n"


def add_row(root: Path, data: Path, rows: Sequence[Release], taken: Release) -> None:
    """Write the row, and the version of the bundled catalog."""
    listed = _read(data / "classes_of_commits.json.gz")
    releases, catalogs = root / "ryla_graphs/software/releases.py", root / "ryla_graphs/catalogs.py"
    text = with_row(releases.read_text(encoding="utf-8"), rows, taken, listed, datetime.now(UTC).date())
    releases.write_text(text, encoding="utf-8")
    version = re.sub(
        r'^COMFYUI_VERSION = ".*"$',
        f'COMFYUI_VERSION = "{taken.version}"',
        catalogs.read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    catalogs.write_text(version, encoding="utf-8")


def _read(path: Path) -> Json:
    with gzip.open(path) as file:
        content: Json = json.load(file)
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0))
