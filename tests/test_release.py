"""Releases: fragments into the changelog, the release script in a repository of its own, and what a wheel holds."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.version import __version__
from scripts.smoke_wheel import NOTHING, TRIES, extras
from tests.conftest import ROOT
from tools.changelog import KINDS, UNRELEASED, Fragment, files, fold

DAY = date(2027, 1, 2)
LINES = st.lists(st.text("abc `.", min_size=1, max_size=9).map(lambda text: f"- x{text}x"), max_size=3)
FRAGMENTS = st.lists(
    st.builds(Fragment, st.sampled_from(KINDS), st.text("abc.\n", min_size=1).map("x{}x".format)), max_size=4
)


@given(lines=LINES, older=st.booleans(), fragments=FRAGMENTS)
def test_a_release_keeps_every_line_once(lines: list[str], older: bool, fragments: list[Fragment]) -> None:
    before = "\n## 0.0.1 - 2026-01-01\n\n- old\n" if older else ""
    changelog = "# Changelog\n\n" + UNRELEASED + "".join(f"\n{line}" for line in lines) + "\n" + before
    if not lines and not fragments:
        with pytest.raises(ValueError, match="nothing is unreleased"):
            fold(changelog, fragments, "0.1.0", DAY)
        return
    folded = fold(changelog, fragments, "0.1.0", DAY)
    head, _, rest = folded.partition("\n## 0.1.0 - 2027-01-02\n")
    assert head == "# Changelog\n\n" + UNRELEASED
    assert rest.endswith(before) and rest.count("- old") == older
    section = rest.removesuffix(before)
    for text in [*lines, *map(str, fragments)]:
        assert section.count(text) >= 1
    assert len(re.findall(r"^- ", section, re.MULTILINE)) == len(lines) + len(fragments)
    headings = re.findall(r"^### (\w+)$", section, re.MULTILINE)
    assert headings == [kind.title() for kind in KINDS if kind in {each.kind for each in fragments}]


def test_the_fragments_here_can_be_folded() -> None:
    fold((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), map(Fragment.read, files(ROOT)), "9.9.9", DAY)


@pytest.mark.parametrize(
    ("name", "text"),
    [("x.md", "a"), ("x.new.md", "a"), ("X.fixed.md", "a"), ("x.fixed.md", " "), ("x.fixed.md", "- a")],
)
def test_a_fragment_that_is_none_is_named(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=re.escape(name)):
        Fragment.read(tmp_path / name)


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with a version, a changelog and a fragment."""
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "a")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "a@b.c")
    (tmp_path / "ryla_graphs").mkdir()
    shutil.copy(ROOT / "ryla_graphs" / "version.py", tmp_path / "ryla_graphs")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- a line\n")
    (tmp_path / "changelog.d").mkdir()
    (tmp_path / "changelog.d" / "README.md").write_text("how\n")
    (tmp_path / "changelog.d" / "thing.fixed.md").write_text("A thing.\n")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def release(folder: Path, version: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "release.py"), version, "--root", str(folder), "--no-build"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_release_is_one_commit_with_a_tag(repository: Path) -> None:
    done = release(repository, "99.0.0")
    assert done.returncode == 0, done.stderr
    assert git(repository, "describe", "--exact-match") == "v99.0.0" and git(repository, "status", "--porcelain") == ""
    assert git(repository, "log", "--format=%s").splitlines() == ["Release 99.0.0", "first"]
    assert '"99.0.0"' in (repository / "ryla_graphs" / "version.py").read_text()
    text = (repository / "CHANGELOG.md").read_text()
    assert re.search(r"## Unreleased\n\n## 99\.0\.0 - [\d-]+\n\n- a line\n\n### Fixed\n\n- A thing\.\n$", text)
    assert [path.name for path in (repository / "changelog.d").iterdir()] == ["README.md"]


@pytest.mark.parametrize(
    ("version", "spoil", "says"),
    [
        ("1", None, "is no version"),
        ("0.0.1", None, f"does not come after {__version__}"),
        ("99.0.0", ("tag", "v99.0.0"), "a tag v99.0.0 already"),
        ("99.0.0", ("checkout", "-qb", "mine"), "made from main, and this is mine"),
        ("99.0.0", ("rm", "-q", "--cached", "CHANGELOG.md"), "commit or stash first"),
    ],
)
def test_a_release_that_cannot_be_made_changes_nothing(
    version: str, spoil: tuple[str, ...] | None, says: str, repository: Path
) -> None:
    if spoil:
        git(repository, *spoil)
    before = git(repository, "status", "--porcelain"), git(repository, "rev-parse", "HEAD")
    done = release(repository, version)
    assert done.returncode == 1 and says in done.stderr and "Traceback" not in done.stderr
    assert (git(repository, "status", "--porcelain"), git(repository, "rev-parse", "HEAD")) == before


def test_a_release_with_a_name_whose_time_is_over_is_refused(repository: Path) -> None:
    sentence = "`f` is deprecated since 0.2.0 and goes in 0.4.0, not before 2026-11-01: use `g`"
    (repository / "ryla_graphs" / "old.py").write_text(f'@deprecated("{sentence}")\ndef f(): ...\n')
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "second")
    done = release(repository, "0.4.0")
    assert done.returncode == 1 and "old.py:1: `f` goes in 0.4.0: remove it" in done.stderr
    assert release(repository, "0.3.9").returncode == 0


def test_each_extra_is_tried_alone() -> None:
    assert {*TRIES} == {NOTHING, *extras()}


def test_the_oldest_packages_of_each_extra_are_tested() -> None:
    named = re.search(r"^EXTRAS := (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert named is not None and {*named[1].split(",")} == {*extras()} - {"docs"}


def test_the_pythons_that_are_claimed_are_those_that_are_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    claimed = re.findall(r"Python :: (3\.\d+)$", "\n".join(project["classifiers"]), re.MULTILINE)
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == claimed
    assert re.findall(r"python(3\.\d+)", (ROOT / "Makefile").read_text(encoding="utf-8")) == claimed
    assert project["requires-python"] == f">={claimed[0]}"
