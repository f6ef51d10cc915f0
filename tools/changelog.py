"""The changelog: fragments of `changelog.d/` and what stands under "Unreleased", folded into the section of a release.

`python -m tools.changelog` prints what the next release would say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

FOLDER = "changelog.d"
KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")
"""Those of Keep a Changelog, in its order."""
NAME = re.compile(rf"[a-z0-9][a-z0-9.-]*\.({'|'.join(KINDS)})\.md")
UNRELEASED = "## Unreleased\n"


@dataclass(frozen=True)
class Fragment:
    """One change, as its author wrote it."""

    kind: str
    text: str

    @classmethod
    def read(cls, path: Path) -> Fragment:
        """Raises `ValueError` with the file's name if its name or its text is invalid."""
        found = NAME.fullmatch(path.name)
        if found is None:
            raise ValueError(
                f"{path}: a fragment is called <what>.<kind>.md, in small letters; kinds: {', '.join(KINDS)}"
            )
        text = path.read_text(encoding="utf-8").strip()
        if not text or text.startswith(("-", "#")):
            raise ValueError(f"{path}: write the sentences alone; the release adds the bullet and the heading")
        return cls(found.group(1), text)

    def __str__(self) -> str:
        first, *rest = self.text.splitlines()
        return "\n".join([f"- {first}", *(f"  {line}".rstrip() for line in rest)])


def files(root: Path) -> list[Path]:
    """The fragments of a checkout."""
    return sorted(path for path in (root / FOLDER).glob("*") if path.name != "README.md")


def fold(changelog: str, fragments: Iterable[Fragment], version: str, on: date) -> str:
    """The changelog with a section for this release that holds everything unreleased.

    Raises `ValueError` if there is no "Unreleased" section, or nothing to release.
    """
    head, found, rest = changelog.partition(UNRELEASED)
    if not found:
        raise ValueError('CHANGELOG.md has no line "## Unreleased"')
    lines, *older = re.split(r"^(?=## )", rest, maxsplit=1, flags=re.MULTILINE)
    changes = [*fragments]
    by_kind = {kind: [str(each) for each in changes if each.kind == kind] for kind in KINDS}
    parts = [lines.strip(), *(f"### {kind.title()}\n\n" + "\n".join(rows) for kind, rows in by_kind.items() if rows)]
    body = "\n\n".join(part for part in parts if part)
    if not body:
        raise ValueError("nothing is unreleased: no line in CHANGELOG.md, no file in changelog.d/")
    return f"{head}{UNRELEASED}\n## {version} - {on.isoformat()}\n\n{body}\n" + "".join(f"\n{part}" for part in older)


def main() -> None:
    """Print the next release's section."""
    root = Path(__file__).parent.parent
    fragments = [Fragment.read(path) for path in files(root)]
    text = fold((root / "CHANGELOG.md").read_text(encoding="utf-8"), fragments, "NEXT", datetime.now(UTC).date())
    print(text.partition(UNRELEASED)[2].strip().split("\n## ")[0])


if __name__ == "__main__":
    main()
