"""Find the first ComfyUI release that has each class: `python -m tools.class_versions CHECKOUT [RECORDED]`.

CHECKOUT is a clone of ComfyUI with its history, RECORDED is ``classes_of_commits.json.gz``: the classes that servers at
some commits listed. Writes ``ryla_graphs/software/since.py``; run it when the core catalog is taken over from a new
ComfyUI. A class counts from the first release whose source names it, but not from one whose server did not list it.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from ryla_graphs.catalogs import bundled
from ryla_graphs.software.packs import folder_of
from ryla_graphs.software.releases import RELEASE
from ryla_graphs.software.versions import number

TARGET = Path(__file__).parent.parent / "ryla_graphs" / "software" / "since.py"
WHERE = ("nodes.py", "comfy_extras", "comfy_api_nodes", "custom_nodes")
QUOTED = r"""['"][A-Za-z0-9_+ ./()-]+['"]"""

HEAD = '''"""The ComfyUI release that first had each of its classes, as far back as its history tells versions.

Made by `python -m tools.class_versions CHECKOUT RECORDED` from ComfyUI's history, and from what servers of some
releases listed; not edited by hand.
"""

from __future__ import annotations

from collections.abc import Mapping

'''


def main() -> None:
    """Write the table."""
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    listed = _listed(Path(sys.argv[2])) if len(sys.argv) == 3 else {}
    TARGET.write_text(HEAD + _table(first_seen(sys.argv[1], listed)), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", TARGET], check=True)


def first_seen(checkout: str, listed: Mapping[str, tuple[str, set[str]]]) -> dict[str, list[str]]:
    """The classes of the core catalog by the release that first has them; those of the oldest release are left out.

    `listed` are the version and the classes that a server listed, by its commit.
    """
    missing = {name for name, schema in bundled("core").items() if folder_of(schema) is None}
    found: dict[str, list[str]] = {}
    for version, commit in releases(checkout, {commit: version for commit, (version, _) in listed.items()}):
        text = _git(checkout, "grep", "-hE", QUOTED, commit, "--", *WHERE)
        names = missing & {quoted[1:-1] for quoted in re.findall(QUOTED, text)}
        if commit in listed:
            there = listed[commit][1]
            early = set().union(*found.values()) - there
            missing |= early
            found = {before: sorted({*those} - early) for before, those in found.items()}
            names &= there
        missing -= names
        found[version] = sorted(names)
    found[RELEASE.level] = sorted({*found.get(RELEASE.level, ()), *missing})
    oldest = next(iter(found))
    return {version: names for version, names in found.items() if names and version != oldest}


def releases(checkout: str, versions: Mapping[str, str]) -> list[tuple[str, str]]:
    """Versions and the commits that set them, and recorded commits after those, up to the pinned one, oldest first.

    `versions` are what recorded commits call themselves.
    """
    found = [*_set(checkout)]
    setting = {commit for _, commit in found}
    found += [(f"{version}+", commit) for commit, version in versions.items() if commit not in setting]
    return sorted(
        (each for each in found if number(each[0]) <= number(RELEASE.level)), key=lambda each: number(each[0])
    )


def _set(checkout: str) -> Iterator[tuple[str, str]]:
    for commit in reversed(_git(checkout, "log", "--format=%H", "--", "comfyui_version.py").split()):
        stated = re.search(r'__version__ = "([\d.]+)"', _git(checkout, "show", f"{commit}:comfyui_version.py"))
        if stated:
            yield stated[1], commit


def _listed(path: Path) -> dict[str, tuple[str, set[str]]]:
    with gzip.open(path) as file:
        return {commit: (row["version"], set(row["classes"])) for commit, row in json.load(file).items()}


def _table(found: dict[str, list[str]]) -> str:
    """The table in Python, names on as few lines as fit: hundreds of lines of one name each would be unreadable."""
    lines = ["SINCE: Mapping[str, str] = {"]
    for version, names in found.items():
        wrapped = textwrap.wrap(", ".join(name.replace(" ", "_NOBREAK_") for name in names), 100)
        parts = [line.replace("_NOBREAK_", " ") + " " * (line is not wrapped[-1]) for line in wrapped]
        lines += [f'    "{version}": (', *(f'        "{part}"' for part in parts), "    ),"]
    return "\n".join(
        [*lines, "}", '"""Versions, oldest first, and the classes that came with them, between commas."""', ""]
    )


def _git(checkout: str, *arguments: str) -> str:
    result = subprocess.run(["git", "-C", checkout, *arguments], capture_output=True, check=False)
    return result.stdout.decode(errors="replace")


if __name__ == "__main__":
    main()
