"""The site of the docs: every page is in its menu, the generated pages are whole, and it builds without a warning."""

from __future__ import annotations

import importlib
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ryla_graphs
from ryla_graphs import presets
from tests.conftest import ROOT

CONFIG = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


def test_every_page_is_in_the_menu() -> None:
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert set(re.findall(r"[\w./-]+\.md", CONFIG)) == pages


def test_each_page_of_the_tutorial_leads_to_the_next() -> None:
    pages = re.findall(r"tutorial/([\w-]+\.md)", CONFIG)
    for page, after in itertools.pairwise(pages):
        text = (ROOT / "docs" / "tutorial" / page).read_text(encoding="utf-8")
        assert re.search(rf"^Next: \[.*\]\({after}\)\.$", text, re.MULTILINE), page


def test_the_gallery_has_every_preset_and_the_reference_every_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    hooks: Any = importlib.import_module("hooks")
    gallery = hooks.on_page_markdown(hooks.GALLERY)
    assert [line[3:] for line in gallery.splitlines() if line.startswith("## ")] == list(presets.NAMES)
    assert gallery.count("<svg") == len(presets.NAMES)
    reference = hooks.on_page_markdown(hooks.REFERENCE)
    assert reference.count("::: ") == len(ryla_graphs.__all__)
    submodules = hooks.on_page_markdown(hooks.SUBMODULES)
    assert all(f"::: ryla_graphs.{name}\n" in submodules for name in ryla_graphs._SUBMODULES)
    assert "::: ryla_graphs.sweeps.grid.grid\n" in submodules  # a function in a module of its name
    assert hooks.on_page_markdown("see [plan.md](plan.md#limits)") == "see [Plans](plan.md#limits)"


@pytest.mark.skipif(
    not os.environ.get("RYLA_SITE"), reason="builds the site for 15 s: RYLA_SITE=1, and ryla-graphs[docs]"
)
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "gallery" / "index.html").exists()
