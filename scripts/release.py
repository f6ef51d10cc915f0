"""Make a release: `python scripts/release.py 0.2.0`. A person runs it, looks, and pushes; it pushes nothing.

It writes the version and the changelog, commits them, tags the commit, and builds and tries what would be uploaded. The
version is in `ryla_graphs/version.py` and not derived from the tag, so that a checkout without tags, an archive and a
container that got the sources alone know it too; the release workflow refuses a tag that says otherwise.
"""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tools.changelog import Fragment, files, fold
from tools.deprecations import overdue

VERSION_FILE = "ryla_graphs/version.py"
CHANGELOG = "CHANGELOG.md"


def git(root: Path, *arguments: str) -> str:
    """The output of a git command; if it fails, its own message ends the script."""
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def parsed(version: str) -> tuple[int, ...]:
    """The numbers of a version; ends the script if it is not one."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SystemExit(f"'{version}' is no version: write three numbers, for instance 0.2.0")
    return tuple(map(int, version.split(".")))


def refuse_unless_ready(root: Path, version: str) -> None:
    """End the script if a release of this version cannot be made from here."""
    now = runpy.run_path(str(root / VERSION_FILE))["__version__"]
    if parsed(version) <= parsed(now) and (version != now or git(root, "tag", "--list", "v*")):
        raise SystemExit(f"{version} does not come after {now}, which {VERSION_FILE} says")
    if git(root, "tag", "--list", f"v{version}"):
        raise SystemExit(f"there is a tag v{version} already")
    if changed := git(root, "status", "--porcelain"):
        raise SystemExit(f"commit or stash first:\n{changed}")
    if (branch := git(root, "branch", "--show-current")) != "main":
        raise SystemExit(f"releases are made from main, and this is {branch or 'no branch'}")
    if late := overdue(root, version, datetime.now(UTC).date()):
        raise SystemExit("deprecated names whose time is over:\n" + "\n".join(late))


def write(root: Path, version: str) -> None:
    """Write the version and the changelog, and take the fragments away."""
    fragments = files(root)
    path = root / CHANGELOG
    text = fold(path.read_text(encoding="utf-8"), map(Fragment.read, fragments), version, datetime.now(UTC).date())
    path.write_text(text, encoding="utf-8")
    module = root / VERSION_FILE
    source = module.read_text(encoding="utf-8")
    module.write_text(re.sub(r'__version__ = ".*"', f'__version__ = "{version}"', source), encoding="utf-8")
    for fragment in fragments:
        fragment.unlink()


def main(
    version: Annotated[str, typer.Argument(help="The new version, for instance 0.2.0")],
    root: Annotated[Path, typer.Option(help="The checkout")] = ROOT,
    build: Annotated[bool, typer.Option(help="Build and try wheel and sdist (needs a network)")] = True,
) -> None:
    """Commit and tag a release. Nothing is pushed or uploaded."""
    parsed(version)
    refuse_unless_ready(root, version)
    try:
        write(root, version)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    git(root, "add", "--all", VERSION_FILE, CHANGELOG, "changelog.d")
    git(root, "commit", "--message", f"Release {version}")
    git(root, "tag", "--annotate", f"v{version}", "--message", f"ryla-graphs {version}")
    if build and subprocess.run([sys.executable, str(root / "scripts/smoke_wheel.py")], check=False).returncode:
        raise SystemExit(f"the wheel does not work; undo with: git tag -d v{version} && git reset --hard HEAD~1")
    typer.echo(f"v{version} is committed and tagged here. Look at it (git show), then: git push origin main v{version}")
    typer.echo("The release workflow builds it again, and publishes it once a person lets it through.")


if __name__ == "__main__":
    typer.run(main)
