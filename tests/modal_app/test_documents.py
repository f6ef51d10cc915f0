"""What docs/modal.md says is what the code has."""

from __future__ import annotations

import ast
import re

import pytest

from ryla_graphs import presets
from ryla_graphs.modal_deploy.settings import SECRET_NAMES, ModalSettings
from ryla_graphs.modal_deploy.web import Parts
from ryla_graphs.plan.gpus import PRICES_AS_OF
from ryla_graphs.ryla import FRONTS
from scripts.smoke_steps import STEPS
from tests.conftest import ROOT
from tests.modal_app.test_smoke import NEED_MODAL
from tools.modal_tables import PAGE, written

PAGE_TEXT = PAGE.read_text(encoding="utf-8")


def rows(pattern: str) -> list[tuple[str, ...]]:
    found = re.findall(pattern, PAGE_TEXT, re.MULTILINE)
    return [row if isinstance(row, tuple) else (row,) for row in found]


def test_the_tables_are_those_of_the_code() -> None:
    assert written(PAGE_TEXT) == PAGE_TEXT, "run `python -m tools.modal_tables`"


def test_every_setting_is_there_with_its_default_and_meaning() -> None:
    shown = {
        name: (default, meaning) for name, default, meaning in rows(r"^\| `RYLA_MODAL_(\w+)` \| `(.*)` \| (.+) \|$")
    }
    assert list(shown) == [name.upper() for name in ModalSettings.model_fields]
    for name, (default, _) in shown.items():
        set_so = ModalSettings.of({f"RYLA_MODAL_{name}": default})  # what is shown can be written
        assert set_so == ModalSettings(), name


def test_every_preset_has_its_gpu_and_price_and_why_a_wish_is_not_followed() -> None:
    assert PRICES_AS_OF in PAGE_TEXT
    found = rows(r"^\| `([\w-]+)` \| ([A-Z0-9GB-]+) \| [\d.]+ \| [\d.]+ \| [\d.]+ \| ([\w-]*) \| (.*) \|$")
    assert [name for name, *_ in found] == [*presets.NAMES]
    assert {name for name, got, wish, _ in found if wish and wish != got} == {name for name, *_, why in found if why}


@pytest.mark.parametrize("name", [*SECRET_NAMES, *FRONTS])
def test_secrets_and_fronts_are_named(name: str) -> None:
    assert f"`{name}`" in PAGE_TEXT


def test_all_functions_are_named() -> None:
    tree = ast.parse((ROOT / "runtime_modal.py").read_text(encoding="utf-8"))
    deployed = {
        node.name
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and any(ast.unparse(mark).startswith(("app.function(", "app.cls(")) for mark in node.decorator_list)
    }
    assert {name for (name,) in rows(r"^\| `(\w+)` \| ")} >= deployed != set()


def test_all_that_is_kept_is_named() -> None:
    for part in Parts.of(ModalSettings()):
        suffix = (part.name or "").removeprefix("ryla-comfyui")
        assert f"`ryla-comfyui{suffix}`" in PAGE_TEXT or f"`{suffix}`" in PAGE_TEXT, part.name


def test_every_open_point_has_the_step_that_settles_it() -> None:
    """What only an account can tell, and each step that needs one."""
    _, _, section = PAGE_TEXT.partition("## Not yet verified on Modal itself\n")
    points = re.findall(r"^\| (?!open \|)(.+) \| ((?:`[\w-]+`(?:, )?)+) \|$", section, re.MULTILINE)
    assert len(points) == len(re.findall(r"^\| (?!open \|)", section, re.MULTILINE)) > 10
    settling = {step for _, steps in points for step in re.findall(r"`([\w-]+)`", steps)}
    assert settling <= {*STEPS}
    assert settling >= NEED_MODAL - {"token"}, NEED_MODAL - settling
